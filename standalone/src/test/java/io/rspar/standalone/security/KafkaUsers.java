package io.rspar.standalone.security;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.strimzi.api.kafka.model.user.KafkaUser;
import io.strimzi.api.kafka.model.user.KafkaUserAuthorizationSimple;
import io.strimzi.api.kafka.model.user.acl.AclResourcePatternType;
import io.strimzi.api.kafka.model.user.acl.AclRule;
import io.strimzi.api.kafka.model.user.acl.AclRuleGroupResource;
import io.strimzi.api.kafka.model.user.acl.AclRuleTopicResource;
import io.strimzi.api.kafka.model.user.acl.AclRuleTransactionalIdResource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** The users of deploy/kubernetes, as Strimzi's operator would give them to a broker. */
final class KafkaUsers {
  private static final Path MANIFEST = Path.of("..", "deploy", "kubernetes", "users.yaml");

  private KafkaUsers() {}

  static List<KafkaUser> read() throws IOException {
    ObjectMapper yaml = new ObjectMapper(new YAMLFactory());
    try (var parser = yaml.createParser(MANIFEST.toFile())) {
      return yaml.readValues(parser, KafkaUser.class).readAll();
    }
  }

  /** What a user may do; everything else is forbidden. */
  static List<AclBinding> permissions(KafkaUser user) {
    var authorization = (KafkaUserAuthorizationSimple) user.getSpec().getAuthorization();
    List<AclBinding> bindings = new ArrayList<>();
    for (AclRule rule : authorization.getAcls()) {
      for (var operation : rule.getOperations()) {
        bindings.add(
            new AclBinding(
                resource(rule),
                new AccessControlEntry(
                    "User:" + user.getMetadata().getName(),
                    "*",
                    AclOperation.fromString(operation.toValue()),
                    AclPermissionType.ALLOW)));
      }
    }
    return bindings;
  }

  private static ResourcePattern resource(AclRule rule) {
    if (rule.getResource() instanceof AclRuleTopicResource topic) {
      return pattern(ResourceType.TOPIC, topic.getName(), topic.getPatternType());
    }
    if (rule.getResource() instanceof AclRuleGroupResource group) {
      return pattern(ResourceType.GROUP, group.getName(), group.getPatternType());
    }
    if (rule.getResource() instanceof AclRuleTransactionalIdResource id) {
      return pattern(ResourceType.TRANSACTIONAL_ID, id.getName(), id.getPatternType());
    }
    throw new IllegalArgumentException("No rule of ours: " + rule);
  }

  private static ResourcePattern pattern(
      ResourceType type, String name, AclResourcePatternType pattern) {
    return new ResourcePattern(
        type,
        name,
        pattern == AclResourcePatternType.PREFIX ? PatternType.PREFIXED : PatternType.LITERAL);
  }
}
