/**
 * The pruner service: turns a plan into a physically smaller model through the dependency graph and
 * repairs what the cut did.
 */
package io.rspar.pruner;
