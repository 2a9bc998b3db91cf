package io.ustack.dpdk;

import io.ustack.buffer.Packet;

/**
 * What a port is to do, of what it offers, and what the shim does besides.
 *
 * @param config what is wanted
 * @param driver DPDK's name of it
 * @param offered the bits of what it can do
 * @param ownMtuBytes the port's MTU where the configuration names none
 */
record OffloadChoice(PortConfig config, String driver, int offered, int ownMtuBytes) {
  /** The port gets packets of both lengths that its pool has. */
  static final int MIXED = 1 << 15;

  /** What of that which it offers the port is to do. */
  int bits() throws DpdkException {
    int chosen = scatter();
    for (final Offload offload : Offload.values()) {
      if (isWanted(offload)) {
        chosen |= offload.isShims() ? offload.bits() : offered & offload.bits();
      }
    }
    // Whoever cuts segments computes their checksums.
    final int sums = Packet.TX_IPV4_CHECKSUM | Packet.TX_TCP_CHECKSUM;
    if ((chosen & sums) == sums) {
      return chosen;
    }
    if (config.offloads().isOn(Offload.TSO)) {
      throw new DpdkException("port " + config.name() + ": tso=on needs tx, which is off");
    }
    return chosen & ~Offload.TSO.bits();
  }

  private boolean isWanted(final Offload offload) throws DpdkException {
    final boolean on = config.offloads().isOn(offload);
    final boolean needed = !offload.isForVlan() || config.vlan() != 0;
    if (on && !needed) {
      throw new DpdkException("port " + config.name() + ": " + offload.word() + "=on needs --vlan");
    }
    if (on && offload == Offload.LRO) {
      throw new DpdkException(
          "port "
              + config.name()
              + ": lro=on is not supported: gro does it in the shim, leave lro out");
    }
    if (on && !offload.isShims() && (offered & offload.bits()) == 0) {
      throw new DpdkException(
          "port "
              + config.name()
              + " ("
              + driver
              + ") does not offer "
              + offload.word()
              + "=on: leave it out, or ask for off");
    }
    if (offload == Offload.SCATTER || offload == Offload.LRO) {
      return false; // scatter() knows whether there is reason to
    }
    // A tap's offloads are loops in software, no better than ours.
    final boolean usual = offload.isShims() || !driver.equals(DpdkPort.TAP);
    return on || (needed && usual && !config.offloads().isOff(offload));
  }

  /** Whether frames are longer than the buffers that they are received into. */
  private int scatter() throws DpdkException {
    final DpdkPacketPool pool = config.pool();
    final int own = config.offloads().isOn(Offload.SCATTER) ? config.scatterBytes() : 0;
    final int holds = pool == null ? own : pool.shorterFrameBytes();
    final int mtuBytes = config.mtuBytes() == 0 ? ownMtuBytes : config.mtuBytes();
    if (holds >= DpdkPacketPool.frameBytes(mtuBytes)) {
      return pool == null ? 0 : MIXED; // the pool is, or it would hold 0
    }
    if (holds > 0 && (offered & Offload.SCATTER.bits()) == 0) {
      throw new DpdkException(
          "port "
              + config.name()
              + " ("
              + driver
              + ") does not put a frame into several buffers (scatter): give it a pool of long"
              + " packets");
    }
    return holds == 0 ? 0 : Offload.SCATTER.bits() | MIXED;
  }
}
