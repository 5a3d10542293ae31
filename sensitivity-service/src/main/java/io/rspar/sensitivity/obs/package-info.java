/**
 * The Optimal Brain Surgeon over sets of channels: which go first, what their removal costs when
 * the remaining weights compensate for it, at every width.
 */
package io.rspar.sensitivity.obs;
