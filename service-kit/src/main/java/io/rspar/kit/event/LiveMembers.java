package io.rspar.kit.event;

import io.rspar.kit.service.Service;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Which services are connected, as the brokers know it: a live service is a member of its consumer
 * group, a dead one is not any more after its session time-out.
 */
public final class LiveMembers {
  private LiveMembers() {}

  /**
   * Members of each service's groups, by group; groups without members are left out.
   *
   * @throws KafkaException if the brokers cannot be asked
   */
  public static Map<String, Integer> byGroup(KafkaClients clients) {
    try (Admin admin = clients.admin()) {
      Set<String> groups =
          admin.listGroups().all().get().stream()
              .map(GroupListing::groupId)
              .filter(LiveMembers::isOurs)
              .collect(Collectors.toSet());
      Collection<ConsumerGroupDescription> described =
          admin.describeConsumerGroups(groups).all().get().values();
      return described.stream()
          .filter(group -> !group.members().isEmpty())
          .collect(
              Collectors.toMap(
                  ConsumerGroupDescription::groupId,
                  group -> group.members().size(),
                  Integer::sum,
                  TreeMap::new));
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException kafka ? kafka : new KafkaException(e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /**
   * The kinds of a service of which at least one instance is connected: the device classes of
   * evaluators.
   */
  public static Set<String> kinds(KafkaClients clients, Service service) {
    String prefix = service.group() + "-";
    return byGroup(clients).keySet().stream()
        .filter(group -> group.startsWith(prefix))
        .map(group -> group.substring(prefix.length()))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean isOurs(String group) {
    for (Service service : Service.values()) {
      if (group.equals(service.group()) || group.startsWith(service.group() + "-")) {
        return true;
      }
    }
    return false;
  }
}
