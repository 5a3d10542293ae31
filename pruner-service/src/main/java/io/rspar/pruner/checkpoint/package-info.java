/** Where a pruner keeps the state of a training run that a crash must not lose. */
package io.rspar.pruner.checkpoint;
