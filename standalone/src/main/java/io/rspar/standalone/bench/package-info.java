/** Benchmarks of the whole system: broker, services and what lies between them. */
package io.rspar.standalone.bench;
