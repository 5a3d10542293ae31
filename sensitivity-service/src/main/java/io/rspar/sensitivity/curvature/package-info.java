/**
 * Kronecker-factored curvature: the two factors of each layer's Fisher information, estimated from
 * layer inputs and output gradients.
 */
package io.rspar.sensitivity.curvature;
