package io.rspar.runtime.data;

import io.rspar.graph.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * How a stored example becomes a model's input: {@code (stored / scale − mean) / std} per channel,
 * laid out as channels, height, width.
 *
 * @param format how the files are stored
 * @param layout axes of a stored example; ignored where the format has no channel axis or fixes it
 * @param scale divisor of a stored value; 255 maps bytes to 0…1
 * @param mean per channel after scaling; empty = 0, one value = the same for every channel
 * @param std per channel after scaling; empty = 1, one value = the same for every channel
 * @param exampleShape C×H×W (or one extent for vectors) where the format does not say it: CSV, flat
 *     rows; for image folders it fixes the number of channels; empty = as stored
 * @param imagesKey NPZ: array that holds the examples; for models with several inputs the arrays of
 *     all, separated by commas and named as the inputs are ({@code
 *     input_ids,attention_mask,token_type_ids}): the first is scaled and normalised, the others are
 *     fed as stored
 * @param labelsKey NPZ: array that holds the labels
 * @param labelColumn CSV: index of the label's column; −1 is the last
 * @param header CSV: whether the first line names the columns
 */
public record DataDescription(
    Format format,
    Layout layout,
    float scale,
    List<Float> mean,
    List<Float> std,
    List<Integer> exampleShape,
    String imagesKey,
    String labelsKey,
    int labelColumn,
    boolean header) {

  public DataDescription {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    exampleShape = List.copyOf(exampleShape);
    require(scale > 0 && Float.isFinite(scale), "scale " + scale, "give a positive divisor");
    require(
        mean.stream().allMatch(Float::isFinite), "mean " + mean, "give one finite mean a channel");
    require(
        std.stream().allMatch(s -> s > 0 && Float.isFinite(s)),
        "std " + std,
        "give one positive standard deviation per channel");
    require(
        exampleShape.stream().allMatch(d -> d > 0)
            && (exampleShape.isEmpty() || exampleShape.size() == 1 || exampleShape.size() == 3),
        "exampleShape " + exampleShape,
        "give channels, height, width");
  }

  /** A format with every default: layout HWC, bytes scaled to 0…1, not standardised. */
  public static DataDescription of(Format format) {
    return new DataDescription(
        format, Layout.HWC, 255, List.of(), List.of(), List.of(), "x", "y", -1, false);
  }

  public DataDescription withNormalization(float scale, List<Float> mean, List<Float> std) {
    return new DataDescription(
        format, layout, scale, mean, std, exampleShape, imagesKey, labelsKey, labelColumn, header);
  }

  public DataDescription withLayout(Layout layout) {
    return new DataDescription(
        format, layout, scale, mean, std, exampleShape, imagesKey, labelsKey, labelColumn, header);
  }

  public DataDescription withExampleShape(Integer... shape) {
    return new DataDescription(
        format,
        layout,
        scale,
        mean,
        std,
        List.of(shape),
        imagesKey,
        labelsKey,
        labelColumn,
        header);
  }

  public DataDescription withLabelColumn(int labelColumn, boolean header) {
    return new DataDescription(
        format, layout, scale, mean, std, exampleShape, imagesKey, labelsKey, labelColumn, header);
  }

  /** One array of an NPZ archive, as stored: values and order of axes. */
  DataDescription ofArray(String key) {
    return new DataDescription(
        format,
        Layout.CHW,
        1,
        List.of(),
        List.of(),
        List.of(),
        key,
        labelsKey,
        labelColumn,
        header);
  }

  /** NPZ: the arrays that hold the examples, one per input of the model. */
  List<String> inputKeys() {
    return Arrays.stream(imagesKey.split(",")).map(String::strip).toList();
  }

  public DataDescription withImagesKey(String imagesKey) {
    return new DataDescription(
        format, layout, scale, mean, std, exampleShape, imagesKey, labelsKey, labelColumn, header);
  }

  /** {@link #exampleShape} as a shape, or null where it is left out. */
  Shape describedShape() {
    return exampleShape.isEmpty()
        ? null
        : Shape.of(exampleShape.stream().mapToLong(Integer::longValue).toArray());
  }

  private static void require(boolean holds, String what, String remedy) {
    if (!holds) {
      throw new InvalidDataException(
          InvalidDataException.Kind.SHAPE, "the data's " + what + " cannot be used", remedy);
    }
  }
}
