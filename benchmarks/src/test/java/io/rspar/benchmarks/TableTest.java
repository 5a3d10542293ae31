package io.rspar.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void columnsOfNumbersAreAlignedRight() {
    Table table =
        new Table(
            "Sizes",
            List.of("network", "MACs"),
            List.of(List.of("a|b", "1,234"), List.of("longer", "9")));
    assertThat(table.toMarkdown())
        .isEqualTo(
            """
            Sizes

            | network |  MACs |
            | ------- | ----: |
            | a\\|b    | 1,234 |
            | longer  |     9 |
            """);
  }

  @Test
  void aRowHasAsManyCellsAsTheHeader() {
    assertThatThrownBy(() -> new Table("t", List.of("a"), List.of(List.of("1", "2"))))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
