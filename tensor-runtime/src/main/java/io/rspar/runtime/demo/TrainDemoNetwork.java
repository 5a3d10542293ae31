package io.rspar.runtime.demo;

import io.rspar.graph.Graph;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Slice;
import io.rspar.runtime.training.Evaluation;
import io.rspar.runtime.training.Evaluator;
import io.rspar.runtime.training.FineTuning;
import io.rspar.runtime.training.FineTuningSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Makes {@code examples/fashion-mnist}: slices the data and trains the network.
 *
 * <pre>TrainDemoNetwork FASHION_MNIST_FOLDER TARGET_FOLDER</pre>
 *
 * The first folder holds the four files of Fashion-MNIST under their original names. Same data,
 * engine, processor and number of threads give the same network.
 */
public final class TrainDemoNetwork {
  private static final long SEED = 20170828;
  private static final int[] WIDTHS = {16, 32, 64};

  /** Mirrored clothes are clothes; shoes all point one way, but a mirrored one is still a shoe. */
  private static final FineTuningSettings SETTINGS =
      new FineTuningSettings(5, 128, 0.1, 0, 0.9, 5e-4, 0, 2, true, SEED);

  private TrainDemoNetwork() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2) {
      System.err.println("usage: TrainDemoNetwork FASHION_MNIST_FOLDER TARGET_FOLDER");
      System.exit(2);
    }
    FashionMnist data = new FashionMnist(Path.of(arguments[0]));
    Path target = Files.createDirectories(Path.of(arguments[1]));
    data.writeSlices(target);
    Dataset learned = data.train(FashionMnist.LEARNED);
    Graph untrained = ResidualNetwork.build(1, 28, WIDTHS, 10, SEED);
    try (Network network = Network.load(untrained)) {
      FineTuning.run(network, learned, SETTINGS, TrainDemoNetwork::report);
      Evaluation validation = Evaluator.evaluate(network, data.train(FashionMnist.VALIDATION), 250);
      Evaluation test = Evaluator.evaluate(network, data.test(Slice.all()), 250);
      Evaluation shipped = Evaluator.evaluate(network, data.test(FashionMnist.TEST), 250);
      System.out.printf(
          Locale.ROOT,
          "validation %.2f %%, test %.2f %% of %d, shipped test %.2f %% of %d%n",
          100 * validation.top1(),
          100 * test.top1(),
          test.samples(),
          100 * shipped.top1(),
          shipped.samples());
      OnnxWriter.write(
          network.toGraph().withMetadata(provenance(test)), target.resolve("fashion_resnet.onnx"));
    }
  }

  private static Map<String, String> provenance(Evaluation test) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("rspar.trained-on", "Fashion-MNIST, training images 0 to 56975");
    metadata.put("rspar.normalization", "(x / 255 - 0.2860) / 0.3530");
    metadata.put("rspar.training", SETTINGS.toString());
    metadata.put("rspar.engine", "PyTorch " + Torch.version());
    metadata.put(
        "rspar.accuracy",
        String.format(Locale.ROOT, "%.4f on %d test images", test.top1(), test.samples()));
    return metadata;
  }

  private static void report(long step, long steps, double loss) {
    if (step % 50 == 0 || step == steps) {
      System.out.printf(Locale.ROOT, "step %d of %d, loss %.3f%n", step, steps, loss);
    }
  }
}
