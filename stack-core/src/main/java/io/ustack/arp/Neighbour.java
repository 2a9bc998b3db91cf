package io.ustack.arp;

import io.ustack.time.Timer;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one host on the link. Entries are reused: whoever keeps one compares {@link
 * #address()} with the address that is meant, and asks {@link Arp} again when it differs.
 *
 * <p>As a timer it is the wait for an answer to the last request.
 */
public final class Neighbour extends Timer {
  /** The address of an entry that stands for nobody. */
  static final int NOBODY = 0;

  enum State {
    /** No MAC address yet; requests go to everybody, packets are parked. */
    INCOMPLETE,
    /** The MAC address is known. */
    RESOLVED,
    /**
     * The MAC address is known and used, and a request on its way to it asks whether it is right.
     */
    PROBING
  }

  private final Arp arp;

  int address = NOBODY;
  long macAddress;
  State state = State.INCOMPLETE;

  /** When an ARP packet last confirmed the MAC address. */
  long confirmedNs;

  /** When a packet was last sent to it; without meaning until {@link #used}. */
  long lastUsedNs;

  boolean used;

  /** Requests sent since the last answer. */
  int requests;

  /** Where the cache keeps it among all entries. */
  int position;

  /** Whether and where it stands in {@link UnknownNeighbours}. */
  boolean isUnknown;

  @Nullable Neighbour previousUnknown;
  @Nullable Neighbour nextUnknown;

  /** Packets to it that wait for its MAC address. */
  final WaitingPackets parked = new WaitingPackets();

  Neighbour(final Arp arp) {
    this.arp = arp;
  }

  /** The IPv4 address that this entry stands for now; 0 when for nobody. */
  public int address() {
    return address;
  }

  /** Begins to stand for an address of which nothing is known. */
  void become(final int newAddress) {
    address = newAddress;
    macAddress = 0;
    state = State.INCOMPLETE;
    used = false;
    requests = 0;
  }

  @Override
  protected void onExpiry(final long nowNs) {
    arp.onUnanswered(this, nowNs);
  }
}
