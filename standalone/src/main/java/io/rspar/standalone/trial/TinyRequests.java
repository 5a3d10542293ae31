package io.rspar.standalone.trial;

import io.rspar.benchmarks.BenchmarkData;
import io.rspar.benchmarks.BenchmarkData.Role;
import io.rspar.events.AllocationMethod;
import io.rspar.events.ArtifactRef;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.Criterion;
import io.rspar.events.CutConstraints;
import io.rspar.events.DataFormat;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.RecoverySettings;
import io.rspar.events.SearchSettings;
import io.rspar.events.TargetMetric;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.graph.surgery.WidthPolicy;
import io.rspar.pruner.datafree.DataFreeCut;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/**
 * Requests that are served in about a second: the demo's network with a quarter of its channels, a
 * few dozen examples, weight norms, one candidate, no fine-tuning. Everything else is as in any
 * other request.
 */
final class TinyRequests {
  private static final int EXAMPLES = 64;
  private static final double CUT = 0.75;

  private final Path folder;
  private final DataSpec data;

  private TinyRequests(Path folder, DataSpec data) {
    this.folder = folder;
    this.data = data;
  }

  /** Writes network and data into a folder. */
  static TinyRequests in(Path folder, BenchmarkData source) throws IOException {
    Files.createDirectories(folder);
    Graph graph = OnnxReader.read(source.model());
    DependencyGraph groups = DependencyGraph.of(graph);
    Graph tiny =
        Surgeon.cut(
            graph,
            groups,
            DataFreeCut.plan(
                graph, groups, DataFreeCriterion.l2(), CUT, WidthPolicy.FREE, List.of()));
    Files.write(folder.resolve("tiny.onnx"), OnnxWriter.toBytes(tiny));
    for (Role role : Role.values()) {
      for (Path file : source.files().get(role)) {
        copyFirst(file, folder.resolve(file.getFileName().toString().replace(".gz", "")));
      }
    }
    DataSpec data =
        DataSpec.newBuilder()
            .setFormat(DataFormat.IDX)
            .setMean(source.description().mean())
            .setStd(source.description().std())
            .setCalibration(slice(folder, Role.CALIBRATION))
            .setValidation(slice(folder, Role.VALIDATION))
            .setTest(slice(folder, Role.TEST))
            .build();
    return new TinyRequests(folder, data);
  }

  /** The first examples of an IDX file: its header is magic, count, and the other dimensions. */
  private static void copyFirst(Path from, Path to) throws IOException {
    try (InputStream packed = Files.newInputStream(from);
        DataInputStream in = new DataInputStream(new GZIPInputStream(packed));
        OutputStream out = Files.newOutputStream(to)) {
      byte[] magic = in.readNBytes(4);
      int dimensions = magic[3];
      int count = Math.min(EXAMPLES, in.readInt());
      byte[] shape = in.readNBytes(4 * (dimensions - 1));
      int exampleBytes = 1;
      for (int d = 0; d < dimensions - 1; d++) {
        exampleBytes *= ByteBuffer.wrap(shape).getInt(4 * d);
      }
      out.write(magic);
      out.write(ByteBuffer.allocate(4).putInt(count).array());
      out.write(shape);
      out.write(in.readNBytes(count * exampleBytes));
    }
  }

  private static DataSlice slice(Path folder, Role role) {
    String name = role.name().toLowerCase(Locale.ROOT);
    return DataSlice.newBuilder()
        .setFiles(
            List.of(
                ref(folder.resolve(name + "-images.idx")),
                ref(folder.resolve(name + "-labels.idx"))))
        .build();
  }

  private static ArtifactRef ref(Path file) {
    return ArtifactRef.newBuilder()
        .setUri(file.toAbsolutePath().normalize().toUri().toString())
        .build();
  }

  /**
   * A request that asks for 60 % of the MACs; all that differ in nothing but their id get equal
   * results.
   */
  PruningRequest of(String id) {
    return builder(id).build();
  }

  /** A long search: many rounds of many candidates. */
  PruningRequest big(String id, int rounds, int candidates) {
    return builder(id)
        .setMethod(AllocationMethod.RANDOM_SEARCH)
        .setSearch(
            SearchSettings.newBuilder().setRounds(rounds).setCandidatesPerRound(candidates).build())
        .build();
  }

  private PruningRequest.Builder builder(String id) {
    return PruningRequest.newBuilder()
        .setRequestId(id)
        .setSubmittedAt(Instant.now())
        .setModel(ref(folder.resolve("tiny.onnx")))
        .setData(data)
        .setTarget(
            PruningTarget.newBuilder()
                .setMetric(TargetMetric.MACS)
                .setRelative(true)
                .setValue(0.6)
                .build())
        .setMethod(AllocationMethod.UNIFORM)
        .setCriterion(Criterion.L2)
        .setConstraints(CutConstraints.newBuilder().setChannelMultiple(1).build())
        .setCalibration(
            CalibrationSettings.newBuilder().setSamples(EXAMPLES).setBatchSize(EXAMPLES).build())
        .setSearch(SearchSettings.newBuilder().setRounds(1).setCandidatesPerRound(1).build())
        .setRecovery(RecoverySettings.newBuilder().setRecalibrationSamples(EXAMPLES).build())
        .setMeasurement(
            MeasurementSettings.newBuilder()
                .setWarmup(2)
                .setSamples(10)
                .setMinimumSamples(10)
                .setSpreadSeconds(0)
                .build())
        .setSeed(1);
  }
}
