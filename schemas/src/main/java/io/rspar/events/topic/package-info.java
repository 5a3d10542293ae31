/**
 * The topic catalogue: every topic's name, events, key and configuration, in one place for
 * services, set-up and documentation.
 */
package io.rspar.events.topic;
