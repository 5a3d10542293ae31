/** The data of a request: from the words of an event to examples in memory. */
package io.rspar.kit.data;
