/** How a channel's importance is measured: one class per criterion behind one small interface. */
package io.rspar.sensitivity.criterion;
