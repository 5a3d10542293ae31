/**
 * Who works and what waits: members and committed lag of the consumer groups, asked of the brokers.
 */
package io.rspar.kit.lag;
