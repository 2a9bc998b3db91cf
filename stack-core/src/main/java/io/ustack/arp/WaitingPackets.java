package io.ustack.arp;

import io.ustack.buffer.Packet;
import org.jspecify.annotations.Nullable;

/** Packets that wait, first in, first out, linked through {@link Packet#next}. */
final class WaitingPackets {
  private @Nullable Packet head;
  private @Nullable Packet tail;
  private int count;

  int count() {
    return count;
  }

  void add(final Packet packet) {
    packet.next = null;
    if (tail == null) {
      head = packet;
    } else {
      tail.next = packet;
    }
    tail = packet;
    count++;
  }

  /** Takes the packet out that waits longest, or null. */
  @Nullable Packet poll() {
    final Packet first = head;
    if (first == null) {
      return null;
    }
    head = first.next;
    if (head == null) {
      tail = null;
    }
    first.next = null;
    count--;
    return first;
  }
}
