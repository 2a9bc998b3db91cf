package io.ustack.apps.replay;

import io.ustack.tcp.IsnSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Initial sequence numbers that a host had in a capture, in the order in which its connections had
 * them.
 */
final class CapturedIsns {
  /** Connections remembered at most: captures of floods have no end. */
  private static final int MOST_CONNECTIONS = 1 << 16;

  private record Connection(int localPort, int remoteAddress, int remotePort) {}

  private final Map<Connection, Deque<Integer>> isns = new HashMap<>();

  void add(final int localPort, final int remoteAddress, final int remotePort, final int isn) {
    final Connection connection = new Connection(localPort, remoteAddress, remotePort);
    if (isns.size() == MOST_CONNECTIONS && !isns.containsKey(connection)) {
      return;
    }
    final Deque<Integer> known = isns.computeIfAbsent(connection, ignored -> new ArrayDeque<>());
    // The same number again is a retransmission.
    if (known.isEmpty() || known.getLast() != isn) {
      known.addLast(isn);
    }
  }

  /**
   * A source that gives each connection the number that it had; one that the capture does not know
   * gets its number from {@code others}.
   */
  IsnSource before(final IsnSource others) {
    return (localAddress, localPort, remoteAddress, remotePort, nowNs) -> {
      final Deque<Integer> known = isns.get(new Connection(localPort, remoteAddress, remotePort));
      return known == null || known.isEmpty()
          ? others.isn(localAddress, localPort, remoteAddress, remotePort, nowNs)
          : known.removeFirst();
    };
  }
}
