package io.rspar.search.baseline;

import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.SearchSpace;
import java.util.function.Function;

/**
 * What a method works on.
 *
 * @param graph the original
 * @param dependencies its groups
 * @param grouping the groups of a graph with the same layers, under the request's constraints
 * @param space scores, widths and costs of the groups
 * @param target which cost must be reached; where it can only be measured, an estimate
 */
public record Subject(
    Graph graph,
    DependencyGraph dependencies,
    Function<Graph, DependencyGraph> grouping,
    SearchSpace space,
    AllocationProblem target) {}
