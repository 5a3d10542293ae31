/**
 * Charts as SVG that look right on light and on dark pages and say to a screen reader what they
 * show.
 */
package io.rspar.kit.plot;
