/**
 * Looks at the machine and says what is missing for ustack to run on DPDK: {@link
 * io.ustack.apps.doctor.Machine} reads the kernel's files, {@link io.ustack.apps.doctor.Dpdk}
 * starts DPDK. Changes nothing.
 */
@NullMarked
package io.ustack.apps.doctor;

import org.jspecify.annotations.NullMarked;
