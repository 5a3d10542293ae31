package io.rspar.search.baseline;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.training.tracker.Tracker;
import io.rspar.events.FailureReason;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.kit.failure.WorkException;
import io.rspar.runtime.Autograd;
import io.rspar.runtime.CrossEntropy;
import io.rspar.runtime.Network;
import io.rspar.runtime.NonFiniteException;
import io.rspar.runtime.Replacement;
import io.rspar.runtime.Torch;
import io.rspar.runtime.ValueHook;
import io.rspar.runtime.data.Augmentation;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.kernel.Mode;
import io.rspar.runtime.training.GroupNorms;
import io.rspar.runtime.training.MomentumSgd;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Trains a network whose channels are multiplied by factors. The factors are the caller's: a step
 * says how the task loss changes with each of them.
 */
final class GatedTraining implements AutoCloseable {
  /** Random numbers of the two streams of examples differ. */
  private static final long VALIDATION_SEED = 0x5DEECE66DL;

  private final NDManager manager = Torch.newManager();
  private final TrainingData data;
  private final Network network;
  private final DependencyGraph dependencies;
  private final ChannelGates gates;
  private final GroupNorms norms;
  private final MomentumSgd sgd;
  private final ExampleStream train;
  private final ExampleStream validation;
  private final Tracker learningRate;
  private int steps;

  /**
   * @throws WorkException INVALID_MODEL if layers share weights in a way that lets the network's
   *     groups change when each layer has its own
   */
  GatedTraining(Subject subject, TrainingData data) {
    this.data = data;
    this.network = Network.load(subject.graph());
    requireFits(data.train());
    requireFits(data.validation());
    Graph separate = network.toGraph();
    this.dependencies = subject.grouping().apply(separate);
    requireSameGroups(subject.dependencies(), dependencies);
    this.gates = new ChannelGates(network, dependencies);
    this.norms = new GroupNorms(dependencies, network.parameters());
    network.requireGradients(true);
    this.sgd = new MomentumSgd(network.parameters(), data.momentum(), data.weightDecay());
    this.train =
        new ExampleStream(data.train(), data.batchSize(), data.augmentation(), data.seed());
    this.validation =
        new ExampleStream(
            data.validation(), data.batchSize(), Augmentation.NONE, data.seed() ^ VALIDATION_SEED);
    this.learningRate =
        Tracker.cosine()
            .setBaseValue((float) data.learningRate())
            .optFinalValue(0)
            .setMaxUpdates(data.steps())
            .build();
  }

  private void requireFits(Dataset examples) {
    network.inputs().requireFit(examples);
    examples.requireLabelsBelow(network.classes());
  }

  private static void requireSameGroups(DependencyGraph original, DependencyGraph separate) {
    List<String> ids = original.groups().stream().map(ChannelGroup::id).toList();
    if (!separate.groups().stream().map(ChannelGroup::id).toList().equals(ids)) {
      throw new WorkException(
          FailureReason.INVALID_MODEL,
          "layers of the model share weights, and once each is trained by itself, other channels"
              + " belong together",
          "export the model without shared initialisers, or choose a method that trains nothing");
    }
  }

  /**
   * What a batch says.
   *
   * @param lossNats cross-entropy, mean over the batch
   * @param slopes derivative of the loss by the factor of each channel
   */
  // Plain array: handed on, never compared and never changed.
  @SuppressWarnings("ArrayRecordComponent")
  record Gradient(double lossNats, double[] slopes) {}

  ChannelLayout layout() {
    return gates.layout();
  }

  /** Steps of the weights so far. */
  int steps() {
    return steps;
  }

  /** A step of the weights on training examples. */
  Gradient descend(double[] factors) {
    return descend(factors, Optional.empty());
  }

  /**
   * A step of the weights on training examples.
   *
   * @param regulariser added to the loss: a scalar that is computed from group norms of the weights
   *     as the factors leave them
   */
  Gradient descend(double[] factors, Optional<Function<List<NDArray>, NDArray>> regulariser) {
    Gradient gradient = backward(train, Mode.TRAIN, factors, regulariser);
    sgd.step(learningRate.getNewValue(steps));
    steps++;
    return gradient;
  }

  /**
   * The gradient of the factors on validation examples. Neither the weights nor running statistics
   * learn from them.
   */
  Gradient examine(double[] factors) {
    network.requireGradients(false);
    try {
      return backward(validation, Mode.COLLECT, factors, Optional.empty());
    } finally {
      network.requireGradients(true);
    }
  }

  private Gradient backward(
      ExampleStream examples,
      Mode mode,
      double[] factors,
      Optional<Function<List<NDArray>, NDArray>> regulariser) {
    return Autograd.record(
        collector -> {
          try (NDScope scope = new NDScope();
              Batch batch = examples.next(manager)) {
            scope.suppressNotUsedWarning();
            NDArray row = ChannelGates.row(manager, factors);
            row.setRequiresGradient(true);
            double lossNats;
            try (Replacement applied = gates.apply(row)) {
              NDArray logits = network.logits(network.inputs(batch), mode, ValueHook.NONE);
              NDArray loss = CrossEntropy.mean(logits, batch.y(), data.labelSmoothing());
              lossNats = loss.getFloat();
              requireFinite(lossNats);
              collector.backward(
                  regulariser.map(r -> loss.add(r.apply(norms.of(network)))).orElse(loss));
            }
            return new Gradient(lossNats, doubles(row.getGradient()));
          }
        });
  }

  private void requireFinite(double lossNats) {
    if (!Double.isFinite(lossNats)) {
      throw new NonFiniteException(
          "training before the cut diverged: the loss of step %d is %s"
              .formatted(steps + 1, lossNats),
          "lower recovery.learningRate (now " + data.learningRate() + ")");
    }
  }

  private static double[] doubles(NDArray array) {
    float[] values = array.toFloatArray();
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  /** Group norms of the present weights, per channel of all groups. */
  double[] norms() {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      double[] all = new double[layout().channels()];
      int at = 0;
      for (NDArray norm : norms.of(network)) {
        double[] values = doubles(norm);
        System.arraycopy(values, 0, all, at, values.length);
        at += values.length;
      }
      return all;
    }
  }

  /** Makes factors part of the weights. */
  void fold(double[] factors) {
    gates.fold(factors);
  }

  /** Makes masks of 0 and 1 part of the weights on both sides of the channels. */
  void erase(double[] masks) {
    gates.erase(masks);
  }

  /** The network as it is now, under the names of the original. */
  Graph graph() {
    return network.toGraph();
  }

  @Override
  public void close() {
    sgd.close();
    gates.close();
    network.close();
    manager.close();
  }
}
