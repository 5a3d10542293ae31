package io.rspar.sensitivity.obs;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.runtime.TorchScript;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * One weight from which channels are eliminated, each a set S of its columns, while the remaining
 * columns take over what they can:
 *
 * <pre>
 *   K   = ([A⁻¹]_SS)⁻¹
 *   L_S = ½ · tr(W_Sᵀ G W_S K)
 *   W   ← W − W_S K A⁻¹[S,:]
 *   A⁻¹ ← A⁻¹ − A⁻¹[:,S] K A⁻¹[S,:]
 * </pre>
 *
 * (Hassibi and Stork 1993 for one weight; for structures Kurtic et al. 2023, ZipLM, arXiv
 * 2302.04089, with G = I; with K-FAC's G it is Kron-OBS of Wang et al. 2019, arXiv 1905.05934.)
 * Eliminating rows with G⁻¹ is the same with the roles of A and G exchanged and W transposed.
 *
 * <p>The last update is the expensive one. Its terms are collected, and only the diagonal blocks,
 * which the costs need, and the rows of the next set are brought up to date at once; when enough
 * have come together they are subtracted in one product, and the eliminated columns are dropped
 * from all matrices. All in the precision of the inverse.
 */
final class Elimination {
  /**
   * Share of the columns whose elimination is collected before the inverse is brought up to date.
   */
  private static final int COLLECTED = 8;

  private static final int LEAST_COLLECTED = 64;

  private final NDManager manager;
  private final int channels;
  private final int set;
  private final int inputs;
  private final int[][] columns;

  /** A_SS of every channel. */
  private NDArray factorBlocks;

  // The rest holds the columns that are left or not dropped yet: first those of channels, channel
  // by
  // channel, then those of none.
  /** Channel at each place; −1 once it is eliminated. */
  private int[] places;

  /** The columns of no channel. */
  private final int[] others;

  private NDArray weight;
  private NDArray weighted;
  private NDArray inverse;

  /** [A⁻¹]_SS of every place, up to date; the identity once the channel is eliminated. */
  private NDArray blocks;

  /**
   * Rows A⁻¹[S,:] at the time of each elimination, then K·A⁻¹[S,:]; {@code collected} rows each.
   */
  private NDArray rows;

  private NDArray solved;
  private int collected;

  /**
   * @param manager what the working copies belong to
   * @param weight Wᵀ, I×O
   * @param weighted (G·W)ᵀ, I×O
   * @param factor A, I×I
   * @param inverse A⁻¹, I×I; of A as it is or damped
   * @param columns the columns of each channel, equally many for all that have any; columns of no
   *     channel stay
   */
  Elimination(
      NDManager manager,
      NDArray weight,
      NDArray weighted,
      NDArray factor,
      NDArray inverse,
      int[][] columns) {
    this.manager = manager;
    this.columns = columns;
    this.inputs = (int) inverse.getShape().get(0);
    this.places = IntStream.range(0, columns.length).filter(c -> columns[c].length > 0).toArray();
    this.channels = places.length;
    this.set = channels == 0 ? 1 : columns[places[0]].length;
    int[] order = channelsFirst();
    this.others = Arrays.copyOfRange(order, channels * set, inputs);
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDIndex sorted = index(order);
      DataType type = inverse.getDataType();
      this.weight = kept(weight.toType(type, false).get(sorted));
      this.weighted = kept(weighted.toType(type, false).get(sorted));
      this.inverse = kept(inverse.get(sorted).transpose().get(sorted));
      this.blocks = kept(diagonalBlocks(this.inverse));
      this.factorBlocks =
          kept(
              factor
                  .reshape(-1)
                  .get(new NDIndex("{}", manager.create(factorElements())))
                  .toType(type, false)
                  .reshape(channels, set, set));
    }
    beginCollecting(set);
  }

  private NDArray kept(NDArray array) {
    array.attach(manager);
    NDScope.unregister(array);
    return array;
  }

  private int[] channelsFirst() {
    boolean[] taken = new boolean[inputs];
    int[] order = new int[inputs];
    int at = 0;
    for (int channel : places) {
      for (int column : columns[channel]) {
        order[at++] = column;
        taken[column] = true;
      }
    }
    for (int column = 0; column < inputs; column++) {
      if (!taken[column]) {
        order[at++] = column;
      }
    }
    return order;
  }

  private long[] factorElements() {
    long[] at = new long[channels * set * set];
    for (int c = 0; c < channels; c++) {
      for (int i = 0; i < set; i++) {
        for (int j = 0; j < set; j++) {
          at[(c * set + i) * set + j] =
              (long) columns[places[c]][i] * inputs + columns[places[c]][j];
        }
      }
    }
    return at;
  }

  /** [A⁻¹]_SS of every place, from a matrix that begins with the channels' columns. */
  private NDArray diagonalBlocks(NDArray matrix) {
    long size = matrix.getShape().get(0);
    long[] at = new long[channels * set * set];
    for (int c = 0; c < channels; c++) {
      for (int i = 0; i < set; i++) {
        for (int j = 0; j < set; j++) {
          at[(c * set + i) * set + j] = (c * set + i) * size + (long) c * set + j;
        }
      }
    }
    return matrix
        .reshape(-1)
        .get(new NDIndex("{}", manager.create(at)))
        .reshape(channels, set, set);
  }

  private NDIndex index(int[] at) {
    return new NDIndex("{}", manager.create(Arrays.stream(at).asLongStream().toArray()));
  }

  /** What the removal of each channel costs now, L_S, in nats; of removed and absent ones: zero. */
  double[] costs() {
    return sums(blocks.inverse());
  }

  /**
   * What the removal of each channel costs if nothing compensates for it (Optimal Brain Damage):
   * ½·tr(W_Sᵀ G W_S A_SS), in nats. Before the first removal only.
   */
  double[] plainCosts() {
    return sums(factorBlocks);
  }

  /** ½·tr(W_Sᵀ G W_S K) of every channel. */
  private double[] sums(NDArray k) {
    double[] costs = new double[columns.length];
    if (places.length == 0) {
      return costs;
    }
    NDArray quadratic = bySet(weight).matMul(bySet(weighted).transpose(0, 2, 1));
    double[] sums =
        quadratic
            .mul(k)
            .sum(new int[] {1, 2})
            .mul(0.5)
            .toType(DataType.FLOAT64, false)
            .toDoubleArray();
    for (int p = 0; p < places.length; p++) {
      if (places[p] >= 0) {
        costs[places[p]] = sums[p];
      }
    }
    return costs;
  }

  /** I×O → places×|S|×O, a view. */
  private NDArray bySet(NDArray matrix) {
    return matrix
        .get(new NDIndex("0:{}", places.length * set))
        .reshape(places.length, set, matrix.getShape().get(1));
  }

  /**
   * Eliminates some channels at once.
   *
   * @param removed channels, none of them removed before
   */
  void remove(int[] removed) {
    int[] gone =
        IntStream.range(0, places.length)
            .filter(p -> Arrays.stream(removed).anyMatch(c -> c == places[p]))
            .toArray();
    if (gone.length == 0) {
      return;
    }
    int[] s = new int[gone.length * set];
    for (int i = 0; i < s.length; i++) {
      s[i] = gone[i / set] * set + i % set;
    }
    if (collected + s.length > rows.getShape().get(0)) {
      bringUpToDate(s.length);
      remove(removed);
      return;
    }
    NDIndex at = index(s);
    NDArray now = inverse.get(at);
    if (collected > 0) {
      TorchScript.subtractProduct(now, collected(rows).transpose().get(at), collected(solved));
    }
    NDArray weightRows = weight.get(at);
    NDArray weightedRows = weighted.get(at);
    NDArray k = now.transpose().get(at).inverse();
    NDArray solution = k.matMul(now);
    TorchScript.subtractProduct(weight, now.transpose(), k.matMul(weightRows));
    TorchScript.subtractProduct(weighted, now.transpose(), k.matMul(weightedRows));
    blocks.subi(byPlace(now).matMul(byPlace(solution).transpose(0, 2, 1)));
    NDIndex next = new NDIndex("{}:{}", collected, collected + s.length);
    rows.set(next, now);
    solved.set(next, solution);
    collected += s.length;
    NDArray identity = manager.eye(set, set, 0, inverse.getDataType());
    for (int place : gone) {
      places[place] = -1;
      blocks.set(new NDIndex("{}", place), identity);
      NDIndex range = new NDIndex("{}:{}", place * set, (place + 1) * set);
      weight.set(range, 0);
      weighted.set(range, 0);
    }
    identity.close();
  }

  /** s×I → places×|S|×s: what one set's rows say of each place. */
  private NDArray byPlace(NDArray rows) {
    return rows.get(new NDIndex(":, 0:{}", places.length * set))
        .reshape(-1, places.length, set)
        .transpose(1, 2, 0);
  }

  private NDArray collected(NDArray buffer) {
    return buffer.get(new NDIndex("0:{}", collected));
  }

  /**
   * Subtracts what was collected and drops what is eliminated.
   *
   * @param next columns that will be eliminated next
   */
  private void bringUpToDate(int next) {
    int[] left = IntStream.range(0, places.length).filter(p -> places[p] >= 0).toArray();
    int[] stay = new int[left.length * set + others.length];
    for (int i = 0; i < left.length * set; i++) {
      stay[i] = left[i / set] * set + i % set;
    }
    for (int i = 0; i < others.length; i++) {
      stay[left.length * set + i] = places.length * set + i;
    }
    NDIndex at = index(stay);
    NDArray smaller = inverse.get(at).transpose().get(at);
    TorchScript.subtractProduct(
        smaller,
        collected(rows).transpose().get(at),
        collected(solved).transpose().get(at).transpose());
    inverse = replaced(inverse, smaller);
    weight = replaced(weight, weight.get(at));
    weighted = replaced(weighted, weighted.get(at));
    blocks = replaced(blocks, blocks.get(index(left)));
    places = Arrays.stream(left).map(p -> places[p]).toArray();
    beginCollecting(next);
  }

  private NDArray replaced(NDArray old, NDArray array) {
    old.close();
    return kept(array);
  }

  private void beginCollecting(int least) {
    if (rows != null) {
      rows.close();
      solved.close();
    }
    long size = inverse.getShape().get(0);
    long room = Math.max(size / COLLECTED, Math.max(LEAST_COLLECTED, least));
    rows = kept(manager.create(new Shape(room, size), inverse.getDataType()));
    solved = kept(manager.create(new Shape(room, size), inverse.getDataType()));
    collected = 0;
  }

  /** W as it is now, O×I, row-major, columns in their original order. */
  double[] weight() {
    int outputs = (int) weight.getShape().get(1);
    double[] now;
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      now = weight.toType(DataType.FLOAT64, false).toDoubleArray();
    }
    double[] result = new double[outputs * inputs];
    for (int row = 0; row < now.length / outputs; row++) {
      int column = columnAt(row);
      for (int o = 0; column >= 0 && o < outputs; o++) {
        result[o * inputs + column] = now[row * outputs + o];
      }
    }
    return result;
  }

  /** Original column of a row of the working matrices; −1 if it is eliminated. */
  private int columnAt(int row) {
    if (row >= places.length * set) {
      return others[row - places.length * set];
    }
    int channel = places[row / set];
    return channel < 0 ? -1 : columns[channel][row % set];
  }
}
