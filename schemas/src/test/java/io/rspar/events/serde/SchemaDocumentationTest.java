package io.rspar.events.serde;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

class SchemaDocumentationTest {

  /** A unit in parentheses, or what makes one superfluous: a range, a share, a choice. */
  private static final Pattern UNIT =
      Pattern.compile(
          "\\([^)]+\\)|fraction|0 to 1|[Ss]hare|probability|Seed|in bytes|Accuracy −|multiply-accumulates",
          Pattern.CASE_INSENSITIVE);

  @Test
  void everyTypeAndFieldIsDocumentedAndEveryNumberHasAUnit() {
    List<String> problems = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    EventSchemas.types().values().forEach(t -> check(EventSchemas.schemaOf(t), seen, problems));
    assertThat(seen).hasSizeGreaterThan(30);
    assertThat(problems).isEmpty();
  }

  private static void check(Schema schema, Set<String> seen, List<String> problems) {
    switch (schema.getType()) {
      case RECORD -> {
        if (seen.add(schema.getFullName())) {
          requireText(schema.getFullName(), schema.getDoc(), problems);
          for (Schema.Field field : schema.getFields()) {
            String name = schema.getName() + "." + field.name();
            requireText(name, field.doc(), problems);
            if (isNumber(field.schema())
                && field.doc() != null
                && !UNIT.matcher(field.doc()).find()) {
              problems.add(name + " has no unit in its doc: " + field.doc());
            }
            check(field.schema(), seen, problems);
          }
        }
      }
      case ENUM -> {
        seen.add(schema.getFullName());
        requireText(schema.getFullName(), schema.getDoc(), problems);
        if (schema.getEnumDefault() == null) {
          problems.add(schema.getFullName() + " has no default for symbols of a later version");
        }
      }
      case ARRAY -> check(schema.getElementType(), seen, problems);
      case UNION -> schema.getTypes().forEach(branch -> check(branch, seen, problems));
      default -> {}
    }
  }

  private static boolean isNumber(Schema schema) {
    return switch (schema.getType()) {
      case INT, LONG, FLOAT, DOUBLE -> true;
      case ARRAY -> isNumber(schema.getElementType());
      case UNION -> schema.getTypes().stream().anyMatch(SchemaDocumentationTest::isNumber);
      default -> false;
    };
  }

  private static void requireText(String name, String doc, List<String> problems) {
    if (doc == null || doc.isBlank()) {
      problems.add(name + " has no doc");
    }
  }
}
