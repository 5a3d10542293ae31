/** Health checks: alive as long as no loop has ended or hangs, ready once all are consuming. */
package io.rspar.kit.health;
