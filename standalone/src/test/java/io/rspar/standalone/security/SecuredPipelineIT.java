package io.rspar.standalone.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rspar.eval.AccuracyMeter;
import io.rspar.eval.EvalWorker;
import io.rspar.eval.energy.EnergyBench;
import io.rspar.eval.energy.Powercap;
import io.rspar.eval.latency.LatencyBench;
import io.rspar.events.AllocationMethod;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.Criterion;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.topic.Topic;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.artifact.FileArtifactStore;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.EventLoop;
import io.rspar.kit.event.JobSettings;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.kit.event.LiveMembers;
import io.rspar.kit.event.LoopContext;
import io.rspar.kit.event.Outbox;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.event.TopicContent;
import io.rspar.kit.event.TopicSetup;
import io.rspar.kit.event.UnwantedRequests;
import io.rspar.kit.request.RequestFile;
import io.rspar.kit.service.Service;
import io.rspar.pruner.PrunerWorker;
import io.rspar.pruner.Recovery;
import io.rspar.pruner.checkpoint.CheckpointFolder;
import io.rspar.search.process.SearchProcess;
import io.rspar.search.report.ResultPublisher;
import io.rspar.sensitivity.Admission;
import io.rspar.sensitivity.SensitivityWorker;
import io.strimzi.api.kafka.model.user.KafkaUser;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A request through a broker that requires TLS, names and permissions: each service has its own
 * principal with the permissions of deploy/kubernetes and no others.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class SecuredPipelineIT {
  private static final Path REQUEST =
      Path.of("..", "examples", "fashion-mnist", "request-short.yaml");

  /** Where OAuth is used instead of SCRAM. */
  private static final String BY_TOKEN = "rspar-eval";

  private static final String CLIENT_SECRET = "evaluators-client-secret";
  private static final Duration PATIENCE = Duration.ofMinutes(8);
  private static final String ALLOWED_URLS = "org.apache.kafka.sasl.oauthbearer.allowed.urls";

  @TempDir static Path folder;
  private static CapturedLog log;
  private static TokenEndpoint tokens;
  private static Certificate certificate;
  private static SecuredBroker broker;
  private static final EventCodec CODEC = EventCodec.singleObject();

  @BeforeAll
  static void start() throws Exception {
    log = CapturedLog.begin();
    tokens = TokenEndpoint.start(BY_TOKEN, CLIENT_SECRET);
    System.setProperty(ALLOWED_URLS, tokens.token() + "," + tokens.keys());
    certificate = Certificate.create(folder);
    broker = SecuredBroker.start(folder, certificate, tokens);
    try (Admin admin = admin()) {
      List<UserScramCredentialAlteration> users = new ArrayList<>();
      List<AclBinding> permissions = new ArrayList<>();
      for (KafkaUser user : KafkaUsers.read()) {
        users.add(scramUser(user.getMetadata().getName()));
        permissions.addAll(KafkaUsers.permissions(user));
      }
      users.add(scramUser("stranger"));
      admin.createAcls(permissions).all().get();
      admin.alterUserScramCredentials(users).all().get();
      for (UserScramCredentialAlteration user : users) {
        awaitLogin(user.user());
      }
      TopicSetup.ensure(admin, (short) 1);
    }
  }

  /** The broker learns of a user a moment after the controller has stored it. */
  private static void awaitLogin(String user) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (true) {
      try (Admin admin = clients(scramProperties(user)).admin()) {
        admin.describeCluster().clusterId().get();
        return;
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof SaslAuthenticationException)
            || System.nanoTime() > deadline) {
          throw e;
        }
        Thread.sleep(200);
      }
    }
  }

  @AfterAll
  static void stop() {
    broker.close();
    tokens.close();
    log.close();
    System.clearProperty(ALLOWED_URLS);
  }

  @Test
  void aRequestIsServedByPrincipalsThatMayDoNoMoreThanTheirWork() throws Exception {
    ArtifactStore store = new FileArtifactStore(folder.resolve("store"), 1L << 31, List.of());
    List<UnwantedRequests> unwanted = new ArrayList<>();
    List<EventLoop> loops = services(store, unwanted);
    PruningCompleted completed;
    try {
      unwanted.forEach(UnwantedRequests::start);
      loops.forEach(EventLoop::start);
      submit(request());
      completed = awaitCompleted();
      assertThat(LiveMembers.kinds(clients(scramProperties("rspar-search")), Service.EVAL))
          .containsExactly("default");
    } finally {
      loops.forEach(EventLoop::close);
      unwanted.forEach(UnwantedRequests::close);
    }
    assertThat(completed.getGoalMet()).isTrue();
    assertThat(all(Topic.CURVATURE_SHARDS.topicName()))
        .as("two shards, and what follows when both are there")
        .hasSize(3);

    List<String> secrets = secrets();
    String logged = log.text();
    assertThat(logged.contains("sasl.jaas.config = [hidden]")).as("clients log").isTrue();
    for (String secret : secrets) {
      assertThat(logged.contains(secret)).as("the log holds '%s'", secret).isFalse();
    }
    for (Topic topic : Topic.values()) {
      for (ConsumerRecord<byte[], byte[]> event : all(topic.topicName())) {
        assertThat(new String(event.value(), StandardCharsets.ISO_8859_1)).doesNotContain(secrets);
      }
      assertThat(all(topic.deadLetterName())).isEmpty();
    }
  }

  @Test
  void nobodyElseGetsIn() {
    byte[] junk = {1};
    assertThatThrownBy(() -> send("stranger", "pruning-requests", junk))
        .hasCauseInstanceOf(TopicAuthorizationException.class);
    assertThatThrownBy(() -> read("stranger", Topic.PRUNING_STATUS.topicName()))
        .isInstanceOf(TopicAuthorizationException.class);
    Map<String, String> wrong = new HashMap<>(scramProperties("rspar-client"));
    wrong.put("sasl.jaas.config", SecuredBroker.scram("rspar-client", "guessed"));
    assertThatThrownBy(() -> send(clients(wrong), "pruning-requests", junk))
        .hasCauseInstanceOf(SaslAuthenticationException.class);
    Map<String, String> anonymous = Map.of("request.timeout.ms", "2000");
    assertThatThrownBy(
            () -> send(clients(anonymous), Duration.ofSeconds(4), "pruning-requests", junk))
        .hasCauseInstanceOf(TimeoutException.class);
    Map<String, String> badToken = new HashMap<>(tokenProperties());
    badToken.put("sasl.jaas.config", tokenLogin("guessed"));
    assertThatThrownBy(() -> send(clients(badToken), "evaluation-results", junk))
        .hasStackTraceContaining("401");
  }

  @Test
  void noServiceDoesAnothersWork() {
    byte[] junk = {1};
    assertThatThrownBy(() -> send("rspar-pruner", "pruning-results", junk))
        .hasCauseInstanceOf(TopicAuthorizationException.class);
    assertThatThrownBy(() -> send("rspar-client", "pruning-results", junk))
        .hasCauseInstanceOf(TopicAuthorizationException.class);
    assertThatThrownBy(() -> send(clients(tokenProperties()), "pruned-models", junk))
        .hasCauseInstanceOf(TopicAuthorizationException.class);
    assertThatThrownBy(() -> read("rspar-client", Topic.PRUNING_REQUESTS.topicName()))
        .isInstanceOf(TopicAuthorizationException.class);
    assertThatThrownBy(
            () -> {
              try (Admin admin = clients(scramProperties("rspar-search")).admin()) {
                admin.deleteTopics(Set.of(Topic.PRUNED_MODELS.topicName())).all().get();
              }
            })
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfAny(TopicAuthorizationException.class, ClusterAuthorizationException.class);
  }

  private static List<EventLoop> services(ArtifactStore store, List<UnwantedRequests> unwanted) {
    Clock clock = Clock.systemUTC();
    RequestData data = new RequestData(store);
    KafkaClients search = clients(scramProperties("rspar-search"));
    return List.of(
        EventLoop.working(
            Service.SENSITIVITY,
            "",
            context(clients(scramProperties("rspar-sensitivity")), unwanted),
            new SensitivityWorker(store, new Admission(store, data), clock)),
        EventLoop.processing(
            Service.SEARCH,
            context(search, unwanted),
            new SearchProcess(
                store,
                data,
                new ResultPublisher(store, clock),
                () -> LiveMembers.kinds(search, Service.EVAL),
                clock)),
        EventLoop.working(
            Service.PRUNER,
            "",
            context(clients(scramProperties("rspar-pruner")), unwanted),
            new PrunerWorker(
                store,
                new Recovery(data, new CheckpointFolder(folder.resolve("checkpoints"))),
                clock)),
        EventLoop.working(
            Service.EVAL,
            "default",
            context(clients(tokenProperties()), unwanted),
            new EvalWorker(
                store,
                new AccuracyMeter(store, data),
                new LatencyBench("default"),
                new EnergyBench(Powercap.SYSFS),
                "default",
                clock)));
  }

  /** What the loops of one process share; each service is a process of its own. */
  private static LoopContext context(KafkaClients clients, List<UnwantedRequests> unwanted) {
    UnwantedRequests own = new UnwantedRequests(clients, CODEC);
    unwanted.add(own);
    return new LoopContext(clients, CODEC, JobSettings.DEFAULT, new SimpleMeterRegistry(), own);
  }

  /** The demo's short request, by the cheapest method. */
  private static PruningRequest request() throws Exception {
    return PruningRequest.newBuilder(new RequestFile().read(REQUEST, Instant.now()))
        .setRequestId("secured")
        .setCriterion(Criterion.KFAC_OBD)
        .setCalibration(
            CalibrationSettings.newBuilder().setSamples(128).setBatchSize(32).setShards(2).build())
        .setMethod(AllocationMethod.UNIFORM)
        .setOutput(folder.resolve("out").toUri().toString())
        .build();
  }

  private static void submit(PruningRequest request) throws Exception {
    Outbox outbox = new Outbox(CODEC, "/rspar/cli", Clock.systemUTC());
    try (var producer = clients(scramProperties("rspar-client")).producer(Duration.ofSeconds(30))) {
      producer
          .send(outbox.record(Outgoing.of(Topic.PRUNING_REQUESTS, new PruningRequested(request))))
          .get();
    }
  }

  private static PruningCompleted awaitCompleted() throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      for (ConsumerRecord<byte[], byte[]> record :
          read("rspar-client", Topic.PRUNING_RESULTS.topicName())) {
        SpecificRecord end = CODEC.decode(record.topic(), record.headers(), record.value());
        assertThat(end).isInstanceOf(PruningCompleted.class);
        return (PruningCompleted) end;
      }
      Thread.sleep(500);
    }
    throw new AssertionError("No result after " + PATIENCE);
  }

  private static void send(String user, String topic, byte[] value) throws Exception {
    send(clients(scramProperties(user)), topic, value);
  }

  private static void send(KafkaClients clients, String topic, byte[] value) throws Exception {
    send(clients, Duration.ofMinutes(1), topic, value);
  }

  private static void send(KafkaClients clients, Duration limit, String topic, byte[] value)
      throws Exception {
    try (var producer = clients.producer(limit)) {
      producer.send(new ProducerRecord<>(topic, value)).get();
    }
  }

  private static List<ConsumerRecord<byte[], byte[]>> read(String user, String topic) {
    return read(clients(scramProperties(user)), topic);
  }

  private static List<ConsumerRecord<byte[], byte[]>> all(String topic) {
    return read(clients(adminProperties()), topic);
  }

  private static List<ConsumerRecord<byte[], byte[]>> read(KafkaClients clients, String topic) {
    List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
    try (var reader = clients.reader("rspar-client")) {
      TopicContent.read(reader, topic, found::add);
    }
    return found;
  }

  private static Admin admin() {
    return clients(adminProperties()).admin();
  }

  private static KafkaClients clients(Map<String, String> properties) {
    return new KafkaClients(
        new KafkaSettings(broker.bootstrapServers(), (short) 1, Duration.ofMinutes(5), properties));
  }

  private static Map<String, String> overTls(String mechanism) {
    Map<String, String> properties = new HashMap<>();
    properties.put("security.protocol", "SASL_SSL");
    properties.put("sasl.mechanism", mechanism);
    properties.put("ssl.truststore.type", "PEM");
    properties.put("ssl.truststore.location", certificate.pem().toString());
    return properties;
  }

  private static Map<String, String> adminProperties() {
    Map<String, String> properties = overTls("SCRAM-SHA-512");
    properties.put("sasl.jaas.config", SecuredBroker.scram("admin", SecuredBroker.ADMIN_PASSWORD));
    return properties;
  }

  /** As deploy/kubernetes has it: Kafka reads the secret from a mounted file by itself. */
  private static Map<String, String> scramProperties(String user) {
    Map<String, String> properties = overTls("SCRAM-SHA-512");
    Path secret = folder.resolve("secrets").resolve(user);
    try {
      Files.createDirectories(secret);
      Files.writeString(
          secret.resolve("sasl.jaas.config"), SecuredBroker.scram(user, password(user)));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    properties.put("config.providers", "directory");
    properties.put(
        "config.providers.directory.class",
        "org.apache.kafka.common.config.provider.DirectoryConfigProvider");
    properties.put("sasl.jaas.config", "${directory:%s:sasl.jaas.config}".formatted(secret));
    return properties;
  }

  private static Map<String, String> tokenProperties() {
    Map<String, String> properties = overTls("OAUTHBEARER");
    properties.put("sasl.oauthbearer.token.endpoint.url", tokens.token().toString());
    properties.put(
        "sasl.login.callback.handler.class",
        "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler");
    properties.put("sasl.jaas.config", tokenLogin(CLIENT_SECRET));
    return properties;
  }

  private static String tokenLogin(String secret) {
    return "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required clientId=\"%s\" clientSecret=\"%s\";"
        .formatted(BY_TOKEN, secret);
  }

  private static UserScramCredentialAlteration scramUser(String name) {
    return new UserScramCredentialUpsertion(
        name, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), password(name));
  }

  private static String password(String user) {
    return "secret-of-" + user;
  }

  private static List<String> secrets() throws Exception {
    List<String> secrets =
        new ArrayList<>(List.of(CLIENT_SECRET, SecuredBroker.ADMIN_PASSWORD, Certificate.PASSWORD));
    for (KafkaUser user : KafkaUsers.read()) {
      secrets.add(password(user.getMetadata().getName()));
    }
    return secrets;
  }
}
