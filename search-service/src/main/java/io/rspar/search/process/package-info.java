/**
 * The process of a request: state as a fold over its events, and what follows from each of them.
 */
package io.rspar.search.process;
