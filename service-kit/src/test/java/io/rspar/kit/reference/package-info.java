/** References that are written from the code: what the topics carry, for people and for tools. */
package io.rspar.kit.reference;
