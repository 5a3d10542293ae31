/**
 * Measurements that anyone can repeat: each is a {@link io.rspar.benchmarks.Benchmark} that returns
 * tables, plots and numbers, listed in {@link io.rspar.benchmarks.Benchmarks}, run by {@code rspar
 * bench}.
 */
package io.rspar.benchmarks;
