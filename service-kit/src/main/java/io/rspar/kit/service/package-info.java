/**
 * Which services an application runs, and how each is wired: its inputs, its consumer group, its
 * stage.
 */
package io.rspar.kit.service;
