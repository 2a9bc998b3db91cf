package io.ustack.stack;

import io.ustack.arp.Arp;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.ipv4.Ipv4Output;
import io.ustack.link.LinkChange;
import io.ustack.tcp.Tcp;
import io.ustack.udp.Udp;

/**
 * What becomes of a shard when something becomes of its wire. Down and up: connections and sockets
 * stay, what they send in between is lost and sent again; neighbours are looked for anew, and our
 * address is announced. Reset: our address is announced, in case that a switch has forgotten us,
 * too. Gone: connections to others fail with NETWORK_DOWN, no route leads out any more.
 *
 * @param counts whether this shard counts what becomes of a wire that several share
 */
record WireChanges(boolean counts, Arp arp, Ipv4Output ipv4, Tcp tcp, Udp udp, Counters counters) {

  void on(final LinkChange change, final long nowNs) {
    switch (change) {
      case DOWN -> {
        count(Counter.LINK_DOWNS);
        arp.onLinkDown();
      }
      case UP -> {
        count(Counter.LINK_UPS);
        arp.onLinkUp(nowNs);
      }
      case RESET -> {
        count(Counter.LINK_RESETS);
        arp.onLinkUp(nowNs);
      }
      case GONE -> {
        ipv4.onWireGone();
        tcp.all().onWireGone(ipv4.local());
        udp.onWireGone();
      }
    }
  }

  private void count(final Counter counter) {
    counters.add(counter, counts ? 1 : 0);
  }
}
