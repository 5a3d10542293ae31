package io.rspar.benchmarks.networks;

import io.rspar.benchmarks.Benchmark;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.Outcome;
import io.rspar.benchmarks.Table;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.onnx.OnnxReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Inspects published networks and cuts 30, 50 and 80 % of every group: what can be pruned, what is
 * frozen and why, and whether the smaller model computes what the masked original computes.
 */
public final class NetworksBenchmark implements Benchmark {
  @Override
  public String name() {
    return "networks";
  }

  @Override
  public String summary() {
    return "published networks (and --models): groups, prunable share, cuts at 30/50/80 %, masked"
        + " equality, what is frozen";
  }

  @Override
  public Outcome run(Context context) throws Exception {
    List<Survey> surveys = new ArrayList<>();
    List<List<String>> unread = new ArrayList<>();
    if (context.models().isEmpty()) {
      List<PublishedNetwork> networks = PublishedNetworks.all();
      for (PublishedNetwork network : networks.subList(0, context.sized(networks.size(), 1))) {
        context.progress().accept(network.name());
        surveys.add(
            Survey.of(
                network.name(), network.build(context.seed()), context.out(), context.seed()));
      }
    }
    for (Path model : context.models()) {
      context.progress().accept(model.toString());
      String name = model.getFileName().toString().replaceFirst("\\.onnx$", "");
      try {
        surveys.add(Survey.of(name, OnnxReader.read(model), context.out(), context.seed()));
      } catch (InvalidModelException e) {
        unread.add(List.of(name, e.getMessage()));
      }
    }
    return outcome(surveys, unread);
  }

  private static Outcome outcome(List<Survey> surveys, List<List<String>> unread) {
    Map<String, Double> numbers = new TreeMap<>();
    List<List<String>> rows = new ArrayList<>();
    List<List<String>> frozen = new ArrayList<>();
    List<List<String>> failed = new ArrayList<>(unread);
    for (Survey survey : surveys) {
      rows.add(row(survey));
      survey
          .frozen()
          .forEach((reason, axes) -> frozen.add(List.of(survey.network(), reason, "" + axes)));
      String key = survey.network() + ".";
      numbers.put(key + "prunableParametersShare", survey.prunable());
      numbers.put(key + "cpuSeconds", survey.cpuSeconds());
      numbers.put(key + "groups", (double) survey.groups());
      for (Survey.Cut cut : survey.cuts()) {
        String at = key + "cut" + Math.round(100 * cut.ratio()) + ".";
        if (cut.failure().isEmpty()) {
          numbers.put(at + "macsShare", (double) cut.macs() / survey.macs());
          cut.difference()
              .ifPresent(difference -> numbers.put(at + "maskedDifference", difference));
        } else {
          failed.add(List.of(survey.network() + " at " + cut.ratio(), cut.failure()));
        }
      }
    }
    numbers.put("networks", (double) surveys.size());
    numbers.put("failures", (double) failed.size());
    List<Table> tables = new ArrayList<>();
    tables.add(
        new Table(
            "Cut by the same share of every group (L2 norms)",
            List.of(
                "network",
                "nodes",
                "parameters",
                "groups",
                "prunable",
                "MACs",
                "at 0.3",
                "at 0.5",
                "at 0.8",
                "largest difference"),
            rows));
    if (!frozen.isEmpty()) {
      tables.add(new Table("Frozen", List.of("network", "node and reason", "axes"), frozen));
    }
    if (!failed.isEmpty()) {
      tables.add(new Table("No result", List.of("network", "why"), failed));
    }
    return new Outcome(tables, Map.of(), numbers);
  }

  private static List<String> row(Survey survey) {
    List<String> row = new ArrayList<>();
    row.add(survey.network());
    row.add("" + survey.nodes());
    row.add(String.format(Locale.ROOT, "%,d", survey.parameters()));
    row.add("" + survey.groups());
    row.add(percent(survey.prunable()));
    row.add(String.format(Locale.ROOT, "%.1f M", survey.macs() / 1e6));
    double largest = 0;
    boolean compared = false;
    for (Survey.Cut cut : survey.cuts()) {
      row.add(
          cut.failure().isEmpty() && survey.macs() > 0
              ? percent((double) cut.macs() / survey.macs())
              : "–");
      compared |= cut.difference().isPresent();
      largest = Math.max(largest, cut.difference().orElse(0));
    }
    row.add(compared ? String.format(Locale.ROOT, "%.1e", largest) : "–");
    return row;
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }
}
