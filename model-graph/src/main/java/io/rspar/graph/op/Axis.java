package io.rspar.graph.op;

/**
 * One axis of one value.
 *
 * @param axis from 0
 * @param extent {@link io.rspar.graph.Shape#UNKNOWN} where open
 */
public record Axis(String value, int axis, long extent) {}
