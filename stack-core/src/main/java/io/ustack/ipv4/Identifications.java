package io.ustack.ipv4;

import io.ustack.link.FlowShare;

/**
 * The identifications of packets that may be fragmented on their way. RFC 6864 4.3: between two
 * hosts they must not repeat soon, or fragments of different packets are taken for one. So stacks
 * that share an address count in steps of their number, each from its own start.
 */
final class Identifications {
  private static final int VALUES = 1 << 16;

  private final int step;
  private final int first;
  private final int end;
  private int last;

  /** Those of one of the stacks behind an address. */
  Identifications(final FlowShare share) {
    step = share.links();
    first = share.number();
    end = VALUES - VALUES % step;
    last = first;
  }

  /** The next one, in 16 bits. */
  int next() {
    last += step;
    if (last >= end) {
      last = first;
    }
    return last;
  }
}
