package io.rspar.standalone.bench;

import io.rspar.benchmarks.Benchmark;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.Outcome;
import io.rspar.benchmarks.Table;
import io.rspar.events.AllocationMethod;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.CandidateProposed;
import io.rspar.events.Criterion;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningRequest;
import io.rspar.events.Purpose;
import io.rspar.events.RecoverySettings;
import io.rspar.events.SearchSettings;
import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.kit.failure.WorkException;
import io.rspar.kit.service.Service;
import io.rspar.standalone.broker.BrokerProcess;
import io.rspar.standalone.client.RequestClient;
import io.rspar.standalone.supervisor.Application;
import io.rspar.standalone.supervisor.ChildProcess;
import io.rspar.standalone.supervisor.ServiceProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/**
 * How much faster two pairs of pruner and evaluator measure a search's candidates than one. Each
 * pair is a process of its own, held on a processor core of its own.
 */
final class ScaleOut implements Benchmark {
  /** Enough that their keys spread over two workers about evenly. */
  private static final int CANDIDATES = 32;

  /** Two for each of two pairs. */
  private static final int LEAST_CANDIDATES = 4;

  private static final int EXAMPLES = 500;
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration START_LIMIT = Duration.ofMinutes(5);

  @Override
  public String name() {
    return "scale-out";
  }

  @Override
  public String summary() {
    return "a search's candidates with two pruner and evaluator pairs against one, a core each";
  }

