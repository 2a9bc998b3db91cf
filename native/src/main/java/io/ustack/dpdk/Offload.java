package io.ustack.dpdk;

/** Who computes and verifies checksums. */
public enum Offload {
  /** The port where it does so in hardware, else the shim. */
  AUTO,
  /** The port wherever its driver says that it can. */
  PORT,
  /** The shim. */
  SHIM
}
