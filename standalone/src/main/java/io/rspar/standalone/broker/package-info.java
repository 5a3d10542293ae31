/**
 * A real Kafka node in a process of its own, so that it outlives its clients and can be shut down
 * after them.
 */
package io.rspar.standalone.broker;
