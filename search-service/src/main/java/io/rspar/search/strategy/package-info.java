/**
 * Which allocations are tried, round by round, and which one wins. A pure function of the request
 * and the measured trials, so that a replay proposes the same candidates.
 */
package io.rspar.search.strategy;
