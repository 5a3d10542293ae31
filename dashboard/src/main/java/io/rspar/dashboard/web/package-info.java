/** The HTTP side: JSON for the page, a stream of changes, and who may change what. */
package io.rspar.dashboard.web;
