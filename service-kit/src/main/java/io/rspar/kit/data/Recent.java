package io.rspar.kit.data;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was worked out for the last few keys; a key is the list of what it depends on.
 *
 * @param <V> what is kept
 */
public final class Recent<V> extends LinkedHashMap<List<Object>, V> {
  private static final long serialVersionUID = 1L;

  private final int kept;

  /**
   * @param kept entries; beyond them the one that was used longest ago goes
   */
  public Recent(int kept) {
    super(16, 0.75f, true);
    this.kept = kept;
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<List<Object>, V> eldest) {
    return size() > kept;
  }
}
