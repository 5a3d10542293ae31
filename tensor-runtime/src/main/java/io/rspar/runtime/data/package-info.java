/**
 * Labelled data sets: read from the common file formats into compact memory, decoded and normalised
 * batch by batch.
 */
package io.rspar.runtime.data;
