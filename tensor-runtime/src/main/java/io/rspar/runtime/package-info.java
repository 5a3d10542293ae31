/**
 * Runs a graph as a network on the PyTorch engine: forward passes, gradients, and what its layers
 * see.
 *
 * <p><b>Trying a change without cutting.</b> Values can be masked ({@link
 * io.rspar.runtime.ChannelMasks}) and weights exchanged for a while ({@link
 * io.rspar.runtime.Network#replace}). What lies before the change is computed once:
 *
 * <pre>{@code
 * Set<String> frontier = network.frontier(Set.of("conv3.weight"));
 * Map<String, NDArray> known = network.values(Map.of("input", x), frontier);
 * for (NDArray variant : variants) {
 *   try (Replacement replaced = network.replace(Map.of("conv3.weight", variant))) {
 *     NDArray logits = network.logits(known, Mode.EVAL, ValueHook.NONE);
 *   }
 * }
 * }</pre>
 *
 * <p><b>Learning masks.</b> A factor that is computed from a logit that requires a gradient, inside
 * {@link io.rspar.runtime.Autograd#record}, gives the logit the gradient of the task loss; weights
 * learn in the same pass if {@link io.rspar.runtime.Network#requireGradients} says so:
 *
 * <pre>{@code
 * theta.setRequiresGradient(true);
 * Autograd.record(collector -> {
 *   ValueHook masks = new ChannelMasks(Map.of("relu3", new Mask(1, Activation.sigmoid(theta))));
 *   collector.backward(CrossEntropy.sum(network.logits(x, Mode.TRAIN, masks), y));
 *   return null;
 * });
 * theta.getGradient();
 * }</pre>
 */
package io.rspar.runtime;
