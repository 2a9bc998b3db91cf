package io.ustack.apps.bench;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The server's side of every cell: port 7 echoes, and 1007, 2007 and 3007 do, for clients that have
 * used up their ports towards one; port 9 discards, port 19 sends as fast as it goes. One thread.
 */
final class BenchService {
  static final int ECHO_PORT = 7;
  static final int DISCARD_PORT = 9;
  static final int SOURCE_PORT = 19;

  private static final int BUFFER_BYTES = 64 << 10;

  /** The next port that does the same. */
  private static final int NEXT = 1000;

  private static final int[] PORTS = {
    ECHO_PORT,
    DISCARD_PORT,
    SOURCE_PORT,
    ECHO_PORT + NEXT,
    ECHO_PORT + 2 * NEXT,
    ECHO_PORT + 3 * NEXT
  };

  /** Fewer than there are ephemeral ports: towards one port there are not more connections. */
  private static final int PER_PORT = 25_000;

  private final Sockets sockets;
  private final int[] listeners = new int[PORTS.length];
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

  /**
   * By descriptor: what is done for a connection, as the first port that does it; 0: a listener.
   */
  private byte[] port = new byte[64];

  BenchService(final Sockets sockets) {
    this.sockets = sockets;
    for (int i = 0; i < PORTS.length; i++) {
      listeners[i] = sockets.listen(PORTS[i]);
      keep(listeners[i], 0);
    }
  }

  /** Where a client's connection of that number finds an echo. */
  static int echoPort(final int connection) {
    return ECHO_PORT + connection / PER_PORT * NEXT;
  }

  private void keep(final int descriptor, final int servedAt) {
    if (descriptor >= port.length) {
      port = Arrays.copyOf(port, 2 * descriptor);
    }
    port[descriptor] = (byte) servedAt;
  }

  /** Waits for events and serves them. */
  void step(final int timeoutMs) {
    final int ready = sockets.await(timeoutMs);
    for (int i = 0; i < ready; i++) {
      final int descriptor = sockets.ready(i);
      switch (port[descriptor]) {
        case ECHO_PORT -> echo(descriptor);
        case DISCARD_PORT -> discard(descriptor);
        case SOURCE_PORT -> produce(descriptor);
        default -> acceptAll(descriptor);
      }
    }
  }

  /** Listens on another port, at which connections are closed as they come. */
  void listen(final int atPort) {
    keep(sockets.listen(atPort), 0);
  }

  private void acceptAll(final int listener) {
    int servedAt = 0;
    for (int i = 0; i < PORTS.length; i++) {
      servedAt = listeners[i] == listener ? PORTS[i] % NEXT : servedAt;
    }
    int descriptor = sockets.accept(listener);
    while (descriptor != Sockets.AGAIN) {
      if (servedAt == 0) {
        sockets.close(descriptor);
      } else {
        keep(descriptor, servedAt);
      }
      if (servedAt == SOURCE_PORT) {
        sockets.expectToWrite(descriptor);
      }
      descriptor = sockets.accept(listener);
    }
  }

  /**
   * Messages here are far smaller than the send buffer; one that does not fit ends the connection.
   */
  private void echo(final int descriptor) {
    final int count = sockets.receive(descriptor, buffer, BUFFER_BYTES);
    if (count > 0) {
      if (sockets.send(descriptor, buffer, count) != count) {
        end(descriptor);
      }
    } else if (count == 0) {
      end(descriptor);
    }
  }

  private void end(final int descriptor) {
    sockets.close(descriptor);
    port[descriptor] = 0;
  }

  /** How many are served. */
  int connections() {
    int count = 0;
    for (final byte servedAt : port) {
      count += servedAt == 0 ? 0 : 1;
    }
    return count;
  }

  /**
   * Closes every connection that is left: its client is gone, and so may be the reset that was to
   * say so. One that stayed would be in the way of a new one with the same ports.
   */
  void clear() {
    for (int descriptor = 0; descriptor < port.length; descriptor++) {
      if (port[descriptor] != 0) {
        end(descriptor);
      }
    }
  }

  private void discard(final int descriptor) {
    int count = sockets.receive(descriptor, buffer, BUFFER_BYTES);
    while (count == BUFFER_BYTES) {
      count = sockets.receive(descriptor, buffer, BUFFER_BYTES);
    }
    if (count == 0) {
      end(descriptor);
    }
  }

  private void produce(final int descriptor) {
    if (sockets.send(descriptor, buffer, BUFFER_BYTES) == 0) {
      end(descriptor);
    }
  }

  /** Closes the sockets, the listening ones too. */
  void close() {
    sockets.close();
  }
}
