package io.rspar.graph.coupling;

import java.util.ArrayList;
import java.util.List;

/**
 * Union-find over ids, by size with path halving (Tarjan and van Leeuwen, J. ACM 1984). A class is
 * frozen as soon as one of its ids is, and remembers the earliest reason.
 */
final class Classes {
  private static final int FREE = -1;

  /** Who forbids a cut and why. */
  record Reason(String node, String text) {}

  private final int[] parent;
  private final int[] size;
  private final int[] reason;
  private final List<Reason> reasons = new ArrayList<>();

  Classes(int ids) {
    parent = new int[ids];
    size = new int[ids];
    reason = new int[ids];
    for (int id = 0; id < ids; id++) {
      parent[id] = id;
      size[id] = 1;
      reason[id] = FREE;
    }
  }

  int find(int id) {
    int at = id;
    while (parent[at] != at) {
      parent[at] = parent[parent[at]];
      at = parent[at];
    }
    return at;
  }

  void unify(int a, int b) {
    int rootA = find(a);
    int rootB = find(b);
    if (rootA == rootB) {
      return;
    }
    int big = size[rootA] >= size[rootB] ? rootA : rootB;
    int small = big == rootA ? rootB : rootA;
    parent[small] = big;
    size[big] += size[small];
    if (reason[big] == FREE || (reason[small] != FREE && reason[small] < reason[big])) {
      reason[big] = reason[small];
    }
  }

  /** Registers a reason, to be used for many ids. */
  int reason(String node, String text) {
    reasons.add(new Reason(node, text));
    return reasons.size() - 1;
  }

  void freeze(int id, int why) {
    int root = find(id);
    if (reason[root] == FREE || why < reason[root]) {
      reason[root] = why;
    }
  }

  boolean isFrozen(int id) {
    return reason[find(id)] != FREE;
  }

  /** Why the class of a frozen id cannot be cut. */
  Reason reasonOf(int id) {
    return reasons.get(reason[find(id)]);
  }
}
