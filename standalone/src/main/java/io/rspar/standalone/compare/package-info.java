/** Methods side by side on one network and target: runs, rows, table and plot. */
package io.rspar.standalone.compare;
