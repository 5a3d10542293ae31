/** A request where Kafka requires TLS, names and permissions. */
package io.rspar.standalone.security;