  @Override
  public Outcome run(Context context) throws Exception {
    if (Runtime.getRuntime().availableProcessors() < 2) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "this machine has one processor core",
          "run scale-out where two pairs can have a core each");
    }
    double one = seconds(1, context);
    double two = seconds(2, context);
    List<List<String>> rows = List.of(row(1, one, one), row(2, two, one));
    return new Outcome(
        List.of(
            new Table(
                "%d candidates of %s (%s), from the first proposal to the last reward"
                    .formatted(
                        candidates(context),
                        context.data().model().getFileName(),
                        context.data().name()),
                List.of("pairs", "seconds", "speed-up"),
                rows)),
        Map.of(),
        Map.of("seconds_1", one, "seconds_2", two, "speedup_2", one / two));
  }

  private static String requestId(int pairs) {
    return "scale-out-" + pairs;
  }

  private static int candidates(Context context) {
    return context.sized(CANDIDATES, LEAST_CANDIDATES);
  }

  private static List<String> row(int pairs, double seconds, double one) {
    return List.of(
        Integer.toString(pairs),
        String.format(Locale.ROOT, "%.1f", seconds),
        String.format(Locale.ROOT, "%.2f", one / seconds));
  }

  private static double seconds(int pairs, Context context) throws Exception {
    Path folder = Files.createTempDirectory(context.out(), "pairs-" + pairs + "-");
    context.progress().accept("starting Kafka and " + pairs + " pair(s)");
    List<ChildProcess> processes = new ArrayList<>();
    try (BrokerProcess broker =
        BrokerProcess.start(folder.resolve("kafka"), folder.resolve("kafka.log"))) {
      try {
        ServiceProcess service =
            new ServiceProcess(
                    Application.locate(),
                    broker.bootstrapServers(),
                    folder.resolve("artifacts").toUri(),
                    Files.createDirectories(folder.resolve("logs")))
                .withOption("-Drspar.pruner.checkpoints=" + folder.resolve("checkpoints"));
        processes.add(
            service.of(
                "search", List.of(Service.SENSITIVITY, Service.SEARCH), 0, context.progress()));
        for (int pair = 0; pair < pairs; pair++) {
          processes.add(
              service
                  .pinnedTo(pair)
                  .of(
                      "pair-" + pair,
                      List.of(Service.PRUNER, Service.EVAL),
                      0,
                      context.progress()));
        }
        for (ChildProcess process : processes) {
          process.start();
        }
        KafkaClients clients = new KafkaClients(KafkaSettings.local(broker.bootstrapServers()));
        try (RequestClient client = new RequestClient(broker.bootstrapServers())) {
          awaitMembers(clients, pairs);
          PruningRequest request = request(context, folder, pairs);
          BenchmarkRequest.serve(client, request, context);
        }
        return explored(clients, EventCodec.singleObject(), requestId(pairs), candidates(context));
      } finally {
        processes.forEach(ChildProcess::stop);
        processes.forEach(process -> process.awaitEnd(Duration.ofSeconds(60)));
      }
    }
  }

  private static PruningRequest request(Context context, Path folder, int pairs) {
    return BenchmarkRequest.half(
            context.data(), requestId(pairs), EXAMPLES, folder.resolve("results"), context.seed())
        .setMethod(AllocationMethod.RANDOM_SEARCH)
        .setCriterion(Criterion.L2)
        .setSearch(
            SearchSettings.newBuilder()
                .setRounds(1)
                .setCandidatesPerRound(candidates(context))
                .build())
        .setRecovery(RecoverySettings.newBuilder().setCompensationSamples(256).build())
        .build();
  }

  /** All pairs share the work from the first candidate on. */
  private static void awaitMembers(KafkaClients clients, int pairs) throws Exception {
    Instant deadline = Instant.now().plus(START_LIMIT);
    try (Admin admin = clients.admin()) {
      for (String group : List.of(Service.PRUNER.group(), Service.EVAL.group() + "-default")) {
        while (workingMembers(admin, group) < pairs) {
          if (Instant.now().isAfter(deadline)) {
            throw new IllegalStateException(
                "the pairs did not join group %s within %s".formatted(group, START_LIMIT));
          }
          Thread.sleep(200);
        }
      }
    }
  }

  /** Members of a group that have partitions; none before its first member joins. */
  private static long workingMembers(Admin admin, String group) throws Exception {
    try {
      return admin
          .describeConsumerGroups(List.of(group))
          .describedGroups()
          .get(group)
          .get()
          .members()
          .stream()
          .filter(member -> !member.assignment().topicPartitions().isEmpty())
          .count();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return 0;
      }
      throw e;
    }
  }

  /**
   * Seconds from a request's first proposal to its last reward, by the events' own clocks.
   *
   * @param codec as the services use; closed here
   */
  static double explored(KafkaClients clients, EventCodec codec, String requestId, int candidates)
      throws UnreadableEventException {
    Instant first = Instant.MAX;
    Instant last = Instant.MIN;
    int rewards = 0;
    try (codec;
        KafkaConsumer<byte[], byte[]> reader = clients.reader("rspar-scale-out")) {
      List<TopicPartition> partitions =
          Stream.of(Topic.PRUNING_CANDIDATES, Topic.EVALUATION_RESULTS)
              .flatMap(
                  topic ->
                      IntStream.range(0, topic.partitions())
                          .mapToObj(p -> new TopicPartition(topic.topicName(), p)))
              .toList();
      reader.assign(partitions);
      reader.seekToBeginning(partitions);
      while (rewards < candidates) {
        for (ConsumerRecord<byte[], byte[]> record : reader.poll(POLL)) {
          SpecificRecord event = codec.decode(record.topic(), record.headers(), record.value());
          if (!requestId.equals(Topic.requestIdOf(event))) {
            continue;
          }
          if (event instanceof CandidateProposed proposed
              && proposed.getPurpose() == Purpose.EXPLORATION
              && proposed.getProposedAt().isBefore(first)) {
            first = proposed.getProposedAt();
          }
          if (event instanceof CandidateEvaluated evaluated
              && evaluated.getPurpose() == Purpose.EXPLORATION) {
            rewards++;
            last = evaluated.getEvaluatedAt().isAfter(last) ? evaluated.getEvaluatedAt() : last;
          }
        }
      }
    }
    return Duration.between(first, last).toMillis() / 1e3;
  }
}
