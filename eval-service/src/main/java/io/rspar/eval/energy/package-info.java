/** Energy of models on this machine, read from the processor's own counters; never an estimate. */
package io.rspar.eval.energy;
