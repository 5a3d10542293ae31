package io.rspar.standalone.compare;

import io.rspar.events.AllocationMethod;
import io.rspar.events.PruningRequest;
import io.rspar.events.SearchSettings;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;

/**
 * What all runs of a comparison have in common: model, data, target, recovery, measurement, and how
 * many candidates a search may measure.
 */
public final class CommonRequest {
  /** Rounds of a search where the request leaves them open. */
  static final int ROUNDS = 4;

  /** Candidates per round where the request leaves them open. */
  static final int CANDIDATES = 6;

  /** Of the request's id; method and seed follow. */
  private static final int ID_LENGTH = 38;

  private final PruningRequest request;

  /**
   * @param request its method is ignored
   */
  public CommonRequest(PruningRequest request) {
    SearchSettings search = request.getSearch();
    this.request =
        PruningRequest.newBuilder(request)
            .setSearch(
                SearchSettings.newBuilder(search)
                    .setRounds(Objects.requireNonNullElse(search.getRounds(), ROUNDS))
                    .setCandidatesPerRound(
                        Objects.requireNonNullElse(search.getCandidatesPerRound(), CANDIDATES))
                    .build())
            .build();
  }

  /** The name of the work: that of the request. */
  public String id() {
    return request.getRequestId();
  }

  /** The seed of each method's n-th run, from 0. */
  public long seed(int n) {
    return request.getSeed() + n;
  }

  /** All that decides what a method gives, as text: equal for comparisons that can be joined. */
  public String conditions() {
    return PruningRequest.newBuilder(request)
        .setRequestId("")
        .setSubmittedAt(Instant.EPOCH)
        .setMethod(AllocationMethod.UNIFORM)
        .setOutput(null)
        .build()
        .toString();
  }

  /**
   * One run.
   *
   * @param out receives its results
   */
  public PruningRequest run(AllocationMethod method, long seed, Path out) {
    String base = id().substring(0, Math.min(ID_LENGTH, id().length()));
    return PruningRequest.newBuilder(request)
        .setRequestId("%s-%s-%d".formatted(base, name(method), seed))
        .setSubmittedAt(Instant.ofEpochMilli(System.currentTimeMillis()))
        .setMethod(method)
        .setSeed(seed)
        .setOutput(out.toAbsolutePath().normalize().toUri().toString())
        .build();
  }

  /** A method as a request names it. */
  public static String name(AllocationMethod method) {
    return method.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
