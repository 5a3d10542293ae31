/**
 * Five published pruning methods, each in a simplified form that its class states. A method looks
 * at the network, or trains it, before the cut; what it learns (how channels rank, which widths it
 * prefers, other weights) then takes the same way as every other candidate.
 *
 * <p>Masks are factors that multiply a channel where its consumers read it, inside the graph whose
 * loss is differentiated ({@link io.rspar.search.baseline.ChannelGates}): the task loss reaches
 * them, and a factor of 0 computes what the cut network computes.
 */
package io.rspar.search.baseline;
