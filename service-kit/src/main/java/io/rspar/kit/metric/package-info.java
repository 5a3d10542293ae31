/**
 * The catalogue of metrics, every name, unit and tag in one place, and the meters that belong to no
 * single service.
 */
package io.rspar.kit.metric;
