package io.rspar.search.report;

import io.rspar.kit.plot.Chart;
import java.util.List;

/**
 * A piece of the report as a document, before it is Markdown or HTML. Text may hold {@code `code`}
 * and {@code **bold**}.
 */
sealed interface Block {
  /** Whether the goal is met: the first thing that is read. */
  record Verdict(boolean met, String text) implements Block {}

  /** The numbers that decide, each with what became of it; Markdown has them in a table. */
  record Tiles(List<Tile> tiles) implements Block {
    record Tile(String name, String value, String change) {}
  }

  record Heading(String text) implements Block {}

  record Paragraph(String text) implements Block {}

  record Items(List<String> items) implements Block {}

  /**
   * A table; its first column names the rows.
   *
   * @param numbers which columns hold numbers
   */
  record Table(String caption, List<String> head, List<Boolean> numbers, List<List<String>> rows)
      implements Block {}

  /**
   * Charts side by side.
   *
   * @param file the chart's file beside the report, for Markdown; empty if there is none
   */
  record Figure(List<Chart> charts, String file) implements Block {}

  /** Text to copy. */
  record Code(String language, String text) implements Block {}
}
