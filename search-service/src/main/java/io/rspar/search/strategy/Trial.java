package io.rspar.search.strategy;

/**
 * What a candidate tries.
 *
 * @param budget cost limit as a fraction of the original's cost
 * @param temper trust in the levels of the sensitivity curves, see {@link
 *     io.rspar.search.allocation.CurveOptimalAllocation}; without meaning for other policies
 */
public record Trial(double budget, double temper) {}
