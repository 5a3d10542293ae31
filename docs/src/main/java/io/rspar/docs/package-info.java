/** Makes web pages of the documentation's Markdown, one page per file, without any script. */
package io.rspar.docs;
