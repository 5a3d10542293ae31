/**
 * The sensitivity service: admits requests (stores and checks everything they name) and scores the
 * channels of their networks.
 */
package io.rspar.sensitivity;
