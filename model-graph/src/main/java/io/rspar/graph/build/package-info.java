/** Networks built by hand, layer by layer, with weights drawn from a seed. */
package io.rspar.graph.build;
