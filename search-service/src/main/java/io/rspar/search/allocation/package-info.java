/**
 * How a cut is spread over a network: policies that turn sensitivities and a cost limit into one
 * kept width per group. Plain arithmetic, no model, no data.
 */
package io.rspar.search.allocation;
