package io.rspar.benchmarks;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What was measured.
 *
 * @param tables for people, in reading order
 * @param plots by file name without extension
 * @param numbers for programs: one flat object; a key names what, where and unit ({@code
 *     resnet20.inspect.cpuSeconds})
 */
public record Outcome(List<Table> tables, Map<String, Plot> plots, Map<String, Double> numbers) {
  public Outcome {
    tables = List.copyOf(tables);
    plots = Collections.unmodifiableMap(new LinkedHashMap<>(plots));
    numbers = Collections.unmodifiableMap(new TreeMap<>(numbers));
    numbers.forEach(
        (key, value) -> {
          if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(key + " is " + value + ": JSON has no such number");
          }
        });
  }
}
