package io.rspar.search.process;

import io.rspar.events.CurvatureSummed;
import io.rspar.events.PruningAdmitted;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What is known of a request whose curvature is measured in shards.
 *
 * @param admitted the request, once it is admitted to be measured so
 * @param summed the shards that are there, by number
 */
public record Shards(
    Optional<PruningAdmitted> admitted, SortedMap<Integer, CurvatureSummed> summed) {
  static final Shards NONE = new Shards(Optional.empty(), Collections.emptySortedMap());

  Shards with(PruningAdmitted event) {
    return admitted.isPresent() ? this : new Shards(Optional.of(event), summed);
  }

  Shards with(CurvatureSummed event) {
    if (summed.containsKey(event.getShard())) {
      return this;
    }
    SortedMap<Integer, CurvatureSummed> more = new TreeMap<>(summed);
    more.put(event.getShard(), event);
    return new Shards(admitted, Collections.unmodifiableSortedMap(more));
  }

  /** Whether this shard is there. */
  boolean knows(String shardId) {
    return summed.values().stream().anyMatch(s -> s.getShardId().equals(shardId));
  }

  /** Number of shards; 0 if the request is not measured in shards. */
  int count() {
    return admitted.map(a -> a.getRequest().getCalibration().getShards()).orElse(0);
  }

  /** Whether every shard is there. */
  boolean areComplete() {
    return count() > 0 && IntStream.range(0, count()).allMatch(summed::containsKey);
  }

  /** Every shard in order. */
  List<CurvatureSummed> inOrder() {
    return List.copyOf(summed.headMap(count()).values());
  }

  /** Key of one shard's work. */
  static String id(String requestId, int shard) {
    return requestId + "/" + shard;
  }

  /** Key of the work that needs all of them. */
  static String idOfAll(String requestId) {
    return requestId + "/all";
  }
}
