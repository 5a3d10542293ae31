/**
 * The live dashboard: reads the topics from their beginning, keeps what they say in memory, and
 * shows it in a browser. It decides nothing; what a user does here becomes an event like any other.
 */
package io.rspar.dashboard;
