/** The command line {@code rspar}. Every command's help lists its exit codes. */
package io.rspar.standalone.cli;
