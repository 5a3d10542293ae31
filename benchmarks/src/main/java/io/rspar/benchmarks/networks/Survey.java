package io.rspar.benchmarks.networks;

import io.rspar.benchmarks.CpuTime;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Tensor;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.WidthPolicy;
import io.rspar.kit.failure.WorkException;
import io.rspar.pruner.datafree.CutModel;
import io.rspar.pruner.datafree.DataFreeCut;
import io.rspar.pruner.datafree.Inspection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/**
 * What inspecting a network and cutting it at several ratios gives.
 *
 * @param nodes of the graph
 * @param macs per example
 * @param groups of channels
 * @param channels in all groups
 * @param prunable share of the parameters that is gone when every group keeps one channel, 0 to 1
 * @param frozen number of axes by what forbids their cut
 * @param cuts one per ratio
 * @param cpuSeconds of inspecting and cutting, without reading, writing and checking
 */
record Survey(
    String network,
    int nodes,
    long parameters,
    long macs,
    int groups,
    int channels,
    double prunable,
    Map<String, Long> frozen,
    List<Cut> cuts,
    double cpuSeconds) {

  /** Elements of the largest matrix that is looked at: 64 MB. */
  private static final long LARGEST_HEAD = 1 << 24;

  /** Shares of each group's channels that go. */
  static final List<Double> RATIOS = List.of(0.3, 0.5, 0.8);

  /**
   * A cut.
   *
   * @param ratio share of each group's channels that went
   * @param difference of the outputs to the masked original's, relative; empty if not compared
   * @param failure why there is no result, or an empty string
   */
  record Cut(double ratio, long macs, long parameters, OptionalDouble difference, String failure) {}

  /**
   * Inspects, cuts and checks.
   *
   * @param folder takes the cut models for as long as they are checked
   */
  static Survey of(String network, Graph given, Path folder, long seed) throws IOException {
    Graph graph = awakened(given, seed);
    double begin = CpuTime.seconds();
    DependencyGraph dependencies = DependencyGraph.of(graph);
    Inspection inspection = Inspection.of(graph, dependencies);
    double prunable = inspection.prunableParameters();
    double cpu = CpuTime.seconds() - begin;
    List<Cut> cuts = new ArrayList<>();
    for (double ratio : RATIOS) {
      cuts.add(cut(graph, dependencies, ratio, folder.resolve("cut.onnx"), seed));
    }
    return new Survey(
        network,
        graph.nodes().size(),
        inspection.cost().parameters(),
        inspection.cost().macs(),
        dependencies.groups().size(),
        dependencies.groups().stream().mapToInt(group -> group.width()).sum(),
        prunable,
        inspection.frozenReasons(),
        cuts,
        cpu);
  }

  /**
   * The network with matrices that are all zero drawn anew: a head that was never trained gives
   * zeros, which hide every mistake before it.
   */
  private static Graph awakened(Graph graph, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Tensor> initializers = new LinkedHashMap<>(graph.initializers());
    initializers.replaceAll(
        (name, tensor) -> isZeroMatrix(tensor) ? drawn(tensor, random) : tensor);
    return graph.withNodesAndInitializers(graph.nodes(), initializers);
  }

  private static boolean isZeroMatrix(Tensor tensor) {
    if (tensor.type() != DataType.FLOAT
        || tensor.shape().rank() != 2
        || tensor.elements() > LARGEST_HEAD) {
      return false;
    }
    for (float value : tensor.toFloats()) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }

  private static Tensor drawn(Tensor zeros, SplittableRandom random) {
    float[] values = new float[(int) zeros.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.05 * random.nextGaussian());
    }
    return Tensor.ofFloats(zeros.shape(), values);
  }

  private static Cut cut(
      Graph graph, DependencyGraph dependencies, double ratio, Path file, long seed)
      throws IOException {
    try {
      PruningPlan plan =
          DataFreeCut.plan(
              graph, dependencies, DataFreeCriterion.l2(), ratio, WidthPolicy.FREE, List.of());
      CutModel cut = CutModel.write(graph, dependencies, plan, file, OptionalLong.of(seed));
      Cost cost = Cost.of(cut.graph());
      return new Cut(ratio, cost.macs(), cost.parameters(), cut.difference(), "");
    } catch (WorkException | InvalidModelException e) {
      return new Cut(ratio, 0, 0, OptionalDouble.empty(), e.getMessage());
    } catch (RuntimeException e) {
      // A defect of R-SPAR: shown beside the results of the other networks.
      return new Cut(ratio, 0, 0, OptionalDouble.empty(), "defect: " + e);
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(file.resolveSibling(file.getFileName() + ".data"));
    }
  }
}
