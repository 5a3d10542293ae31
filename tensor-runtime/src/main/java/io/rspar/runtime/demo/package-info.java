/**
 * Makes the data and the network of the demo: a slice of Fashion-MNIST and a small residual network
 * trained on it.
 */
package io.rspar.runtime.demo;
