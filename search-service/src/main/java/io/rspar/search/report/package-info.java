/**
 * What the user gets back: the model, the report in JSON and Markdown, tables, a plot, provenance.
 */
package io.rspar.search.report;
