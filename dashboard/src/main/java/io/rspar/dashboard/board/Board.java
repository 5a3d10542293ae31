package io.rspar.dashboard.board;

import io.rspar.events.ArtifactRef;
import io.rspar.events.PruningCompleted;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;

/**
 * All requests and dead letters that the topics tell of. Thread-safe. Every change gets a revision,
 * so that a reader can ask what is new since it last looked.
 */
public final class Board {
  private static final int MAX_DEAD_LETTERS = 1000;

  private final int maxRequests;
  private final Map<String, Story> stories = new LinkedHashMap<>();
  private final Map<String, DeadLetter> deadLetters = new LinkedHashMap<>();
  private final Map<String, Instant> redriven = new LinkedHashMap<>();
  private long revision;
  private long forgottenCandidates;

  /**
   * @param maxRequests how many are remembered; the oldest that have ended go first
   */
  public Board(int maxRequests) {
    this.maxRequests = maxRequests;
  }

  /**
   * Takes in an event of a request.
   *
   * @param summary whether a status is the request's own summary rather than a worker's report
   */
  public synchronized void fold(
      String requestId, String topic, Instant at, SpecificRecord event, boolean summary) {
    stories.computeIfAbsent(requestId, Story::new).fold(topic, at, event, summary, ++revision);
    if (stories.size() > maxRequests) {
      stories.values().stream()
          .filter(Story::ended)
          .min(Comparator.comparing(Story::updatedAt))
          .or(() -> stories.values().stream().min(Comparator.comparing(Story::updatedAt)))
          .ifPresent(
              oldest -> {
                forgottenCandidates += oldest.candidatesEvaluated();
                stories.values().remove(oldest);
              });
    }
  }

  /** Takes in a record that could not be processed. */
  public synchronized void add(DeadLetter letter) {
    revision++;
    Instant again = redriven.get(letter.coordinates());
    deadLetters.put(letter.coordinates(), again == null ? letter : letter.redriven(again));
    if (deadLetters.size() > MAX_DEAD_LETTERS) {
      deadLetters.remove(deadLetters.keySet().iterator().next());
    }
  }

  /** Notes that a dead letter was sent again, whether it is known yet or not. */
  public synchronized void redriven(String coordinates, Instant at) {
    revision++;
    redriven.put(coordinates, at);
    if (redriven.size() > MAX_DEAD_LETTERS) {
      redriven.remove(redriven.keySet().iterator().next());
    }
    deadLetters.computeIfPresent(coordinates, (c, letter) -> letter.redriven(at));
  }

  /** All requests, the newest first. */
  public synchronized List<Summary> summaries(Instant now) {
    return stories.values().stream()
        .map(story -> story.summary(now))
        .sorted(
            Comparator.comparing(
                    Summary::submittedAt, Comparator.nullsFirst(Comparator.naturalOrder()))
                .reversed())
        .toList();
  }

  public synchronized Optional<Detail> detail(String requestId, Instant now) {
    return story(requestId).map(story -> story.detail(now));
  }

  /** The sensitivity report of a request, once measured. */
  public synchronized Optional<ArtifactRef> sensitivity(String requestId) {
    return story(requestId).flatMap(Story::sensitivity);
  }

  /**
   * A candidate of a request.
   *
   * @param candidateId which one; empty for the delivered one, else the best so far
   */
  public synchronized Optional<CandidateView> candidate(
      String requestId, Optional<String> candidateId) {
    return story(requestId)
        .flatMap(story -> candidateId.map(story::candidate).orElseGet(story::best));
  }

  public synchronized Optional<PruningCompleted> completed(String requestId) {
    return story(requestId).flatMap(Story::completed);
  }

  /** Candidates that have been evaluated, of all requests that were ever read. */
  public synchronized long candidatesEvaluated() {
    return forgottenCandidates
        + stories.values().stream().mapToLong(Story::candidatesEvaluated).sum();
  }

  /** The newest first. */
  public synchronized List<DeadLetter> deadLetters() {
    List<DeadLetter> letters = new ArrayList<>(deadLetters.values());
    letters.sort(Comparator.comparing(DeadLetter::at).reversed());
    return letters;
  }

  /** Requests that have changed since a revision. */
  public synchronized Changes since(long seen) {
    return new Changes(
        revision,
        stories.entrySet().stream()
            .filter(e -> e.getValue().revision() > seen)
            .map(Map.Entry::getKey)
            .toList());
  }

  private Optional<Story> story(String requestId) {
    return Optional.ofNullable(stories.get(requestId));
  }

  /** What is new. */
  public record Changes(long revision, List<String> requests) {}
}
