package io.rspar.standalone.security;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;

/**
 * A real Kafka node that lets nobody in without TLS and a name, by SCRAM or by an OAuth token, and
 * lets nobody do what no ACL allows.
 */
final class SecuredBroker implements AutoCloseable {
  static final String ADMIN_PASSWORD = "administrators-secret";

  private final KafkaRaftServer server;
  private final String bootstrapServers;

  private SecuredBroker(KafkaRaftServer server, String bootstrapServers) {
    this.server = server;
    this.bootstrapServers = bootstrapServers;
  }

  static SecuredBroker start(Path folder, Certificate certificate, TokenEndpoint tokens)
      throws IOException {
    int clients = freePort();
    int controller = freePort();
    Map<String, String> properties = new HashMap<>();
    properties.put("process.roles", "broker,controller");
    properties.put("node.id", "1");
    properties.put("controller.quorum.voters", "1@localhost:" + controller);
    properties.put(
        "listeners",
        "CLIENTS://localhost:%d,CONTROLLER://localhost:%d".formatted(clients, controller));
    properties.put("advertised.listeners", "CLIENTS://localhost:" + clients);
    properties.put("controller.listener.names", "CONTROLLER");
    properties.put("inter.broker.listener.name", "CLIENTS");
    properties.put("listener.security.protocol.map", "CLIENTS:SASL_SSL,CONTROLLER:SSL");
    properties.put("ssl.keystore.location", certificate.keyStore().toString());
    properties.put("ssl.keystore.password", Certificate.PASSWORD);
    properties.put("ssl.truststore.type", "PEM");
    properties.put("ssl.truststore.location", certificate.pem().toString());
    properties.put("listener.name.controller.ssl.client.auth", "required");
    properties.put("sasl.enabled.mechanisms", "SCRAM-SHA-512,OAUTHBEARER");
    properties.put("sasl.mechanism.inter.broker.protocol", "SCRAM-SHA-512");
    properties.put(
        "listener.name.clients.scram-sha-512.sasl.jaas.config", scram("admin", ADMIN_PASSWORD));
    properties.put(
        "listener.name.clients.oauthbearer.sasl.jaas.config",
        "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;");
    properties.put(
        "listener.name.clients.oauthbearer.sasl.server.callback.handler.class",
        "org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler");
    properties.put("sasl.oauthbearer.jwks.endpoint.url", tokens.keys().toString());
    properties.put("sasl.oauthbearer.expected.audience", TokenEndpoint.AUDIENCE);
    properties.put("sasl.oauthbearer.expected.issuer", tokens.issuer());
    properties.put(
        "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    properties.put("super.users", "User:admin;User:" + Certificate.NAME);
    properties.put("log.dirs", folder.resolve("log").toString());
    properties.put("offsets.topic.replication.factor", "1");
    properties.put("offsets.topic.num.partitions", "1");
    properties.put("transaction.state.log.replication.factor", "1");
    properties.put("transaction.state.log.min.isr", "1");
    properties.put("transaction.state.log.num.partitions", "1");
    properties.put("group.initial.rebalance.delay.ms", "0");
    properties.put("auto.create.topics.enable", "false");
    format(folder.resolve("server.properties"), properties);
    KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
    server.startup();
    return new SecuredBroker(server, "localhost:" + clients);
  }

  static String scram(String name, String password) {
    return "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";"
        .formatted(name, password);
  }

  /** The first user has to be there before anybody can log in to make others. */
  private static void format(Path file, Map<String, String> properties) throws IOException {
    Properties stored = new Properties();
    stored.putAll(properties);
    try (var out = java.nio.file.Files.newOutputStream(file)) {
      stored.store(out, null);
    }
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    int status =
        StorageTool.execute(
            new String[] {
              "format",
              "--config",
              file.toString(),
              "--cluster-id",
              Uuid.randomUuid().toString(),
              "--add-scram",
              "SCRAM-SHA-512=[name=admin,password=%s]".formatted(ADMIN_PASSWORD)
            },
            new PrintStream(output, true, StandardCharsets.UTF_8));
    if (status != 0) {
      throw new IOException("format: " + output.toString(StandardCharsets.UTF_8));
    }
  }

  String bootstrapServers() {
    return bootstrapServers;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }
}
