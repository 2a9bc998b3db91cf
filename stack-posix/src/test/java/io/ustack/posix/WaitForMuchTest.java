package io.ustack.posix;

import static io.ustack.posix.SocketOption.FIONREAD;
import static io.ustack.posix.SocketOption.MSG_PEEK;
import static io.ustack.posix.SocketOption.MSG_WAITALL;
import static io.ustack.posix.SocketOption.SIOCOUTQ;
import static io.ustack.posix.SocketOption.SOL_SOCKET;
import static io.ustack.posix.SocketOption.SO_RCVLOWAT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A call that asks for more than there is sleeps until it is there, and wakes for no less. */
@Timeout(20)
class WaitForMuchTest {
  private final Peers peers = new Peers(Mode.DEDICATED);
  private final int[] pair = peers.connect();
  private final byte[] bytes = new byte[100];
  private final AtomicInteger received = new AtomicInteger();

  @AfterEach
  void close() {
    peers.close();
  }

  /** Starts to receive; returns when the thread sleeps, with all taken that it takes for now. */
  private Thread receive(final int length, final int flags) {
    final Thread thread =
        Threads.start(
            "receiver", () -> received.set(peers.b.recv(pair[1], new byte[100], 0, length, flags)));
    Threads.awaitParked(thread);
    return thread;
  }

  /** Returns when the bytes are in the other end's buffer, or taken. */
  private void send(final int length) {
    assertEquals(length, peers.a.send(pair[0], bytes, 0, length, 0));
    while (peers.a.ioctl(pair[0], SIOCOUTQ, 0) != 0) {
      Thread.onSpinWait();
    }
  }

  private void awaitThere(final int length) {
    while (peers.b.ioctl(pair[1], FIONREAD, 0) != length) {
      Thread.onSpinWait();
    }
  }

  @Test
  void waitAllTakesWhatComes() throws InterruptedException {
    final Thread thread = receive(10, MSG_WAITALL);
    send(5);
    awaitThere(0);
    send(2);
    awaitThere(0);
    assertEquals(0, received.get());
    send(3);
    thread.join();
    assertEquals(10, received.get());
  }

  @Test
  void lowWaterMarkKeepsACallAsleep() throws InterruptedException {
    assertEquals(0, peers.b.setsockopt(pair[1], SOL_SOCKET, SO_RCVLOWAT, 6));
    final Thread thread = receive(10, 0);
    send(3);
    awaitThere(0);
    assertEquals(0, received.get());
    send(3);
    thread.join();
    assertEquals(6, received.get());
  }

  @Test
  void waitAllPeeks() throws InterruptedException {
    send(3);
    awaitThere(3);
    final Thread thread = receive(6, MSG_PEEK | MSG_WAITALL);
    assertEquals(0, received.get());
    send(2);
    awaitThere(5);
    Threads.awaitParked(thread);
    send(1);
    thread.join();
    assertEquals(6, received.get());
    assertEquals(6, peers.b.recv(pair[1], bytes, 0, 100, 0), "it is still there");
  }

  @Test
  void lowWaterMarkPeeks() throws InterruptedException {
    assertEquals(0, peers.b.setsockopt(pair[1], SOL_SOCKET, SO_RCVLOWAT, 6));
    send(3);
    awaitThere(3);
    final Thread thread = receive(10, MSG_PEEK);
    assertEquals(0, received.get());
    send(3);
    thread.join();
    assertEquals(6, received.get());
    awaitThere(6);
  }
}
