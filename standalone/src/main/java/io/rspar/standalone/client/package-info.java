/** Talks to the services as any user could: publishes a request and follows its events. */
package io.rspar.standalone.client;
