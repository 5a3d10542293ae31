/** What a request says of its model, in the terms of the model graph. */
package io.rspar.kit.model;
