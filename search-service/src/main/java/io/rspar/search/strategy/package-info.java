/**
 * Which widths are tried, round by round, and which win. Pure functions of the request and what was
 * measured, so that a replay proposes the same candidates.
 */
package io.rspar.search.strategy;
