/** The command line {@code rspar}. Exit codes: 0 done, 1 failed, 2 wrong usage. */
package io.rspar.standalone.cli;
