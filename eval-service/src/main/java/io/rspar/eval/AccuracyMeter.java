package io.rspar.eval;

import ai.djl.ndarray.NDManager;
import io.rspar.events.AccuracyMeasurement;
import io.rspar.events.ArtifactRef;
import io.rspar.events.PruningRequest;
import io.rspar.graph.Tensor;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.data.DataRole;
import io.rspar.kit.data.Recent;
import io.rspar.kit.data.RequestData;
import io.rspar.runtime.Inputs;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.kernel.HostTensors;
import io.rspar.runtime.training.Evaluation;
import io.rspar.runtime.training.Evaluator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Accuracy of models on a role of a request's data. What was measured once is remembered: the
 * original is asked for with every candidate.
 */
public final class AccuracyMeter {
  private static final int KEPT = 64;
  private static final int BATCH = 128;

  private final ArtifactStore store;
  private final RequestData data;
  private final Map<List<Object>, AccuracyMeasurement> known = new Recent<>(KEPT);

  public AccuracyMeter(ArtifactStore store, RequestData data) {
    this.store = store;
    this.data = data;
  }

  AccuracyMeasurement measure(ArtifactRef model, PruningRequest request, DataRole role) {
    return known.computeIfAbsent(
        List.of(model.getSha256(), request.getData(), role), key -> evaluate(model, request, role));
  }

  /**
   * What the original reads for as many examples as one timed inference takes: the first of the
   * role, from the first again where there are fewer.
   *
   * @return float32 arrays by input name
   */
  public Map<String, Tensor> examples(PruningRequest request, DataRole role) {
    Dataset examples = data.open(request.getData(), role);
    int[] indices =
        IntStream.range(0, request.getMeasurement().getBatchSize())
            .map(i -> i % examples.size())
            .toArray();
    Inputs inputs = Inputs.of(OnnxReader.read(store.fetch(request.getModel())));
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (NDManager manager = Torch.newManager();
        Batch batch = examples.batch(manager, indices)) {
      inputs.of(batch).forEach((name, array) -> tensors.put(name, HostTensors.download(array)));
    }
    return tensors;
  }

  private AccuracyMeasurement evaluate(ArtifactRef model, PruningRequest request, DataRole role) {
    Dataset examples = data.open(request.getData(), role);
    try (Network network = Network.load(OnnxReader.read(store.fetch(model)))) {
      Evaluation evaluation = Evaluator.evaluate(network, examples, BATCH);
      return AccuracyMeasurement.newBuilder()
          .setTop1(evaluation.top1())
          .setLossNats(evaluation.lossNats())
          .setSamples(evaluation.samples())
          .setRole(role.label())
          .build();
    }
  }
}
