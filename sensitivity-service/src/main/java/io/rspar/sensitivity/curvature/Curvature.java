package io.rspar.sensitivity.curvature;

import java.util.Map;

/**
 * What calibration data say of a network's curvature.
 *
 * @param factors Kronecker factors by node name
 * @param directions exact second order along single channels
 */
public record Curvature(Map<String, LayerFactors> factors, DirectionalFisher directions) {}
