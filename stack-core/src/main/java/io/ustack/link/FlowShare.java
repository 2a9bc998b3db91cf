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
        public int owner(
            final int localAddress,
            final int localPort,
            final int remoteAddress,
            final int remotePort) {
          return 0;
        }

        @Override
        public int number() {
          return 0;
        }

        @Override
        public int links() {
          return 1;
        }
      };

  /**
   * The {@link #number} of the link on which arrives what the remote end sends to the local one.
   */
  int owner(int localAddress, int localPort, int remoteAddress, int remotePort);

  /** Whether that is this link. */
  default boolean arrivesHere(
      final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
    return owner(localAddress, localPort, remoteAddress, remotePort) == number();
  }

  /**
   * Which of the links this is, from 0. The stack on the first one announces and defends the host's
   * address.
   */
  int number();

  /** How many links share the wire, this one included. */
  int links();
}
