package io.rspar.runtime.layer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import io.rspar.graph.Tensor;
import io.rspar.graph.shape.Shapes;
import java.util.Arrays;
import java.util.Optional;

/**
 * A layer that has Kronecker factors: a convolution or a linear map with a constant weight, seen as
 * one matrix per convolution group, W: O × I.
 *
 * @param node the node
 * @param weight name of the weight
 * @param groups convolution groups; 1 for linear layers
 * @param outputs O: output channels of one group
 * @param inputs input channels of one group
 * @param kernel extents of the kernel's spatial axes; empty for linear layers
 * @param hasIntercept whether W carries an intercept as a last column: the node's bias, or zeros
 *     where it has none
 * @param rows W per group, O×I row-major, I = inputs·patch() (+1)
 */
public record WeightedLayer(
    Node node,
    String weight,
    int groups,
    int outputs,
    int inputs,
    long[] kernel,
    boolean hasIntercept,
    double[][] rows) {

  /** Kernel elements per input channel; 1 for linear layers. */
  public int patch() {
    return (int) Arrays.stream(kernel).reduce(1, Math::multiplyExact);
  }

  /** I: columns of W, the bias column included. */
  public int columns() {
    return inputs * patch() + (hasIntercept ? 1 : 0);
  }

  /** Columns of W that belong to these input channels of a group, in their order. */
  public int[] columnsOf(int[] channels) {
    int patch = patch();
    int[] columns = new int[channels.length * patch];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = channels[i / patch] * patch + i % patch;
    }
    return columns;
  }

  /**
   * The layer with an intercept: a constant that removed inputs brought can be re-absorbed where
   * something behind the layer shifts its outputs.
   */
  public WeightedLayer withIntercept() {
    if (hasIntercept) {
      return this;
    }
    int columns = columns();
    double[][] wider = new double[groups][];
    for (int k = 0; k < groups; k++) {
      wider[k] = new double[outputs * (columns + 1)];
      for (int o = 0; o < outputs; o++) {
        System.arraycopy(rows[k], o * columns, wider[k], o * (columns + 1), columns);
      }
    }
    return new WeightedLayer(node, weight, groups, outputs, inputs, kernel, true, wider);
  }

  /** Name of the node's own bias; empty if it has none. */
  public String bias() {
    return node.opType().equals("MatMul") ? "" : node.input(2);
  }

  /** The layer that a node is, if it is one with a constant float weight. */
  public static Optional<WeightedLayer> of(Shapes shapes, Node node) {
    return switch (node.opType()) {
      case "Conv" ->
          constant(shapes, node, 1)
              .map(w -> convolution(node, w, constant(shapes, node, 2).map(Tensor::toFloats)));
      case "Gemm" ->
          node.floatAttribute("alpha", 1) == 1
                  && node.floatAttribute("beta", 1) == 1
                  && node.intAttribute("transA", 0) == 0
              ? constant(shapes, node, 1)
                  .map(
                      w ->
                          linear(
                              node,
                              w,
                              node.intAttribute("transB", 0) == 1,
                              constant(shapes, node, 2).map(Tensor::toFloats)))
              : Optional.empty();
      case "MatMul" ->
          constant(shapes, node, 1)
              .filter(w -> w.shape().rank() == 2)
              .map(w -> linear(node, w, false, Optional.empty()));
      default -> Optional.empty();
    };
  }

  private static Optional<Tensor> constant(Shapes shapes, Node node, int input) {
    return node.hasInput(input)
        ? shapes.constant(node.input(input)).filter(t -> t.type().isFloatingPoint())
        : Optional.empty();
  }

  private static WeightedLayer convolution(Node node, Tensor weight, Optional<float[]> bias) {
    int groups = (int) node.intAttribute("group", 1);
    int outputs = (int) weight.shape().dim(0) / groups;
    int inputs = (int) weight.shape().dim(1);
    long[] kernel = Arrays.copyOfRange(weight.shape().toArray(), 2, weight.shape().rank());
    int patch = (int) Arrays.stream(kernel).reduce(1, Math::multiplyExact);
    float[] values = weight.toFloats();
    int columns = inputs * patch + (bias.isPresent() ? 1 : 0);
    double[][] rows = new double[groups][outputs * columns];
    for (int k = 0; k < groups; k++) {
      for (int o = 0; o < outputs; o++) {
        int row = k * outputs + o;
        for (int i = 0; i < inputs * patch; i++) {
          rows[k][o * columns + i] = values[row * inputs * patch + i];
        }
        if (bias.isPresent()) {
          rows[k][o * columns + columns - 1] = bias.get()[row];
        }
      }
    }
    return new WeightedLayer(
        node, node.input(1), groups, outputs, inputs, kernel, bias.isPresent(), rows);
  }

  private static WeightedLayer linear(
      Node node, Tensor weight, boolean transposed, Optional<float[]> bias) {
    int outputs = (int) weight.shape().dim(transposed ? 0 : 1);
    int inputs = (int) weight.shape().dim(transposed ? 1 : 0);
    Optional<float[]> rowBias = bias.filter(b -> b.length == outputs);
    float[] values = weight.toFloats();
    int columns = inputs + (rowBias.isPresent() ? 1 : 0);
    double[] rows = new double[outputs * columns];
    for (int o = 0; o < outputs; o++) {
      for (int i = 0; i < inputs; i++) {
        rows[o * columns + i] = values[transposed ? o * inputs + i : i * outputs + o];
      }
      if (rowBias.isPresent()) {
        rows[o * columns + columns - 1] = rowBias.get()[o];
      }
    }
    return new WeightedLayer(
        node,
        node.input(1),
        1,
        outputs,
        inputs,
        new long[0],
        rowBias.isPresent(),
        new double[][] {rows});
  }

  /**
   * What one convolution group sees, as columns of W.
   *
   * @param input the node's input: N×C×H×W, or N×…×K for a linear layer
   * @param lattice output positions of a convolution; a linear layer shows all of its own
   * @return N×I×T'
   */
  public NDArray patches(NDArray input, int group, Lattice lattice) {
    NDArray patches;
    if (isConvolution()) {
      NDArray slice = groups == 1 ? input : channels(input, group * inputs, inputs);
      Shape shape = input.getShape();
      patches = geometry(shape).patches(slice, lattice);
    } else {
      patches = positionsLast(input);
    }
    if (!hasIntercept) {
      return patches;
    }
    Shape shape = patches.getShape();
    NDArray ones =
        patches.getManager().ones(new Shape(shape.get(0), 1, shape.get(2)), patches.getDataType());
    return NDArrays.concat(new NDList(patches, ones), 1);
  }

  /** T: positions of an output, one for a linear layer over vectors. */
  public long positions(Shape output) {
    return output.size() / output.get(0) / ((long) groups * outputs);
  }

  /**
   * Gradients of one convolution group.
   *
   * @param gradient with respect to the node's output: N×C×H×W, or N×…×K
   * @param lattice which positions
   * @return N×O×T'
   */
  public NDArray gradients(NDArray gradient, int group, Lattice lattice) {
    if (!isConvolution()) {
      return positionsLast(gradient);
    }
    NDArray slice =
        onLattice(groups == 1 ? gradient : channels(gradient, group * outputs, outputs), lattice);
    return slice.reshape(slice.getShape().get(0), outputs, -1);
  }

  private static NDArray onLattice(NDArray output, Lattice lattice) {
    return lattice.step() == 1
        ? output
        : output.get(
            ":, :, {}::{}, {}::{}",
            lattice.row(),
            lattice.step(),
            lattice.column(),
            lattice.step());
  }

  /**
   * What all convolution groups see, without the bias column.
   *
   * @param input N×C×H×W, or N×…×K for a linear layer
   * @return groups×(I without bias)×(N·T')
   */
  public NDArray allPatches(NDArray input, Lattice lattice) {
    return isConvolution()
        ? geometry(input.getShape())
            .columns(input, lattice)
            .reshape(groups, (long) inputs * patch(), -1)
        : grouped(positionsLast(input));
  }

  /**
   * Outputs, or their gradients, at some positions.
   *
   * @param output N×C×H×W, or N×…×K for a linear layer
   * @return groups×O×(N·T')
   */
  public NDArray allOutputs(NDArray output, Lattice lattice) {
    if (!isConvolution()) {
      return grouped(positionsLast(output));
    }
    NDArray some = onLattice(output, lattice);
    return grouped(some.reshape(some.getShape().get(0), (long) groups * outputs, -1));
  }

  /** N×(groups·R)×T → groups×R×(N·T). */
  private NDArray grouped(NDArray columns) {
    Shape shape = columns.getShape();
    long n = shape.get(0);
    long rows = shape.get(1) / groups;
    long positions = shape.get(2);
    return columns
        .reshape(n, groups, rows, positions)
        .transpose(1, 2, 0, 3)
        .reshape(groups, rows, n * positions);
  }

  public boolean isConvolution() {
    return node.opType().equals("Conv");
  }

  /**
   * Which output positions to look at: all of a linear layer's, some of a large convolution's.
   *
   * @param enough an example shows at least this many
   * @param output shape of the output
   * @param visit number of the visit; visits move over the positions
   */
  public Lattice lattice(int enough, Shape output, long visit) {
    return kernel.length == 2
        ? Lattice.of(enough, output.get(2), output.get(3), visit)
        : Lattice.EVERY;
  }

  /** Whether the weight tensor is I×O rather than O×I. */
  public boolean isTransposed() {
    return node.opType().equals("MatMul")
        || (node.opType().equals("Gemm") && node.intAttribute("transB", 0) == 0);
  }

  private PatchGeometry geometry(Shape input) {
    return PatchGeometry.of(node, kernel, input.get(2), input.get(3));
  }

  private static NDArray channels(NDArray tensor, int from, int count) {
    return tensor.get(":, {}:{}", from, from + count);
  }

  /** N×…×K → N×K×T. */
  private static NDArray positionsLast(NDArray tensor) {
    Shape shape = tensor.getShape();
    long features = shape.get(shape.dimension() - 1);
    return tensor.reshape(shape.get(0), -1, features).transpose(0, 2, 1);
  }
}
