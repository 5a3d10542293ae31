package io.rspar.sensitivity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.rspar.kit.sensitivity.InputFactors;
import io.rspar.sensitivity.curvature.FactorSink;
import io.rspar.sensitivity.curvature.LayerFactors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Keeps of the factors what a pruner needs for the Optimal Brain Surgeon's compensation. */
final class CompensationFactors implements FactorSink {
  private final Map<String, List<InputFactors.Block>> byNode = new LinkedHashMap<>();

  @Override
  public void accept(Map<String, LayerFactors> factors) {
    factors.forEach(
        (node, f) -> {
          if (f.groups() == 1) {
            byNode.put(node, f.a().stream().map(CompensationFactors::block).toList());
          }
        });
  }

  private static InputFactors.Block block(LayerFactors.InputBlock block) {
    try (NDArray single = block.matrix().toType(DataType.FLOAT32, true)) {
      return InputFactors.Block.of(block.columns(), single.toFloatArray());
    }
  }

  InputFactors factors() {
    return new InputFactors(byNode);
  }
}
