package io.rspar.search.report;

import io.rspar.kit.plot.Chart;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** The report as one HTML file: no script, nothing loaded from anywhere, light and dark. */
final class HtmlWriter {
  private static final String STYLE = resource("report.css") + Chart.STYLE;

  /** Tables that are longer are folded away. */
  private static final int LONG_TABLE = 24;

  private HtmlWriter() {}

  static String write(Report report, List<Block> document) {
    StringBuilder html = new StringBuilder();
    html.append(
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Pruning report: %1$s</title>
        <style>%2$s</style>
        </head>
        <body>
        <main>
        <p class="kind">R-SPAR pruning report</p>
        <h1>%1$s</h1>
        """
            .formatted(escaped(report.model().name()), STYLE));
    document.forEach(block -> html.append(html(block)));
    return html.append("</main>\n</body>\n</html>\n").toString();
  }

  private static String html(Block block) {
    if (block instanceof Block.Verdict verdict) {
      return "<p class=\"verdict %s\">%s</p>\n"
          .formatted(verdict.met() ? "met" : "missed", inline(verdict.text()));
    }
    if (block instanceof Block.Tiles tiles) {
      return tiles.tiles().stream()
          .map(
              t ->
                  "<div><dt>%s</dt><dd>%s<span>%s</span></dd></div>"
                      .formatted(escaped(t.name()), escaped(t.value()), escaped(t.change())))
          .collect(Collectors.joining("\n", "<dl class=\"tiles\">\n", "</dl>\n"));
    }
    if (block instanceof Block.Heading heading) {
      return "<h2>" + escaped(heading.text()) + "</h2>\n";
    }
    if (block instanceof Block.Paragraph paragraph) {
      return "<p>" + inline(paragraph.text()) + "</p>\n";
    }
    if (block instanceof Block.Items items) {
      return items.items().stream()
          .map(item -> "<li>" + inline(item) + "</li>\n")
          .collect(Collectors.joining("", "<ul>\n", "</ul>\n"));
    }
    if (block instanceof Block.Table table) {
      return table(table);
    }
    if (block instanceof Block.Code code) {
      return "<pre tabindex=\"0\"><code>" + escaped(code.text().strip()) + "</code></pre>\n";
    }
    if (block instanceof Block.Figure figure) {
      String type = figure.charts().size() == 1 ? "" : " class=\"many\"";
      return figure.charts().stream()
          .map(Chart::toSvg)
          .collect(Collectors.joining("", "<figure" + type + ">\n", "</figure>\n"));
    }
    throw new IllegalArgumentException("unknown block " + block);
  }

  private static String table(Block.Table table) {
    StringBuilder html = new StringBuilder();
    html.append("<div class=\"scroll\" tabindex=\"0\"><table><caption>");
    html.append(escaped(table.caption())).append("</caption>\n<thead><tr>");
    for (int i = 0; i < table.head().size(); i++) {
      html.append("<th scope=\"col\"").append(type(table, i)).append('>');
      html.append(escaped(table.head().get(i))).append("</th>");
    }
    html.append("</tr></thead>\n<tbody>\n");
    for (List<String> row : table.rows()) {
      html.append("<tr><th scope=\"row\">").append(inline(row.get(0))).append("</th>");
      for (int i = 1; i < row.size(); i++) {
        html.append("<td").append(type(table, i)).append('>').append(inline(row.get(i)));
        html.append("</td>");
      }
      html.append("</tr>\n");
    }
    html.append("</tbody></table></div>\n");
    return table.rows().size() <= LONG_TABLE
        ? html.toString()
        : "<details><summary>%s: %d rows</summary>%n%s</details>%n"
            .formatted(escaped(table.caption()), table.rows().size(), html);
  }

  private static String type(Block.Table table, int column) {
    return table.numbers().get(column) ? " class=\"number\"" : "";
  }

  private static String inline(String text) {
    return escaped(text)
        .replaceAll("`([^`]*)`", "<code>$1</code>")
        .replaceAll("\\*\\*([^*]+)\\*\\*", "<strong>$1</strong>");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private static String resource(String name) {
    try (InputStream in = HtmlWriter.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + name + " from the jar", e);
    }
  }
}
