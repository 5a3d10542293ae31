package io.rspar.runtime;

import static io.rspar.runtime.testing.Graphs.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Format;
import io.rspar.runtime.data.InvalidDataException;
import io.rspar.runtime.data.Slice;
import io.rspar.runtime.kernel.Mode;
import io.rspar.runtime.testing.Graphs;
import io.rspar.runtime.testing.OnnxRuntime;
import io.rspar.runtime.training.Evaluation;
import io.rspar.runtime.training.Evaluator;
import io.rspar.runtime.training.FineTuning;
import io.rspar.runtime.training.FineTuningSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A text classifier in the manner of BERT: token ids, attention mask and segments, all int64. */
class SeveralInputsTest {
  private static final int EXAMPLES = 48;
  private static final int LENGTH = 6;
  private static final int TOKENS = 11;
  private static final String KEYS = "segments, tokens, mask";

  @TempDir private Path folder;

  private final long[] tokens = new long[EXAMPLES * LENGTH];
  private final long[] mask = new long[EXAMPLES * LENGTH];
  private final long[] segments = new long[EXAMPLES * LENGTH];
  private final long[] labels = new long[EXAMPLES];
  private Path file;

  /** The label is whether an attended token is below 4. */
  @BeforeEach
  void write() throws IOException {
    SplittableRandom random = new SplittableRandom(2);
    for (int n = 0; n < EXAMPLES; n++) {
      int attended = random.nextInt(1, LENGTH + 1);
      for (int t = 0; t < LENGTH; t++) {
        int at = n * LENGTH + t;
        tokens[at] = random.nextInt(t == 0 ? TOKENS : 2 * TOKENS) % TOKENS;
        mask[at] = t < attended ? 1 : 0;
        segments[at] = t < 3 ? 0 : 1;
        labels[n] |= mask[at] == 1 && tokens[at] < 4 ? 1 : 0;
      }
    }
    file = folder.resolve("text.npz");
    Map<String, long[]> arrays =
        new TreeMap<>(Map.of("tokens", tokens, "mask", mask, "segments", segments, "y", labels));
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, long[]> array : arrays.entrySet()) {
        zip.putNextEntry(new ZipEntry(array.getKey() + ".npy"));
        zip.write(npy(array.getValue()));
        zip.closeEntry();
      }
    }
  }

  private static byte[] npy(long[] values) {
    String shape = values.length == EXAMPLES ? EXAMPLES + "," : EXAMPLES + ", " + LENGTH;
    String header = "{'descr': '<i8', 'fortran_order': False, 'shape': (" + shape + "), }";
    header = header + " ".repeat(117 - header.length()) + "\n";
    ByteBuffer buffer = ByteBuffer.allocate(128 + 8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
    buffer.put((byte) 1).put((byte) 0).putShort((short) 118);
    buffer.put(header.getBytes(StandardCharsets.US_ASCII));
    buffer.asLongBuffer().put(values);
    return buffer.array();
  }

  private static Graph classifier() {
    int width = 8;
    Graphs g = Graphs.opset(17);
    g.input("tokens", DataType.INT64, -1, LENGTH).input("mask", DataType.INT64, -1, LENGTH);
    g.input("segments", DataType.INT64, -1, LENGTH);
    g.weight("words", TOKENS, width).weight("sides", 2, width).weight("places", LENGTH, width);
    g.node("Gather", "words tokens", "w").node("Gather", "sides segments", "s");
    g.node("Add", "w s", "ws").node("Add", "ws places", "sum");
    g.positive("ln.scale", width).weight("ln.bias", width);
    g.node("LayerNormalization", "sum ln.scale ln.bias", "h");
    // (1 − mask) · −10⁴, as exporters write it.
    g.node("Cast", "mask", "float_mask", "to", DataType.FLOAT.onnxCode()).scalar("one", 1);
    g.scalar("low", -10_000).node("Sub", "one float_mask", "hidden").node("Mul", "hidden low", "m");
    g.longs("axis", 1).node("Unsqueeze", "m axis", "bias");
    g.weight("q.weight", width, width).weight("k.weight", width, width);
    g.weight("v.weight", width, width).node("MatMul", "h q.weight", "q");
    g.node("MatMul", "h k.weight", "k").node("MatMul", "h v.weight", "v");
    g.node("Transpose", "k", "kt", "perm", ints(0, 2, 1)).node("MatMul", "q kt", "scores");
    g.node("Add", "scores bias", "masked").node("Softmax", "masked", "attention", "axis", -1);
    g.node("MatMul", "attention v", "context").node("Add", "context h", "out");
    g.constant("first", Tensor.ofLongs(Shape.of(), 0));
    g.node("Gather", "out first", "pooled", "axis", 1);
    g.weight("fc.weight", 2, width).weight("fc.bias", 2);
    g.node("Gemm", "pooled fc.weight fc.bias", "logits", "transB", 1);
    return g.output("logits", Shape.of(Shape.UNKNOWN, 2));
  }

  private Dataset read() {
    DataDescription description =
        DataDescription.of(Format.NPZ)
            .withNormalization(1, List.of(), List.of())
            .withImagesKey(KEYS);
    return Dataset.read(description, List.of(file), Slice.all());
  }

  @Test
  void equalsOnnxRuntime() {
    Shape shape = Shape.of(EXAMPLES, LENGTH);
    Map<String, Tensor> fed =
        Map.of(
            "tokens", Tensor.ofLongs(shape, tokens),
            "mask", Tensor.ofLongs(shape, mask),
            "segments", Tensor.ofLongs(shape, segments));
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(classifier());
        Batch batch =
            read().batch(manager, java.util.stream.IntStream.range(0, EXAMPLES).toArray())) {
      float[] logits =
          network.logits(network.inputs(batch), Mode.EVAL, ValueHook.NONE).toFloatArray();
      assertThat(logits)
          .containsExactly(OnnxRuntime.run(classifier(), fed).toFloats(), within(1e-5f));
    }
  }

  @Test
  void learnsAndIsObserved() {
    Dataset data = read();
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(classifier());
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Evaluation before = Evaluator.evaluate(network, data, 10);
      FineTuning.run(
          network, data, FineTuningSettings.of(30, 16, 0.1, 3), (step, steps, loss) -> {});
      Evaluation after = Evaluator.evaluate(network, data, 10);
      assertThat(after.lossNats()).isLessThan(before.lossNats() / 2);
      assertThat(after.top1()).isGreaterThan(0.9);
      Batch batch = data.slice(new Slice(8, 4)).batch(manager, new int[] {1, 3});
      assertThat(batch.others().get("mask").toFloatArray()).containsExactly(rows(mask, 9, 11));
      network.observe(
          batch,
          LabelSampler.fromData(),
          Set.of("node_v"),
          (node, in, gradient) -> {
            assertThat(in.getShape().getShape()).containsExactly(2, LENGTH, 8);
            assertThat(gradient.abs().sum().getFloat()).isPositive();
          });
    }
  }

  private static float[] rows(long[] values, int... examples) {
    float[] rows = new float[examples.length * LENGTH];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = values[examples[i / LENGTH] * LENGTH + i % LENGTH];
    }
    return rows;
  }

  @Test
  void inputsThatTheDataDoNotNameAreNamed() {
    DataDescription one = DataDescription.of(Format.NPZ).withImagesKey("tokens");
    Dataset data = Dataset.read(one, List.of(file), Slice.all());
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(classifier());
        Batch batch = data.batch(manager, new int[] {0})) {
      assertThatThrownBy(() -> network.inputs(batch))
          .isInstanceOfSatisfying(
              InvalidDataException.class,
              e -> {
                assertThat(e).hasMessageContaining("segments").hasMessageContaining("mask");
                assertThat(e.remedy()).contains("imagesKey");
              });
      assertThatThrownBy(() -> network.forward(batch.x()))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("mask");
    }
    DataDescription wrong = DataDescription.of(Format.NPZ).withImagesKey("tokens,nowhere");
    assertThatThrownBy(() -> Dataset.read(wrong, List.of(file), Slice.all()))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("nowhere");
  }
}
