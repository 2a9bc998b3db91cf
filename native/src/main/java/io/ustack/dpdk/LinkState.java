package io.ustack.dpdk;

/**
 * The state of a port's medium.
 *
 * @param up whether frames can pass
 * @param speedMbps megabits per second, -1 where the driver does not know
 * @param fullDuplex whether both directions work at once
 */
public record LinkState(boolean up, long speedMbps, boolean fullDuplex) {}
