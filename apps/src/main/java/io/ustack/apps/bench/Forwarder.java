package io.ustack.apps.bench;

import io.ustack.buffer.Packet;
import io.ustack.dpdk.DpdkLink;
import io.ustack.ethernet.EthernetHeader;

/** Sends back whatever comes to a link, with the addresses swapped: the least that Java can do. */
final class Forwarder {
  private static final int BURST = 32;

  private final Packet[] frames = new Packet[BURST];
  private final DpdkLink link;

  Forwarder(final DpdkLink link) {
    this.link = link;
  }

  /** Works for so long; the frames forwarded. */
  long forward(final long blockNs) {
    final long beginNs = System.nanoTime();
    long forwarded = 0;
    long nowNs = beginNs;
    while (nowNs - beginNs < blockNs) {
      for (int i = 0; i < BURST; i++) {
        forwarded += burst(nowNs);
      }
      nowNs = System.nanoTime();
    }
    return forwarded;
  }

  private int burst(final long nowNs) {
    final int count = link.receive(frames, BURST, nowNs);
    for (int i = 0; i < count; i++) {
      swapAddresses(frames[i]);
    }
    final int sent = link.transmit(frames, count, nowNs);
    for (int i = sent; i < count; i++) {
      frames[i].release();
    }
    return sent;
  }

  private static void swapAddresses(final Packet frame) {
    final long source = EthernetHeader.source(frame.bytes(), frame.offset());
    final long destination = EthernetHeader.destination(frame.bytes(), frame.offset());
    final int type = EthernetHeader.type(frame.bytes(), frame.offset());
    EthernetHeader.write(frame.bytes(), frame.offset(), source, destination, type);
  }
}
