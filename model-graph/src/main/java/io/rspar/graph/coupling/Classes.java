package io.rspar.graph.coupling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Union-find over ids, by size with path halving (Tarjan and van Leeuwen, J. ACM 1984). A class is
 * frozen as soon as one of its ids is, and remembers the earliest reason.
 */
final class Classes {
  private static final int FREE = -1;

  /** Who forbids a cut and why. */
  record Reason(String node, String text) {}

  private int[] parent = new int[0];
  private int[] size = new int[0];
  private int[] reason = new int[0];
  private final List<Reason> reasons = new ArrayList<>();

  Classes(int ids) {
    growTo(ids);
  }

  /** Makes room for more ids, each a class of its own. */
  void growTo(int ids) {
    int known = parent.length;
    if (ids <= known) {
      return;
    }
    // Half as much again, so that many small additions cost no more than one big one.
    int room = known == 0 ? ids : Math.max(ids, known + known / 2);
    parent = Arrays.copyOf(parent, room);
    size = Arrays.copyOf(size, room);
    reason = Arrays.copyOf(reason, room);
    for (int id = known; id < room; id++) {
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
