/**
 * Random networks and random cuts: what must hold for every cut must hold for networks that nobody
 * thought of. A failure shrinks to the decisions that matter.
 */
package io.rspar.graph.property;
