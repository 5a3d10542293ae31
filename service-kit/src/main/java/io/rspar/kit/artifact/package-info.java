/**
 * Claim check: payloads lie in a content-addressed store, events carry references. The same bytes
 * have the same reference, so work that is done twice leaves one artifact.
 */
package io.rspar.kit.artifact;
