package io.ustack.tcp;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The listeners on one address and port: one, or with SO_REUSEPORT as many as share it. Stack
 * thread only.
 */
final class ListenerGroup {
  final int address;
  final int port;

  /** The next group in the same chain of {@link ListenerTable}. */
  @Nullable ListenerGroup next;

  private TcpListener[] members;
  private int count = 1;

  ListenerGroup(final TcpListener first) {
    address = first.address();
    port = first.port();
    members = new TcpListener[] {first};
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** Whether a connection may come to one or to another of them. */
  boolean isShared() {
    return count > 1 && members[0].binding().sharing().port();
  }

  TcpListener first() {
    return members[0];
  }

  /** Linux reuseport_select_sock: the same one as long as the group stays as it is. */
  TcpListener member(final long hash) {
    return members[(int) (((hash >>> 32) * count) >>> 32)];
  }

  void add(final TcpListener listener) {
    if (count == members.length) {
      members = Arrays.copyOf(members, 2 * count);
    }
    members[count++] = listener;
  }

  /** As on Linux the last takes the place of the one that leaves. */
  void remove(final TcpListener listener) {
    for (int i = 0; i < count; i++) {
      if (members[i] == listener) {
        members[i] = members[--count];
        members = Arrays.copyOf(members, count);
        return;
      }
    }
  }
}
