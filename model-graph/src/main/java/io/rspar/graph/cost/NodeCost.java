package io.rspar.graph.cost;

/**
 * Cost of one node.
 *
 * @param macs multiply-accumulate operations per example
 * @param parameters elements of trained tensors that this node is the first to read
 * @param counted false where the operator or its shapes are not known, so that {@code macs} is 0
 */
public record NodeCost(String node, String opType, long macs, long parameters, boolean counted) {}
