/**
 * Traces across the topics: one trace per request, one span per job, told to a collector by OTLP
 * where one is configured.
 */
package io.rspar.kit.trace;
