package io.rspar.search.report;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The report as Markdown, with the front matter of a Hugging Face model card, so that it can be
 * published as the model's README.md unchanged.
 */
final class MarkdownWriter {
  private MarkdownWriter() {}

  static String write(Report report, List<Block> document) {
    StringBuilder text = new StringBuilder(frontMatter(report));
    text.append("# Pruning report: ").append(report.model().name()).append("\n\n");
    document.forEach(block -> text.append(markdown(block)));
    return text.toString();
  }

  /** Model card metadata: https://huggingface.co/docs/hub/model-cards. */
  private static String frontMatter(Report report) {
    return """
    ---
    library_name: onnx
    tags: [onnx, pruning, structured-pruning, r-spar]
    model-index:
    - name: %s
      results:
      - task: {type: other, name: Classification}
        dataset: {type: custom, name: "%s data of request %s"}
        metrics:
        - {type: accuracy, name: Accuracy, value: %s}
        - {type: loss, name: Cross-entropy (nats), value: %s}
    ---
    """
        .formatted(
            quoted(report.model().name() + "-pruned"),
            report.steps().get(0).role(),
            report.requestId(),
            String.format(Locale.ROOT, "%.4f", report.pruned().accuracy()),
            String.format(Locale.ROOT, "%.4f", report.pruned().lossNats()));
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String markdown(Block block) {
    if (block instanceof Block.Verdict verdict) {
      return verdict.text() + "\n\n";
    }
    if (block instanceof Block.Heading heading) {
      return "## " + heading.text() + "\n\n";
    }
    if (block instanceof Block.Paragraph paragraph) {
      return paragraph.text() + "\n\n";
    }
    if (block instanceof Block.Items items) {
      return items.items().stream()
          .map(i -> "- " + i + "\n")
          .collect(Collectors.joining("", "", "\n"));
    }
    if (block instanceof Block.Table table) {
      return table(table);
    }
    if (block instanceof Block.Code code) {
      return "```" + code.language() + "\n" + code.text().strip() + "\n```\n\n";
    }
    if (block instanceof Block.Figure figure && !figure.file().isEmpty()) {
      return "![%s](%s)\n\n".formatted(figure.charts().get(0).title(), figure.file());
    }
    return ""; // charts without a file, and the tiles, whose numbers the table repeats
  }

  private static String table(Block.Table table) {
    StringBuilder text = new StringBuilder();
    text.append(row(table.head()));
    text.append(row(table.numbers().stream().map(number -> number ? "---:" : "---").toList()));
    table.rows().forEach(row -> text.append(row(row)));
    return text.append('\n').toString();
  }

  private static String row(List<String> cells) {
    return cells.stream()
        .map(cell -> cell.replace("|", "\\|"))
        .collect(Collectors.joining(" | ", "| ", " |\n"));
  }
}
