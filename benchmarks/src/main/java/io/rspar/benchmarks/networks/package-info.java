/** Published networks with random weights, and what inspecting and cutting them gives. */
package io.rspar.benchmarks.networks;
