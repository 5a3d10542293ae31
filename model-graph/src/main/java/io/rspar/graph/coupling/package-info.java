/**
 * Which channels of which tensors live and die together. Every index of every axis has an id;
 * operators unify ids; a connected class of ids is one channel that can be cut.
 */
package io.rspar.graph.coupling;
