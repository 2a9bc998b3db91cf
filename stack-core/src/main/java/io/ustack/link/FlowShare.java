package io.ustack.link;

/**
 * Which flows of a host arrive on a link: all, unless several links share the wire and each has a
 * stack of its own. Addresses and ports are those of the host's own sockets and of their peers.
 * Constant, so any thread.
 */
public interface FlowShare {
  /** Of a link that shares its wire with none. */
  FlowShare ALL =
      new FlowShare() {
        @Override
        public boolean arrivesHere(
            final int localAddress,
            final int localPort,
            final int remoteAddress,
            final int remotePort) {
          return true;
        }

        @Override
        public int number() {
          return 0;
        }
      };

  /** Whether what the remote end sends to the local one arrives on this link. */
  boolean arrivesHere(int localAddress, int localPort, int remoteAddress, int remotePort);

  /**
   * Which of the links this is, from 0. The stack on the first one announces and defends the host's
   * address.
   */
  int number();
}
