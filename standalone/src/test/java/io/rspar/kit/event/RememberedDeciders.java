package io.rspar.kit.event;

import io.rspar.events.CandidateProposed;
import io.rspar.events.CandidatePruned;
import io.rspar.events.topic.Topic;
import io.rspar.kit.failure.Failure;
import io.rspar.kit.service.Service;
import io.rspar.search.process.SearchState;
import io.rspar.standalone.pipeline.Deciders;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;

/**
 * The real deciders, each answer computed once. They are functions of what they are given, so
 * thousands of histories cost little more than one.
 */
final class RememberedDeciders {
  /** What a decider returned, or threw. */
  private record Answer(List<Outgoing> events, Exception thrown) {}

  private final Deciders deciders;
  private final Map<String, Answer> answers = new HashMap<>();

  RememberedDeciders(Deciders deciders) {
    this.deciders = deciders;
  }

  /** How often a decider had to work. */
  int computed() {
    return answers.size();
  }

  Worker worker(Service service) {
    Worker worker = deciders.worker(service);
    return (event, job) -> remembered(service + " " + nameOf(event), () -> worker.work(event, job));
  }

  Process<SearchState> search() {
    Process<SearchState> search = deciders.search();
    return new Process<>() {
      @Override
      public SearchState initial(String requestId) {
        return search.initial(requestId);
      }

      @Override
      public SearchState fold(SearchState state, SpecificRecord event) {
        return search.fold(state, event);
      }

      @Override
      public List<Outgoing> act(SearchState state, SpecificRecord event, JobContext job)
          throws Exception {
        String key =
            "SEARCH %s after %s, %s, %s"
                .formatted(
                    nameOf(event),
                    state.shards().summed().keySet(),
                    state.evaluated().keySet(),
                    state.failed().keySet());
        return remembered(key, () -> search.act(state, event, job));
      }

      @Override
      public List<Outgoing> failed(SearchState state, SpecificRecord event, Failure failure) {
        return search.failed(state, event, failure);
      }

      @Override
      public boolean finished(SearchState state) {
        return search.finished(state);
      }
    };
  }

  private List<Outgoing> remembered(String key, Callable<List<Outgoing>> work) throws Exception {
    Answer answer = answers.get(key);
    if (answer == null) {
      try {
        answer = new Answer(work.call(), null);
      } catch (Exception e) {
        answer = new Answer(List.of(), e);
      }
      answers.put(key, answer);
    }
    if (answer.thrown() != null) {
      throw answer.thrown();
    }
    return answer.events();
  }

  /** What decides an answer: which event of which request, and the artifact it is about. */
  private static String nameOf(SpecificRecord event) {
    String name = event.getSchema().getName() + " of " + Topic.requestIdOf(event);
    if (event instanceof CandidateProposed proposed) {
      return name + " " + proposed.getCandidateId() + " " + proposed.getPlan().getSha256();
    }
    if (event instanceof CandidatePruned pruned) {
      return name + " " + pruned.getCandidateId() + " " + pruned.getPlan().getSha256();
    }
    return Stream.of(Topic.Key.CANDIDATE_ID, Topic.Key.SHARD_ID)
        .map(key -> event.getSchema().getField(key.field()))
        .filter(Objects::nonNull)
        .map(field -> " " + event.get(field.pos()))
        .collect(Collectors.joining("", name, ""));
  }
}
