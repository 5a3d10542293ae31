/** The catalogue of metrics: every name, unit and tag in one place. */
package io.rspar.kit.metric;
