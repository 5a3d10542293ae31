package io.rspar.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.kit.plot.Series.Point;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class PlotTest {
  private static List<Element> elements(String svg, String name) throws Exception {
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    NodeList found = document.getElementsByTagName(name);
    return IntStream.range(0, found.getLength()).mapToObj(i -> (Element) found.item(i)).toList();
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1e-6, 2e-6", "-3, 12345678", "5, 5", "0.97, 0.98"})
  void everyPointLiesInsideTheAxes(double low, double high) throws Exception {
    Plot plot =
        new Plot(
            "a < b",
            "x",
            "y",
            List.of(
                new Plot.Series(
                    "s & t", List.of(new Point(low, high), new Point(high, low)), true)));
    List<Element> dots = elements(plot.toSvg(), "circle");
    assertThat(dots).hasSize(3);
    for (Element dot : dots.subList(0, 2)) {
      assertThat(Double.parseDouble(dot.getAttribute("cx"))).isBetween(58.0, 704.0);
      assertThat(Double.parseDouble(dot.getAttribute("cy"))).isBetween(34.0, 394.0);
    }
    assertThat(elements(plot.toSvg(), "line")).hasSizeBetween(2, 40);
  }

  @Test
  void aPlotWithoutPointsIsStillADocument() throws Exception {
    assertThat(elements(new Plot("t", "x", "y", List.of()).toSvg(), "svg")).hasSize(1);
  }
}
