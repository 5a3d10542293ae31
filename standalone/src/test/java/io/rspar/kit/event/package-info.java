/**
 * The services' handlers under a simulated log. In the handlers' own package, because what a
 * handler promises to its loop is nobody else's business; in this module, because only here are all
 * four services at hand.
 */
package io.rspar.kit.event;
