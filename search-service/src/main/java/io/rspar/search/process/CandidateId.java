package io.rspar.search.process;

/** Ids of candidates: a function of request, round and index, so that a replay names them alike. */
final class CandidateId {
  private CandidateId() {}

  static String of(String requestId, int round, int index) {
    return requestId + ".r" + round + ".c" + index;
  }

  static String ofFinal(String requestId) {
    return requestId + ".final";
  }
}
