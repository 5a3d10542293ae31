package io.rspar.benchmarks;

import java.util.ArrayList;
import java.util.List;

/**
 * A table that reads well in a terminal and as Markdown.
 *
 * @param title one line above it
 * @param header names of the columns
 * @param rows cells as shown; as many per row as the header has
 */
public record Table(String title, List<String> header, List<List<String>> rows) {
  public Table {
    header = List.copyOf(header);
    rows = rows.stream().map(List::copyOf).toList();
    for (List<String> row : rows) {
      if (row.size() != header.size()) {
        throw new IllegalArgumentException(row.size() + " cells under " + header);
      }
    }
  }

  /** The table in Markdown, columns padded to line up; those of numbers are aligned right. */
  public String toMarkdown() {
    int[] widths = new int[header.size()];
    boolean[] right = new boolean[header.size()];
    for (int column = 0; column < widths.length; column++) {
      widths[column] = Math.max(3, header.get(column).length());
      right[column] = !rows.isEmpty();
      for (List<String> row : rows) {
        String cell = escaped(row.get(column));
        widths[column] = Math.max(widths[column], cell.length());
        right[column] &= isNumber(cell);
      }
    }
    StringBuilder text = new StringBuilder(title).append("\n\n");
    line(text, header, widths, right);
    List<String> rule = new ArrayList<>();
    for (int column = 0; column < widths.length; column++) {
      rule.add("-".repeat(widths[column] - (right[column] ? 1 : 0)) + (right[column] ? ":" : ""));
    }
    line(text, rule, widths, right);
    rows.forEach(row -> line(text, row, widths, right));
    return text.toString();
  }

  private static void line(StringBuilder text, List<String> cells, int[] widths, boolean[] right) {
    text.append('|');
    for (int column = 0; column < widths.length; column++) {
      String cell = escaped(cells.get(column));
      String padding = " ".repeat(Math.max(0, widths[column] - cell.length()));
      text.append(' ').append(right[column] ? padding + cell : cell + padding).append(" |");
    }
    text.append('\n');
  }

  private static String escaped(String cell) {
    return cell.replace("|", "\\|").replace('\n', ' ');
  }

  private static boolean isNumber(String cell) {
    return cell.matches("[−+-]?[0-9][0-9.,e+-]*( ?[%a-zA-Z]{1,3})?|–?");
  }
}
