/**
 * R-SPAR: a policy that decides group by group how much to remove, learns by proximal policy
 * optimisation from measured rewards, and begins at the best curve-optimal allocation.
 */
package io.rspar.search.rspar;
