package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.rspar.graph.Node;

/** Matrix products. */
final class Products {
  private Products() {}

  /** {@code Gemm}: α·A·B + β·C with A, B transposed on demand. */
  static Kernel gemm(Node node, long opset) {
    float alpha = node.floatAttribute("alpha", 1);
    float beta = node.floatAttribute("beta", 1);
    boolean transA = node.intAttribute("transA", 0) != 0;
    boolean transB = node.intAttribute("transB", 0) != 0;
    return in -> {
      NDArray a = in.array(0);
      NDArray b = in.array(1);
      NDArray c = in.arrayOrNull(2);
      if (!transA && transB && alpha == 1 && beta == 1) {
        if (c == null || c.getShape().dimension() == 1) {
          return new NDList(a.getNDArrayInternal().linear(a, b, c).singletonOrThrow());
        }
      }
      NDArray product = (transA ? a.transpose() : a).matMul(transB ? b.transpose() : b);
      if (alpha != 1) {
        product = Owned.times(product, alpha);
      }
      if (c != null && beta != 0) {
        product = product.add(beta == 1 ? c : Owned.times(c, beta));
      }
      return new NDList(product);
    };
  }

  /** {@code MatMul}: as NumPy's matmul, leading axes broadcast. */
  static Kernel matMul(Node node, long opset) {
    return in -> new NDList(in.array(0).matMul(in.array(1)));
  }
}
