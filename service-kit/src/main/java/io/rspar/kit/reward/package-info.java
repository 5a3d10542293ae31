/** How measurements of a candidate become one number, the same for every service. */
package io.rspar.kit.reward;
