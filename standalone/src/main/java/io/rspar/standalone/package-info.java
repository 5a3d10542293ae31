/** Everything on one machine: a real broker, the four services, and the command line. */
package io.rspar.standalone;
