package io.rspar.kit.sensitivity;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The input factors of a network's weights, A = 1/N·Σ_n Σ_t a_nt a_ntᵀ over the calibration
 * examples: what a pruner needs to let remaining columns take over from removed ones, on the very
 * data that the channels were scored with. Written by the sensitivity service, carried as an
 * artifact.
 *
 * <p>Single precision and lower triangles only: 2·I² bytes for a weight of I columns, at most 128
 * MiB for one of 8192; 5 MB for ResNet-20, 250 MB for ResNet-50.
 *
 * @param byNode diagonal blocks by name of the node; one unless the factor was too large to be
 *     whole
 */
public record InputFactors(Map<String, List<Block>> byNode) {
  /** Media type of the artifact. */
  public static final String MEDIA_TYPE = "application/vnd.rspar.input-factors";

  private static final int MAGIC = 0x52534641;

  /**
   * A diagonal block of A.
   *
   * @param columns columns of the flattened weight that it is about, ascending in its rows; the
   *     last column of a weight with an intercept is the intercept
   * @param lower rows of the lower triangle, one after the other, diagonal included
   */
  public record Block(int[] columns, float[] lower) {
    public Block {
      if (lower.length != columns.length * (columns.length + 1L) / 2) {
        throw new IllegalArgumentException(
            lower.length + " elements are no triangle of " + columns.length + " rows");
      }
    }

    /** The whole matrix, row-major. */
    public double[] matrix() {
      int n = columns.length;
      double[] matrix = new double[n * n];
      int at = 0;
      for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
          matrix[i * n + j] = lower[at];
          matrix[j * n + i] = lower[at++];
        }
      }
      return matrix;
    }

    /** The lower triangle of a symmetric matrix, row-major. */
    public static Block of(int[] columns, float[] matrix) {
      int n = columns.length;
      float[] lower = new float[n * (n + 1) / 2];
      int at = 0;
      for (int i = 0; i < n; i++) {
        System.arraycopy(matrix, i * n, lower, at, i + 1);
        at += i + 1;
      }
      return new Block(columns, lower);
    }
  }

  public InputFactors {
    byNode = new LinkedHashMap<>(byNode);
  }

  public byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(MAGIC);
      out.writeInt(byNode.size());
      for (Map.Entry<String, List<Block>> entry : byNode.entrySet()) {
        out.writeUTF(entry.getKey());
        out.writeInt(entry.getValue().size());
        for (Block block : entry.getValue()) {
          out.writeInt(block.columns().length);
          for (int column : block.columns()) {
            out.writeInt(column);
          }
          for (float element : block.lower()) {
            out.writeFloat(element);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * @throws IOException if the bytes are no input factors
   */
  public static InputFactors ofBytes(byte[] bytes) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    if (in.readInt() != MAGIC) {
      throw new IOException("not a file of input factors");
    }
    Map<String, List<Block>> byNode = new LinkedHashMap<>();
    int nodes = in.readInt();
    for (int n = 0; n < nodes; n++) {
      String node = in.readUTF();
      List<Block> blocks = new ArrayList<>();
      int count = in.readInt();
      for (int b = 0; b < count; b++) {
        int[] columns = new int[in.readInt()];
        for (int i = 0; i < columns.length; i++) {
          columns[i] = in.readInt();
        }
        float[] lower = new float[Math.toIntExact(columns.length * (columns.length + 1L) / 2)];
        for (int i = 0; i < lower.length; i++) {
          lower[i] = in.readFloat();
        }
        blocks.add(new Block(columns, lower));
      }
      byNode.put(node, blocks);
    }
    return new InputFactors(byNode);
  }
}
