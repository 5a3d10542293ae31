/**
 * What the user gets back: the model, the report in JSON, Markdown and HTML, tables, a plot, the
 * request to run again, provenance. {@link io.rspar.search.report.Report} holds the numbers, {@link
 * io.rspar.search.report.ReportDocument} says what they mean, two writers write that down.
 */
package io.rspar.search.report;
