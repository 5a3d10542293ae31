package io.rspar.kit.data;

import io.rspar.events.ArtifactRef;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.FailureReason;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.failure.WorkException;
import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Format;
import io.rspar.runtime.data.InvalidDataException;
import io.rspar.runtime.data.Layout;
import io.rspar.runtime.data.Slice;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Opens the data sets that admitted requests name. The last few stay in memory, since all
 * candidates of a request use the same ones.
 */
@ApplicationScoped
public class RequestData {
  private static final int KEPT = 4;

  private final ArtifactStore store;
  private final Map<List<Object>, Dataset> recent = new Recent<>(KEPT);

  public RequestData(ArtifactStore store) {
    this.store = store;
  }

  /**
   * The examples of one role.
   *
   * @throws WorkException INVALID_REQUEST if the request gives none for this role
   * @throws InvalidDataException if they cannot be read
   */
  public synchronized Dataset open(DataSpec data, DataRole role) {
    DataSlice slice =
        role.of(data)
            .orElseThrow(
                () ->
                    new WorkException(
                        FailureReason.INVALID_REQUEST,
                        "the request names no " + role.label() + " data",
                        "add data." + role.label() + " to the request"));
    return recent.computeIfAbsent(List.of(data, role), key -> read(data, slice));
  }

  private Dataset read(DataSpec data, DataSlice slice) {
    List<Path> files = slice.getFiles().stream().map(store::fetch).toList();
    try {
      return Dataset.read(
          description(data),
          files,
          new Slice(slice.getOffset(), slice.getLimit() == null ? Slice.ALL : slice.getLimit()));
    } catch (InvalidDataException e) {
      throw named(e, files, slice.getFiles());
    }
  }

  /** Stored files have no names; the user knows them by where they came from. */
  private static InvalidDataException named(
      InvalidDataException e, List<Path> files, List<ArtifactRef> references) {
    String message = e.getMessage();
    for (int i = 0; i < files.size(); i++) {
      message = message.replace(files.get(i).toString(), references.get(i).getUri());
    }
    return new InvalidDataException(e.kind(), message, e.remedy(), e);
  }

  /** How the request says that its examples are stored. */
  public static DataDescription description(DataSpec data) {
    return new DataDescription(
        Format.valueOf(data.getFormat().name()),
        Layout.valueOf(data.getLayout().name()),
        data.getScale(),
        data.getMean(),
        data.getStd(),
        data.getExampleShape(),
        data.getImagesKey(),
        data.getLabelsKey(),
        data.getLabelColumn(),
        data.getHeader());
  }
}
