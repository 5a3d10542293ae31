/** What the board and the brokers say, as metrics: requests, candidates, lag, dead letters. */
package io.rspar.dashboard.metric;
