package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import io.rspar.graph.Node;
import java.util.function.UnaryOperator;

/** Functions of one tensor, element by element. */
final class Activations {
  private Activations() {}

  static KernelFactory unary(UnaryOperator<NDArray> function) {
    return (node, opset) -> in -> new NDList(function.apply(in.array(0)));
  }

  static Kernel leakyRelu(Node node, long opset) {
    float slope = node.floatAttribute("alpha", 0.01f);
    return in -> new NDList(in.array(0).getNDArrayInternal().leakyRelu(slope));
  }

  /** Limits are attributes before operator set 11 and inputs since. */
  static Kernel clip(Node node, long opset) {
    float min = node.floatAttribute("min", -Float.MAX_VALUE);
    float max = node.floatAttribute("max", Float.MAX_VALUE);
    return in -> new NDList(in.array(0).clip(in.scalar(1, min), in.scalar(2, max)));
  }

  static Kernel hardSigmoid(Node node, long opset) {
    float alpha = node.floatAttribute("alpha", 0.2f);
    float beta = node.floatAttribute("beta", 0.5f);
    return in -> new NDList(Owned.times(in.array(0), alpha).add(beta).clip(0f, 1f));
  }

  /** x · max(0, min(1, x/6 + ½)). */
  static NDArray hardSwish(NDArray x) {
    return x.mul(Owned.over(x, 6).add(0.5f).clip(0f, 1f));
  }

  /** x·Φ(x), or its tanh approximation. */
  static Kernel gelu(Node node, long opset) {
    boolean tanh = node.stringAttribute("approximate", "none").equals("tanh");
    return in -> new NDList(gelu(in.array(0), tanh));
  }

  private static NDArray gelu(NDArray x, boolean tanh) {
    NDArray gate =
        tanh
            ? Owned.times(x.add(Owned.times(x.mul(x).mul(x), 0.044715)), Math.sqrt(2 / Math.PI))
                .tanh()
            : Owned.times(x, Math.sqrt(0.5)).erf();
    return Owned.times(x.mul(gate.add(1)), 0.5);
  }

  /** ONNX Runtime's {@code BiasGelu} and {@code FastGelu}: a second input is added before. */
  static KernelFactory biasedGelu(boolean tanh) {
    return (node, opset) ->
        in -> new NDList(gelu(in.has(1) ? in.array(0).add(in.array(1)) : in.array(0), tanh));
  }

  /** ONNX Runtime's {@code QuickGelu}: x·σ(α·x). */
  static Kernel quickGelu(Node node, long opset) {
    return sigmoidGated(node.floatAttribute("alpha", 1.702f));
  }

  /** x where positive, slope·x elsewhere; the slope broadcasts from the right. */
  static Kernel pRelu(Node node, long opset) {
    return in -> {
      NDArray x = in.array(0);
      NDArray positive = x.getNDArrayInternal().relu();
      return new NDList(positive.add(x.sub(positive).mul(in.array(1))));
    };
  }

  /**
   * x above 0, factor·(e^(x/scale) − 1) below; {@code Elu}, {@code Selu} and {@code Celu} by their
   * factors.
   */
  private static NDArray exponentialBelow(NDArray x, double scale, double factor) {
    NDArray negative = x.neg().getNDArrayInternal().relu().neg();
    NDArray below = Owned.times(Owned.over(negative, scale).exp().sub(1f), factor);
    return x.getNDArrayInternal().relu().add(below);
  }

  static Kernel elu(Node node, long opset) {
    float alpha = node.floatAttribute("alpha", 1);
    return in -> new NDList(exponentialBelow(in.array(0), 1, alpha));
  }

  static Kernel selu(Node node, long opset) {
    float alpha = node.floatAttribute("alpha", 1.67326319217681884765625f);
    float gamma = node.floatAttribute("gamma", 1.05070102214813232421875f);
    return in -> new NDList(Owned.times(exponentialBelow(in.array(0), 1, alpha), gamma));
  }

  static Kernel celu(Node node, long opset) {
    float alpha = node.floatAttribute("alpha", 1);
    return in -> new NDList(exponentialBelow(in.array(0), alpha, alpha));
  }

  static Kernel thresholdedRelu(Node node, long opset) {
    float alpha = node.floatAttribute("alpha", 1);
    return in -> new NDList(in.array(0).mul(indicator(in.array(0).gt(alpha))));
  }

  /** 0 from −λ to λ; outside moved toward 0 by the bias. */
  static Kernel shrink(Node node, long opset) {
    float lambda = node.floatAttribute("lambd", 0.5f);
    float bias = node.floatAttribute("bias", 0);
    return in -> {
      NDArray x = in.array(0);
      NDArray above = indicator(x.gt(lambda));
      NDArray below = indicator(x.lt(-lambda));
      return new NDList(x.sub(bias).mul(above).add(x.add(bias).mul(below)));
    };
  }

  private static NDArray indicator(NDArray condition) {
    return condition.toType(DataType.FLOAT32, true);
  }

  static Kernel swish(Node node, long opset) {
    return sigmoidGated(node.floatAttribute("alpha", 1));
  }

  /** x·σ(α·x). */
  private static Kernel sigmoidGated(float alpha) {
    return in -> {
      NDArray x = in.array(0);
      return new NDList(x.mul(Owned.times(x, alpha).getNDArrayInternal().sigmoid()));
    };
  }

  /** x · tanh(log(1 + eˣ)). */
  static NDArray mish(NDArray x) {
    return x.mul(x.getNDArrayInternal().softPlus().tanh());
  }

  /** Inverse hyperbolic sine; of the magnitude, because x + √(x² + 1) cancels below 0. */
  static NDArray asinh(NDArray x) {
    NDArray magnitude = x.abs();
    return x.sign().mul(magnitude.add(magnitude.square().add(1f).sqrt()).log());
  }

  static NDArray acosh(NDArray x) {
    return x.add(x.square().sub(1f).sqrt()).log();
  }

  static NDArray atanh(NDArray x) {
    return Owned.times(x.add(1f).div(x.neg().add(1f)).log(), 0.5);
  }

  /** Nothing is dropped: recovery of a network that is to be cut needs no more noise. */
  static Kernel dropout(Node node, long opset) {
    Unsupported.unless(node.output(1).isEmpty(), node, "the mask output");
    return in -> new NDList(Axes.alias(in.array(0)));
  }
}
