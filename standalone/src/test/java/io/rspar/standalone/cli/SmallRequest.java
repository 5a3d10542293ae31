package io.rspar.standalone.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A request on the demo's network and data that takes seconds. */
final class SmallRequest {
  static final String ID = "documented";

  private static final Path EXAMPLES =
      Path.of(System.getProperty("basedir", "."), "..", "examples", "fashion-mnist")
          .toAbsolutePath()
          .normalize();

  private SmallRequest() {}

  /** Its file. */
  static Path in(Path folder) throws IOException {
    return Files.writeString(
        folder.resolve("request.yaml"),
        """
        id: %2$s
        model: %1$s/fashion_resnet.onnx
        data:
          format: idx
          normalisation: {mean: [0.2860], std: [0.3530]}
          calibration: {files: [%1$s/calibration-images.idx.gz, %1$s/calibration-labels.idx.gz], limit: 64}
          train: {files: [%1$s/train-images.idx.gz, %1$s/train-labels.idx.gz], limit: 256}
          validation: {files: [%1$s/validation-images.idx.gz, %1$s/validation-labels.idx.gz], limit: 100}
          test: {files: [%1$s/test-images.idx.gz, %1$s/test-labels.idx.gz], limit: 100}
        target: {macs: 50%%}
        method: uniform
        criterion: l1
        search: {rounds: 1, candidatesPerRound: 1}
        recovery: {compensationSamples: 64}
        baseline: {steps: 10}
        measurement: {warmup: 2, samples: 30}
        """
            .formatted(EXAMPLES, ID));
  }
}
