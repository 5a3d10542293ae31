package io.rspar.kit.sensitivity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * What the search service knows of a network's sensitivity.
 *
 * @param criterion name of the criterion
 * @param comparable whether scores of different groups share a unit, so that one threshold over all
 *     of them means something
 * @param samples calibration examples used; 0 for a data-free criterion
 * @param agreement Spearman's rank correlation, over all channels, of the scores from one half of
 *     the examples with those from the other, -1 to 1; null where the criterion does not tell
 * @param groups one entry per prunable group, in network order
 * @param warnings what the user should know, one sentence each
 */
public record SensitivityReport(
    String criterion,
    boolean comparable,
    int samples,
    Double agreement,
    List<GroupSensitivity> groups,
    List<String> warnings) {

  private static final ObjectMapper JSON = new ObjectMapper();

  public SensitivityReport {
    groups = List.copyOf(groups);
    warnings = List.copyOf(warnings);
  }

  /** A report of a criterion that does not tell how its scores from two halves agree. */
  public SensitivityReport(
      String criterion,
      boolean comparable,
      int samples,
      List<GroupSensitivity> groups,
      List<String> warnings) {
    this(criterion, comparable, samples, null, groups, warnings);
  }

  /** The entry of one group. */
  public GroupSensitivity group(String id) {
    return groups.stream()
        .filter(g -> g.group().equals(id))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException("no sensitivity for group " + id));
  }

  public byte[] toJson() {
    try {
      return JSON.writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a sensitivity report is always serialisable", e);
    }
  }

  /**
   * @throws IOException if the bytes are not a sensitivity report
   */
  public static SensitivityReport ofJson(byte[] json) throws IOException {
    return JSON.readValue(json, SensitivityReport.class);
  }
}
