/**
 * REQUEST.yaml: what a person writes, checked against a JSON schema that documents every key and
 * default, and turned into the event.
 */
package io.rspar.kit.request;
