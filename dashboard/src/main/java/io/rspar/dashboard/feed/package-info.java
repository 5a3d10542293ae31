/** From Kafka into the board and back: reads all topics, publishes what a user asks for. */
package io.rspar.dashboard.feed;
