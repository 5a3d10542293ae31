package io.rspar.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Operations of libtorch that DJL does not offer, as a TorchScript program that is written here and
 * loaded once. An archive of TorchScript is a zip of a pickled module object, its code and its
 * constants.
 */
public final class TorchScript {
  private static final String CODE =
      """
      class Operations(Module):
        __parameters__ = []
        __buffers__ = []
        training : bool
        def retain_gradient(self: __torch__.Operations, x: Tensor) -> Tensor:
          torch.retain_grad(x)
          return x
        def inverse_of_positive(self: __torch__.Operations, x: Tensor) -> Tensor:
          factor, failed = torch.linalg_cholesky_ex(x)
          if bool(torch.gt(torch.max(failed), 0)):
            inverse = torch.full_like(x, float("nan"))
          else:
            inverse = torch.cholesky_inverse(factor)
          return inverse
        def subtract_product(self: __torch__.Operations, x: Tensor, u: Tensor, v: Tensor) -> Tensor:
          return torch.addmm_(x, u, v, beta=1, alpha=-1)
      """;

  /** Pickle, protocol 2: an object of the class without attributes but for {@code training}. */
  private static final String OBJECT =
      "\u0080\u0002c__torch__\nOperations\nq\u0000)\u0081}X\b\u0000\u0000\u0000trainingq\u0001\u0089sb.";

  /** Pickle, protocol 2: an empty tuple. */
  private static final String NO_CONSTANTS = "\u0080\u0002).";

  private static final String FORMAT_VERSION = "10\n";

  private static final PtSymbolBlock OPERATIONS = load();

  private TorchScript() {}

  private static PtSymbolBlock load() {
    // Lives as long as the process.
    NDManager manager = Torch.newManager();
    try {
      return JniUtils.loadModule(
          (PtNDManager) manager, new ByteArrayInputStream(archive()), false, false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] archive() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      entry(zip, "data.pkl", OBJECT);
      entry(zip, "code/__torch__.py", CODE);
      entry(zip, "constants.pkl", NO_CONSTANTS);
      entry(zip, "version", FORMAT_VERSION);
    }
    return bytes.toByteArray();
  }

  private static void entry(ZipOutputStream zip, String name, String content) throws IOException {
    zip.putNextEntry(new ZipEntry("operations/" + name));
    zip.write(content.getBytes(StandardCharsets.ISO_8859_1));
    zip.closeEntry();
  }

  /**
   * Lets the backward pass leave the gradient of an intermediate value, which it otherwise drops;
   * inside recorded work.
   *
   * @param value computed from something that requires a gradient
   * @throws ai.djl.engine.EngineException if it is not
   */
  static void retainGradient(NDArray value) {
    // The result is another handle of the same tensor.
    call("retain_gradient", value).close();
  }

  /**
   * Inverse of a symmetric positive definite matrix by its Cholesky factor: half the arithmetic of
   * a general inverse.
   *
   * @param matrix n×n; only its lower triangle is read
   * @return n×n, symmetric; NaN throughout if the matrix is not positive definite
   */
  public static NDArray inverseOfPositive(NDArray matrix) {
    return call("inverse_of_positive", matrix);
  }

  /**
   * x ← x − u·v in place, without an array for the product.
   *
   * @param x n×m, may be a view
   * @param u n×k
   * @param v k×m
   */
  public static void subtractProduct(NDArray x, NDArray u, NDArray v) {
    call("subtract_product", x, u, v).close();
  }

  private static NDArray call(String method, NDArray... arguments) {
    NDManager manager = arguments[0].getManager();
    try (NDArray name = manager.create(0f)) {
      // DJL's way to name a method. The flag asks for results that may be changed in place.
      name.setName("module_method:" + method);
      NDList inputs = new NDList(arguments);
      inputs.add(name);
      NDArray result = IValueUtils.forward(OPERATIONS, inputs, true).singletonOrThrow();
      NDScope.register(result);
      return result;
    }
  }
}
