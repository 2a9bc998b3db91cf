package io.ustack.apps.doctor;

import io.ustack.dpdk.Offload;

/** What a port's driver can do, what of it is on, and who does the rest: one line per offload. */
final class OffloadTable {
  private static final String ROW = "%n         %-8s %-16s %-16s %s";

  private OffloadTable() {}

  /**
   * The table, each line behind a line feed.
   *
   * @param offered {@link io.ustack.dpdk.DpdkPort#offered}
   * @param active {@link io.ustack.dpdk.DpdkPort#active}
   */
  static String of(final int offered, final int active) {
    final StringBuilder table = new StringBuilder();
    table.append(String.format(ROW, "offload", "driver offers", "on", "else"));
    for (final Offload offload : Offload.values()) {
      table.append(
          String.format(
              ROW,
              offload.word(),
              offload.isShims() ? "(the shim)" : offload.parts(offered),
              on(offload, offered, active),
              without(offload)));
    }
    return table.toString();
  }

  private static String on(final Offload offload, final int offered, final int active) {
    final String parts = offload.parts(active);
    return offload.isForVlan() && !offload.parts(offered).equals("-") && parts.equals("-")
        ? "with --vlan"
        : parts;
  }

  private static String without(final Offload offload) {
    return switch (offload) {
      case RX_CHECKSUM -> "the shim verifies checksums";
      case TX_CHECKSUM -> "the shim computes checksums";
      case TSO -> "the shim cuts trains of segments";
      case RX_VLAN -> "the shim takes VLAN tags off";
      case TX_VLAN -> "the shim puts VLAN tags on";
      case SCATTER -> "a buffer is as long as the longest frame";
      case LRO -> "gro: the shim makes trains of segments";
      case GSO -> "segments leave one by one";
      case GRO -> "segments arrive one by one";
    };
  }
}
