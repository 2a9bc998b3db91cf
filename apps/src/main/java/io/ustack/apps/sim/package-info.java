/**
 * Simulated flows over one bottleneck, for {@code ustack sim}: {@link io.ustack.apps.sim.SimSetup}
 * is what was asked for, {@link io.ustack.apps.sim.SimReport} the table, {@link
 * io.ustack.apps.sim.SimPlot} the picture. The simulator itself is test-support's.
 */
@NullMarked
package io.ustack.apps.sim;

import org.jspecify.annotations.NullMarked;
