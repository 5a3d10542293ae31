package io.rspar.graph.shape;

import static io.rspar.graph.build.GraphBuilder.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Shape;
import io.rspar.graph.build.GraphBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which extents are tried for axes that a model declares open. */
class OpenAxesTest {
  /** Embeddings of tokens, to which the first rows of a table of positions are added. */
  private static Graph positioned(int positions) {
    GraphBuilder b = new GraphBuilder(1);
    String ids = b.input("ids", DataType.INT64, "batch", "tokens");
    String words = b.node("Gather", "words", b.weight("words.weight", 9, 6), ids);
    String shape = b.node("Shape", "shape", ids);
    String length = b.node("Gather", "length", shape, b.longs("one", 1));
    String first = b.longs("first", 0);
    String rows =
        b.node("Slice", "rows", b.weight("positions", positions, 6), first, length, first);
    return b.output(b.node("Add", "sum", words, rows), DataType.FLOAT).build();
  }

  @Test
  void aSequenceMayBeAsLongAsItsTableOfPositionsAllows() {
    for (int positions : List.of(40, 100, 512, 10, 5)) {
      Graph graph = positioned(positions);
      Shapes shapes = Shapes.infer(graph);
      assertThat(shapes.shape("sum:0")).isEqualTo(Shape.of(-1, -1, 6));
      assertThat(shapes.shapes("sum:0")).allMatch(shape -> shape.dim(1) <= positions);
      long example = Shapes.inferOneExample(graph).shape("sum:0").dim(1);
      assertThat(example).isLessThanOrEqualTo(positions).isGreaterThan(1);
    }
  }

  /** Patches of 16 × 16 pixels, to each of which its own position is added. */
  private static Graph patches(int positions) {
    GraphBuilder b = new GraphBuilder(2);
    String image = b.input("image", -1, 3, -1, -1);
    b.weight("embed", 6, 3, 16, 16);
    String x = b.node("Conv", "conv", Map.of("strides", ints(16, 16)), image, "embed");
    String flat = b.node("Reshape", "flat", x, b.longs("flat.shape", 0, 6, -1));
    String sum = b.node("Add", "sum", flat, b.weight("positions", 1, 6, positions));
    return b.output(sum, DataType.FLOAT).build();
  }

  @Test
  void anImageDeclaredOpenHasTheSideThatItsPositionsAllow() {
    Shapes shapes = Shapes.infer(patches(14 * 14));
    assertThat(shapes.shape("image")).isEqualTo(Shape.of(-1, 3, 224, 224));
    assertThat(shapes.shape("sum:0")).isEqualTo(Shape.of(-1, 6, 196));
    assertThat(Shapes.inferOneExample(patches(14 * 14)).shape("image"))
        .isEqualTo(Shape.of(1, 3, 224, 224));
  }

  @Test
  void aBatchDeclaredOpenIsOneWhereOneIsWrittenIntoTheModel() {
    GraphBuilder b = new GraphBuilder(3);
    String x = b.input("x", DataType.FLOAT, "batch", "tokens");
    String all = b.node("Reshape", "all", x, b.longs("shape", 1, -1));
    String sum = b.node("Concat", "both", Map.of("axis", GraphBuilder.integer(0)), x, all);
    Shapes shapes = Shapes.infer(b.output(sum, DataType.FLOAT).build());
    assertThat(shapes.shape("x")).isEqualTo(Shape.of(1, -1));
    assertThat(shapes.shape("both:0")).isEqualTo(Shape.of(2, -1));
  }

  @Test
  void anExtentMayBeASumOfOthers() {
    GraphBuilder b = new GraphBuilder(4);
    String past = b.input("past", DataType.FLOAT, "batch", "past_length");
    String now = b.input("now", DataType.FLOAT, "batch", "length");
    String mask = b.input("mask", DataType.FLOAT, "batch", "past_length + length");
    String next = b.input("next", DataType.FLOAT, "batch", "length+1");
    Map<String, io.rspar.graph.Attribute> along = Map.of("axis", GraphBuilder.integer(1));
    String both = b.node("Concat", "both", along, past, now);
    String sum = b.node("Add", "sum", both, mask);
    String one = b.node("Concat", "one", along, next, sum);
    Graph graph = b.output(one, DataType.FLOAT).build();
    for (Shapes shapes : List.of(Shapes.infer(graph), Shapes.inferOneExample(graph))) {
      for (int i = 0; i < shapes.shapes("now").size(); i++) {
        long length = shapes.shapes("now").get(i).dim(1);
        assertThat(shapes.shapes("next").get(i).dim(1)).isEqualTo(length + 1);
        assertThat(shapes.shapes("mask").get(i).dim(1))
            .isEqualTo(shapes.shapes("past").get(i).dim(1) + length);
      }
    }
  }

  @Test
  void aContradictionForEveryExtentNamesTheNode() {
    GraphBuilder b = new GraphBuilder(5);
    String x = b.input("x", DataType.FLOAT, "batch", "tokens");
    String y = b.node("Concat", "twice", Map.of("axis", GraphBuilder.integer(1)), x, x);
    Graph graph = b.output(b.node("Add", "sum", x, y), DataType.FLOAT).build();
    assertThatThrownBy(() -> Shapes.infer(graph))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("'sum'");
  }
}
