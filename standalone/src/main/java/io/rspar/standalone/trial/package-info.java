/**
 * Trials of a whole installation with processes of its own: what it survives, and what it bears.
 */
package io.rspar.standalone.trial;
