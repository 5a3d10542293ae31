/**
 * Weighted layers seen as matrices: their weight as O×I, what they see as columns of it (patches of
 * a convolution, tokens of a linear map), and where the columns come from.
 */
package io.rspar.runtime.layer;
