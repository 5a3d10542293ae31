/**
 * The sensitivity report: how much the loss would rise if channels were removed. Written by the
 * sensitivity service, read by the search service, carried as the artifact {@code
 * sensitivity.json}.
 */
package io.rspar.kit.sensitivity;
