/**
 * Proximal policy optimisation (Schulman et al. 2017, arXiv 1707.06347) for one continuous action
 * per step, in plain Java: small enough to be checked by hand, and the same numbers on every
 * machine.
 */
package io.rspar.search.ppo;
