/**
 * Shapes, element types and known elements of every value of a graph. Axes that the model leaves
 * open are tried with several concrete extents; what changes with them is open as well.
 */
package io.rspar.graph.shape;
