/** Talks to the services as any user could: publishes requests and follows their events. */
package io.rspar.standalone.client;
