package io.rspar.search.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.rspar.events.Validity;
import java.io.InputStream;
import java.io.StringReader;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class ReportTest {
  private static final String SHA = "0123456789abcdef".repeat(4);
  private static final String REQUEST = "model: file:///net.onnx\n";

  @Test
  void theVerdictComesFirstAndSaysWhatWasAskedAndWhatWasReached() {
    String markdown = markdown(report(0.5, 0.4982, Validity.VALID));
    assertThat(body(markdown))
        .startsWith(
            "# Pruning report: net <1>\n\n**Goal met.** Latency: at most 50.00 % of the original asked for, 49.82 % of the original reached.");
    assertThat(markdown(report(0.4, 0.4982, Validity.VALID))).contains("**Goal NOT met.**");
    assertThat(markdown(report(0.5, 0.4982, Validity.INVALID)))
        .contains("but the latency measurement is INVALID");
  }

  @Test
  void accuracyIsFollowedStepByStep() {
    assertThat(markdown(report(0.5, 0.49, Validity.VALID)))
        .contains("| dense | 92.00 % |  | 0.2000 | 2,000 test |")
        .contains("| cut | 30.00 % | -62.00 points | 2.0000 | 2,000 test |")
        .contains("| fine-tuned | 91.00 % | +61.00 points | 0.2500 | 2,000 test |");
  }

  @Test
  void layersAreExplainedByTheirCurves() {
    assertThat(markdown(report(0.5, 0.49, Validity.VALID)))
        .contains("2 of 3 groups were cut")
        .contains("`stage|3` (8 of 64 left, expected cost 0.0560 nats)")
        .contains("Left whole, the dearest first: `stem` (half of it: 0.8000 nats)")
        .contains("| `stage\\|3` | 64 | 8 | 13 % |");
  }

  @Test
  void markdownCarriesAModelCard() throws Exception {
    String markdown = markdown(report(0.5, 0.49, Validity.VALID));
    String yaml = markdown.substring(4, markdown.indexOf("\n---\n", 4));
    JsonNode card = new ObjectMapper(new YAMLFactory()).readTree(yaml);
    assertThat(card.at("/model-index/0/name").asText()).isEqualTo("net <1>-pruned");
    assertThat(card.at("/model-index/0/results/0/metrics/0/value").asDouble()).isEqualTo(0.91);
    assertThat(card.at("/library_name").asText()).isEqualTo("onnx");
  }

  /** Parsed as XML, which is stricter than any browser; void elements and the doctype aside. */
  @Test
  void htmlIsWellFormedAndSelfContained() throws Exception {
    Report report = report(0.5, 0.49, Validity.VALID);
    String html = HtmlWriter.write(report, ReportDocument.of(report, REQUEST));
    assertThat(html).doesNotContain("<script").doesNotContain("src=").doesNotContain("@import");
    assertThat(html.replace("http://www.w3.org/2000/svg", "")).doesNotContain("http");
    Document document =
        parsed(html.replace("<!doctype html>", "").replaceAll("(<meta[^>]*)>", "$1/>"));
    assertThat(document.getElementsByTagName("h1").item(0).getTextContent()).isEqualTo("net <1>");
    // accuracy by step, latency, Pareto, rewards, and a curve for each group
    assertThat(document.getElementsByTagName("svg").getLength()).isEqualTo(4 + 3);
    for (int i = 0; i < document.getElementsByTagName("svg").getLength(); i++) {
      var svg = document.getElementsByTagName("svg").item(i);
      assertThat(svg.getAttributes().getNamedItem("role").getTextContent()).isEqualTo("img");
      assertThat(svg.getChildNodes().item(1).getTextContent()).as("its summary").isNotBlank();
    }
  }

  @Test
  void aChartIsADocumentOfItsOwn() throws Exception {
    String svg = ReportCharts.pareto(report(0.5, 0.49, Validity.VALID)).toDocument();
    Document document = parsed(svg);
    // four explored, the original and the delivered model; three of them again in the legend
    assertThat(document.getElementsByTagName("circle").getLength()).isEqualTo(4 + 2 + 2);
    assertThat(svg).doesNotContain("NaN").contains("prefers-color-scheme:dark");
  }

  @Test
  void jsonKeepsToThePublishedSchema() throws Exception {
    JsonNode json = new ObjectMapper().valueToTree(report(0.5, 0.49, Validity.VALID));
    try (InputStream in = Report.class.getResourceAsStream("report.schema.json")) {
      var schema =
          SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
              .getSchema(new ObjectMapper().readTree(in));
      assertThat(schema.validate(json)).isEmpty();
      ((ObjectNode) json.get("goal")).put("extra", 1);
      assertThat(schema.validate(json)).as("the schema is closed").isNotEmpty();
    }
  }

  private static Document parsed(String xml) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(xml)));
  }

  private static String markdown(Report report) {
    return MarkdownWriter.write(report, ReportDocument.of(report, REQUEST));
  }

  private static String body(String markdown) {
    return markdown.substring(markdown.indexOf("\n---\n", 4) + 5);
  }

  private static Report report(double target, double reached, Validity validity) {
    Report.Spread dense = spread(100_000);
    Report.Spread pruned = spread(50_000);
    return new Report(
        "r-1",
        new Report.Model("net <1>", "[N, 1, 28, 28]"),
        new Report.Goal(
            "LATENCY", true, target, reached, reached <= target && validity == Validity.VALID),
        new Report.Measures(0.92, 0.2, 1_000_000, 50_000, 200_000, 100_000),
        new Report.Measures(0.91, 0.25, 500_000, 20_000, 80_000, 50_000),
        List.of(
            new Report.Step("DENSE", 0.92, 0.2, 2000, "test"),
            new Report.Step("CUT", 0.3, 2.0, 2000, "test"),
            new Report.Step("FINE_TUNED", 0.91, 0.25, 2000, "test")),
        new Report.Latency(
            dense,
            pruned,
            0.5,
            0.49,
            0.51,
            validity,
            validity == Validity.VALID ? null : "too few samples",
            "ONNX Runtime",
            "default",
            "a processor",
            1,
            1,
            20,
            2),
        List.of(
            layer("stem", 16, 16, 0.1),
            layer("a & b", 32, 16, 0.01),
            layer("stage|3", 64, 8, 0.001)),
        List.of(new Report.Frozen("output 'logits': names the classes", List.of("fc.weight[0]"))),
        IntStream.range(0, 5)
            .mapToObj(
                i ->
                    new Report.Candidate(
                        "r-1.r" + i,
                        i,
                        i < 4 ? "EXPLORATION" : "FINAL",
                        i < 4 ? "validation" : "test",
                        0.9 + i * 0.002,
                        0.5,
                        0.4,
                        0.5 + i * 0.01,
                        null,
                        0.9 + i * 0.002,
                        i == 3))
            .toList(),
        List.of("mind <this>"),
        new Report.Provenance(
            ReproducibleRequest.COMMAND,
            SHA,
            SHA,
            List.of(SHA),
            "R_SPAR",
            "H_OBS",
            1,
            64,
            "test",
            "Java",
            "Linux",
            "a processor",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:01:00Z"));
  }

  private static Report.Spread spread(long median) {
    return new Report.Spread(
        median,
        median + 10,
        median + 20,
        median,
        5,
        100,
        LongStream.rangeClosed(0, 20).map(i -> median + i - 10).boxed().toList());
  }

  /** Each channel costs the same. */
  private static Report.Layer layer(String group, int channels, int kept, double each) {
    return new Report.Layer(
        group,
        channels,
        kept,
        each * (channels - kept),
        "nats",
        IntStream.rangeClosed(0, channels)
            .mapToObj(k -> new Report.CurvePoint(k, each * (channels - k)))
            .toList(),
        List.of(new Report.CurvePoint(channels / 2, each)));
  }
}
