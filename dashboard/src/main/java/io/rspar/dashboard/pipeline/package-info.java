/** Who works and what waits: members, lag and throughput of the consumer groups. */
package io.rspar.dashboard.pipeline;
