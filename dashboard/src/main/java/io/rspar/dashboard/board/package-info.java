/**
 * What the topics say about every request: a fold over events, in memory, rebuilt by reading again.
 */
package io.rspar.dashboard.board;
