package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
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
    return in -> new NDList(in.array(0).mul(alpha).add(beta).clip(0f, 1f));
  }

  /** x · max(0, min(1, x/6 + ½)). */
  static NDArray hardSwish(NDArray x) {
    return x.mul(x.div(6f).add(0.5f).clip(0f, 1f));
  }

  /** x·Φ(x), or its tanh approximation. */
  static Kernel gelu(Node node, long opset) {
    boolean tanh = node.stringAttribute("approximate", "none").equals("tanh");
    return in -> {
      NDArray x = in.array(0);
      NDArray gate =
          tanh
              ? x.add(x.pow(3).mul(0.044715)).mul(Math.sqrt(2 / Math.PI)).tanh()
              : x.mul(Math.sqrt(0.5)).erf();
      return new NDList(x.mul(gate.add(1)).mul(0.5));
    };
  }

  /** x where positive, slope·x elsewhere; the slope broadcasts from the right. */
  static Kernel pRelu(Node node, long opset) {
    return in -> {
      NDArray x = in.array(0);
      NDArray positive = x.getNDArrayInternal().relu();
      return new NDList(positive.add(x.sub(positive).mul(in.array(1))));
    };
  }

  /** Nothing is dropped: recovery of a network that is to be cut needs no more noise. */
  static Kernel dropout(Node node, long opset) {
    Unsupported.unless(node.output(1).isEmpty(), node, "the mask output");
    return in -> new NDList(Axes.alias(in.array(0)));
  }
}
