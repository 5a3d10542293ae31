package io.rspar.benchmarks;

import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import io.rspar.runtime.data.Augmentation;
import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Format;
import io.rspar.runtime.data.Slice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Models with the examples that they were trained on: a folder with CIFAR-10 and ResNet-20, or the
 * demo's network and slice of Fashion-MNIST. The four roles never share an example.
 *
 * @param name of the data set, for titles and keys ({@code cifar10}, {@code fashion-mnist})
 * @param models files by short name; the first is the one to take when one is enough
 * @param description how stored examples become inputs
 * @param augmentation what the models were trained with
 * @param files of each role
 */
public record BenchmarkData(
    String name,
    Map<String, Path> models,
    DataDescription description,
    Augmentation augmentation,
    Map<Role, List<Path>> files) {

  /** What examples are for. */
  public enum Role {
    /** Scores and BatchNorm statistics. */
    CALIBRATION,
    /** Fine-tuning. */
    TRAIN,
    /** Choices. */
    VALIDATION,
    /** What is reported. */
    TEST;

    private String file() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** The demo's network and data, in {@code examples/fashion-mnist} of the project. */
  public static BenchmarkData fashionMnist(Path folder) {
    Map<Role, List<Path>> files = new LinkedHashMap<>();
    for (Role role : Role.values()) {
      files.put(
          role,
          List.of(
              folder.resolve(role.file() + "-images.idx.gz"),
              folder.resolve(role.file() + "-labels.idx.gz")));
    }
    return new BenchmarkData(
        "fashion-mnist",
        models(folder, List.of("fashion_resnet")),
        DataDescription.of(Format.IDX).withNormalization(255, List.of(0.2860f), List.of(0.3530f)),
        new Augmentation(2, true),
        files);
  }

  /**
   * A folder with {@code resnet20.onnx}, {@code resnet20_convshortcut.onnx} and one {@code .npz}
   * (arrays {@code x}, uint8 N×32×32×3, and {@code y}) for each role, normalised as CIFAR-10 models
   * trained with ImageNet's statistics are.
   *
   * @throws WorkException ARTIFACT_MISSING naming the file that is missing
   */
  public static BenchmarkData cifar10(Path folder) {
    Map<Role, List<Path>> files = new LinkedHashMap<>();
    for (Role role : Role.values()) {
      files.put(role, List.of(folder.resolve(role.file() + ".npz")));
    }
    Map<String, Path> models = models(folder, List.of("resnet20", "resnet20_convshortcut"));
    models.values().forEach(BenchmarkData::requireFile);
    files.values().forEach(list -> list.forEach(BenchmarkData::requireFile));
    return new BenchmarkData(
        "cifar10",
        models,
        DataDescription.of(Format.NPZ)
            .withNormalization(
                255, List.of(0.485f, 0.456f, 0.406f), List.of(0.229f, 0.224f, 0.225f)),
        new Augmentation(4, true),
        files);
  }

  private static Map<String, Path> models(Path folder, List<String> names) {
    Map<String, Path> models = new LinkedHashMap<>();
    names.forEach(name -> models.put(name, folder.resolve(name + ".onnx")));
    return models;
  }

  public BenchmarkData {
    models = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(models));
    files = Map.copyOf(files);
  }

  private static void requireFile(Path file) {
    if (!Files.isReadable(file)) {
      throw new WorkException(
          FailureReason.ARTIFACT_MISSING,
          file + " does not exist or cannot be read",
          "name a folder with resnet20.onnx, resnet20_convshortcut.onnx and"
              + " {calibration,train,validation,test}.npz, or leave --data out");
    }
  }

  /** All examples of a role. */
  public Dataset dataset(Role role) {
    return Dataset.read(description, files.get(role), Slice.all());
  }

  /** The first examples of a role; all where there are fewer. */
  public Dataset dataset(Role role, int limit) {
    Dataset all = dataset(role);
    return all.slice(new Slice(0, Math.min(limit, all.size())));
  }

  /** The model to take when one is enough. */
  public Path model() {
    return models.values().iterator().next();
  }
}
