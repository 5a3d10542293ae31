package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDManager;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.layer.WeightedLayer;
import io.rspar.sensitivity.criterion.ChannelCriterion;
import io.rspar.sensitivity.criterion.Subject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What calibration examples say of a network's curvature, in sums over examples: of every layer Σ a
 * aᵀ and Σ g gᵀ, of every channel Σ γ and Σ γ². The sums over two ranges of examples add up to
 * those over both, but for the order of additions in double precision; so several services can
 * observe a range each and leave it in a file.
 *
 * <p>A file holds what {@link FactorAccumulator} computes of each symmetric sum: of one with n rows
 * 8·n² bytes up to 64 rows, falling to 4.5·n² from 512 on: 11 MB for ResNet-20, 690 MB for
 * ResNet-50. It is written and read in small pieces.
 */
public final class CurvatureSums implements AutoCloseable {
  /** Media type of the files. */
  public static final String MEDIA_TYPE = "application/vnd.rspar.curvature-sums";

  private static final String FORMAT = "rspar curvature sums 2";

  private final Subject subject;
  private final Map<String, WeightedLayer> layers;
  private final Ledger ledger;
  private final SeparateReads reads;
  private final GateDerivatives directions;
  private final Map<String, FactorAccumulator> factors = new LinkedHashMap<>();
  private final NDManager manager = Torch.newManager();
  private ExampleRange examples = ExampleRange.first(0);

  /**
   * Sums over no examples.
   *
   * @param layers that are to have factors, by node name
   * @param ledger hears what takes how long
   */
  public CurvatureSums(Subject subject, Map<String, WeightedLayer> layers, Ledger ledger) {
    this.subject = subject;
    this.layers = layers;
    this.ledger = ledger;
    List<ChannelGroup> groups = subject.groups().groups();
    reads = SeparateReads.of(subject.graph(), layers.values());
    directions = new GateDerivatives(subject.groups(), layers, reads);
    int limit = subject.settings().getFactorLimit();
    layers.forEach(
        (name, layer) ->
            factors.put(
                name,
                new FactorAccumulator(manager, layer, ColumnBlocks.of(layer, groups, limit))));
  }

  /**
   * Makes these the sums over a range of the calibration examples, with the network in evaluation
   * mode.
   *
   * @param range of whole batches
   * @throws IllegalStateException if there are examples in the sums already
   */
  public void observe(ExampleRange range, ChannelCriterion.Progress progress) {
    if (examples.size() > 0) {
      throw new IllegalStateException("these sums are over " + examples + " already");
    }
    try (Network network = Network.load(reads.graph())) {
      new CurvatureEstimator(layers.values(), reads, factors, directions, ledger)
          .observe(network, subject, range, progress);
    }
    examples = range;
  }

  /**
   * Writes these sums.
   *
   * @param of names network, data and settings: sums of anything else will not be added
   */
  public void write(OutputStream stream, String of) throws IOException {
    SumsOutput out = new SumsOutput(stream);
    out.text(FORMAT);
    out.text(of);
    out.number(examples.from());
    out.number(examples.to());
    out.number(factors.size());
    for (Map.Entry<String, FactorAccumulator> layer : factors.entrySet()) {
      out.text(layer.getKey());
      layer.getValue().write(out);
    }
    directions.write(out);
    out.flush();
  }

  /**
   * Adds the sums in a file.
   *
   * @param range the examples that they must be over; behind those that are there already
   * @param of as it was written
   * @throws io.rspar.kit.failure.WorkException ARTIFACT_CORRUPT if they are others or damaged;
   *     these sums are of no use then
   */
  public void add(Path file, ExampleRange range, String of) throws IOException {
    ExampleRange both = examples.with(range);
    try (SumsInput in = new SumsInput(Files.newInputStream(file))) {
      in.expect("format", FORMAT);
      in.expect("subject", of);
      in.expect("first example", range.from());
      in.expect("end of the examples", range.to());
      in.expect("number of layers", factors.size());
      for (Map.Entry<String, FactorAccumulator> layer : factors.entrySet()) {
        in.expect("layer", layer.getKey());
        layer.getValue().add(in);
      }
      directions.add(in);
      in.expectEnd();
    }
    examples = both;
  }

  /**
   * The curvature of the examples; the sums end as it.
   *
   * @return the caller closes it
   * @throws IllegalStateException unless these are sums over all of the subject's examples
   */
  public Curvature curvature() {
    if (!examples.equals(ExampleRange.first(subject.samples()))) {
      throw new IllegalStateException(
          "these sums are over " + examples + " only, of " + subject.samples());
    }
    Map<String, LayerFactors> finished = new LinkedHashMap<>();
    factors.forEach((name, sums) -> finished.put(name, sums.factors()));
    return new Curvature(finished, directions, manager);
  }

  /** Frees the sums, and the curvature that they ended as. */
  @Override
  public void close() {
    manager.close();
  }
}
