/**
 * Failure as data: what went wrong, why, and what to do about it, from any exception to the words
 * that the user reads.
 */
package io.rspar.kit.failure;
