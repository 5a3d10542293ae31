/**
 * The search service: proposes allocations, learns from their rewards, and ends every request in
 * exactly one result.
 */
package io.rspar.search;
