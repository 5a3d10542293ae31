package io.rspar.runtime.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.rspar.runtime.Network;
import io.rspar.runtime.Savepoint;
import io.rspar.runtime.Torch;
import io.rspar.runtime.training.TrainingSummary.Check;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a training run stands: everything that the rest of the run depends on. Random numbers are a
 * function of seed and step, so there is nothing to remember of them.
 */
final class TrainingState implements AutoCloseable {
  private static final String LIVE = "live/";
  private static final String VELOCITY = "velocity/";
  private static final String BEST = "best/";
  private static final String CHECKS = "checks";

  /** Columns of a check: step, accuracy, loss, examples. */
  private static final int COLUMNS = 4;

  private final Network network;
  private final Map<String, NDArray> velocities;
  private final List<Check> checks = new ArrayList<>();
  private Savepoint best;
  private int bestCheck;
  private int step;

  /**
   * @param velocities of the optimiser, live
   */
  TrainingState(Network network, Map<String, NDArray> velocities) {
    this.network = network;
    this.velocities = velocities;
  }

  int step() {
    return step;
  }

  void stepped() {
    step++;
  }

  List<Check> checks() {
    return checks;
  }

  /** Steps that made the best weights. */
  int bestStep() {
    return checks.get(bestCheck).step();
  }

  /** Checks since the best one. */
  int checksWithoutBetter() {
    return checks.size() - 1 - bestCheck;
  }

  /** Takes down a measurement of the network as it is now. */
  void checked(Evaluation validation) {
    Check check = new Check(step, validation);
    checks.add(check);
    if (best == null || check.isBetterThan(checks.get(bestCheck))) {
      remember();
      bestCheck = checks.size() - 1;
    }
  }

  private void remember() {
    if (best != null) {
      best.close();
    }
    best = network.savepoint();
  }

  /** Gives the network the best weights. */
  void restoreBest() {
    best.restore();
  }

  /** The state as SafeTensors. */
  byte[] encode() {
    try (NDManager manager = Torch.newManager()) {
      NDList all = new NDList();
      live().forEach((name, array) -> all.add(named(manager, array, LIVE + name)));
      velocities.forEach((name, array) -> all.add(named(manager, array, VELOCITY + name)));
      if (checksWithoutBetter() > 0) {
        try (Savepoint now = network.savepoint()) {
          best.restore();
          live().forEach((name, array) -> all.add(named(manager, array, BEST + name)));
          now.restore();
        }
      }
      double[] rows = new double[COLUMNS * checks.size()];
      for (int i = 0; i < checks.size(); i++) {
        Evaluation measured = checks.get(i).validation();
        rows[COLUMNS * i] = checks.get(i).step();
        rows[COLUMNS * i + 1] = measured.top1();
        rows[COLUMNS * i + 2] = measured.lossNats();
        rows[COLUMNS * i + 3] = measured.samples();
      }
      NDArray table = manager.create(rows);
      table.setName(CHECKS);
      all.add(table);
      return all.encode(NDList.Encoding.SAFETENSORS);
    }
  }

  private static NDArray named(NDManager manager, NDArray array, String name) {
    NDArray copy = array.duplicate();
    copy.attach(manager);
    copy.setName(name);
    return copy;
  }

  /** Weights and statistics, live. */
  private Map<String, NDArray> live() {
    Map<String, NDArray> all = new LinkedHashMap<>(network.parameters());
    all.putAll(network.statistics());
    return all;
  }

  /** Goes on from an encoded state: the same steps follow as if the run had never ended. */
  void resume(byte[] encoded) {
    try (NDManager manager = Torch.newManager()) {
      Map<String, NDArray> kept = new LinkedHashMap<>();
      NDList.decode(manager, encoded).forEach(array -> kept.put(array.getName(), array));
      double[] rows = kept.get(CHECKS).toDoubleArray();
      for (int i = 0; i < rows.length; i += COLUMNS) {
        checks.add(
            new Check((int) rows[i], new Evaluation(rows[i + 1], rows[i + 2], (int) rows[i + 3])));
        if (checks.get(checks.size() - 1).isBetterThan(checks.get(bestCheck))) {
          bestCheck = checks.size() - 1;
        }
      }
      if (checksWithoutBetter() > 0) {
        live().forEach((name, array) -> kept.get(BEST + name).copyTo(array));
        remember();
      }
      live().forEach((name, array) -> kept.get(LIVE + name).copyTo(array));
      velocities.forEach((name, array) -> kept.get(VELOCITY + name).copyTo(array));
      if (checksWithoutBetter() == 0) {
        remember();
      }
      step = checks.get(checks.size() - 1).step();
    }
  }

  @Override
  public void close() {
    if (best != null) {
      best.close();
    }
  }
}
