/** What second-order analysis costs, in time and memory. */
package io.rspar.benchmarks.curvature;
