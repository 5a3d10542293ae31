/** What needs no broker and no data: looking at a model, and cutting it by its weights alone. */
package io.rspar.pruner.datafree;
