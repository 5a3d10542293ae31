package io.rspar.kit.artifact;

import java.net.URI;
import java.util.Optional;

/**
 * How to reach an S3-compatible server. Credentials come from the standard chain of Amazon's SDK:
 * environment, profile, web identity, instance.
 *
 * @param endpoint of a server other than Amazon's
 * @param region unset: what the SDK's standard chain finds
 * @param pathStyle buckets as the first part of the path instead of the host name
 */
record S3Settings(Optional<URI> endpoint, Optional<String> region, boolean pathStyle) {}
