package io.rspar.kit.artifact;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where artifacts lie and what is let in. */
@ConfigMapping(prefix = "rspar.artifacts")
public interface ArtifactConfig {

  /**
   * Root of the store that all services share: {@code file:///folder/} or {@code
   * s3://bucket/folder/}.
   */
  URI uri();

  /** Largest artifact that a request may bring (bytes). */
  @WithDefault("10737418240")
  long maxBytes();

  /**
   * Folders that requests may name inputs and outputs in, as paths or as {@code s3:} URIs; unset
   * means everything that the service can reach. Set it wherever requests come from people who may
   * not reach all of that.
   */
  Optional<List<String>> allowedRoots();

  /** Folder for local copies of what lies in S3; unset: one below the JVM's temporary folder. */
  Optional<Path> cache();

  /** Size of all local copies together beyond which the longest unused ones go (bytes). */
  @WithDefault("21474836480")
  long cacheBytes();

  /** How to reach S3. */
  S3 s3();

  /**
   * An S3-compatible server. Credentials come from the standard chain of Amazon's SDK: environment,
   * profile, web identity, instance; never from this configuration.
   */
  interface S3 {

    /** Its address; unset for Amazon's own. */
    Optional<URI> endpoint();

    /** Its region; unset: the one that the standard chain finds. */
    Optional<String> region();

    /** Buckets as the first part of the path; the alternative is a host name for each bucket. */
    @WithDefault("true")
    boolean pathStyle();
  }
}
