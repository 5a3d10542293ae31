package io.rspar.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rspar.events.topic.Topic;
import io.rspar.kit.event.HangingTransactions;
import io.rspar.kit.event.HangingTransactions.Hanging;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.TopicSetup;
import io.rspar.kit.event.TopicSetup.Difference;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.AuthorizationException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rspar topics}. */
@Command(
    name = "topics",
    description = {
      "Compares a cluster's topics with the catalogue, or makes them agree.",
      "Numbers of partitions are never changed: they decide where a request's state is.",
      "Finds transactions that a killed broker has left open for good, too, behind which consumers"
          + " wait for ever; --apply aborts them, and what they held is done again."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  rspar topics --check -b localhost:9092",
      "  rspar topics --check -b localhost:9092 --json | jq .agree",
      "  rspar topics --apply -b broker:9093 --client-properties admin.properties --replication 3"
    },
    exitCodeList = {"0:they agree", "1:they do not", "2:wrong usage"})
final class TopicsCommand implements Callable<Integer> {
  /** What to do. */
  private static final class Action {
    @Option(names = "--check", description = "Say what differs.")
    private boolean check;

    @Option(
        names = "--apply",
        description = "Create what is missing, set what differs, end what hangs.")
    private boolean apply;
  }

  /** Younger transactions are under way, or their coordinator ends them. */
  private static final Duration LONGEST_TRANSACTION = Duration.ofMinutes(2);

  @ArgGroup(multiplicity = "1")
  private Action action;

  @Mixin private ClusterOptions cluster;

  @Option(
      names = "--replication",
      paramLabel = "N",
      defaultValue = "-1",
      description = "Copies of each topic that is created. Default: the broker's default.")
  private short replication;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    try (Admin admin = new KafkaClients(cluster.settings()).admin()) {
      List<Difference> left =
          action.apply ? TopicSetup.apply(admin, replication) : TopicSetup.differences(admin);
      List<Hanging> hanging = hanging(admin);
      boolean agree = left.isEmpty() && hanging.isEmpty();
      if (json) {
        ObjectNode object = new ObjectMapper().createObjectNode().put("agree", agree);
        ArrayNode differences = object.putArray("differences");
        left.forEach(difference -> differences.add(describe(difference)));
        ArrayNode transactions = object.putArray("hangingTransactions");
        hanging.forEach(transaction -> transactions.add(transaction.toString()));
        out.println(object.toPrettyString());
      } else {
        left.forEach(difference -> out.println(describe(difference)));
        hanging.forEach(transaction -> out.println("hanging transaction: " + transaction));
        if (agree) {
          out.printf("%d topics and their dead-letter topics agree%n", Topic.values().length);
        }
      }
      out.flush();
      return agree ? 0 : 1;
    }
  }

  /** What hangs, and still does after {@code --apply}. */
  private List<Hanging> hanging(Admin admin) {
    try {
      List<Hanging> found = HangingTransactions.find(admin, LONGEST_TRANSACTION);
      if (action.apply) {
        found.forEach(transaction -> HangingTransactions.abort(admin, transaction));
        return HangingTransactions.find(admin, LONGEST_TRANSACTION);
      }
      return found;
    } catch (AuthorizationException e) {
      spec.commandLine()
          .getErr()
          .println(
              "hanging transactions: not looked for — "
                  + e.getMessage()
                  + " (to see them: Read on the topics and on __consumer_offsets; to end them:"
                  + " ClusterAction or Alter on the cluster)");
      return List.of();
    }
  }

  private static String describe(Difference difference) {
    if (difference instanceof Difference.Missing missing) {
      return missing.topic() + ": does not exist";
    }
    if (difference instanceof Difference.Partitions partitions) {
      return "%s: %d partitions, needs %d; delete it and apply again"
          .formatted(partitions.topic(), partitions.present(), partitions.wanted());
    }
    Difference.Setting setting = (Difference.Setting) difference;
    return "%s: %s=%s, the catalogue says %s%s"
        .formatted(
            setting.topic(),
            setting.name(),
            setting.present(),
            setting.wanted(),
            setting.isHarmful() ? " (events would be lost or refused)" : "");
  }
}
