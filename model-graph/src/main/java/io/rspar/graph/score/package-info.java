/** Scores of channels that need no data: the higher, the more a channel is worth keeping. */
package io.rspar.graph.score;
