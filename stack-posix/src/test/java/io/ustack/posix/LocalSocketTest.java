package io.ustack.posix;

import static io.ustack.posix.SocketOption.AF_UNIX;
import static io.ustack.posix.SocketOption.SOCK_DGRAM;
import static io.ustack.posix.SocketOption.SOCK_SEQPACKET;
import static io.ustack.posix.SocketOption.SOCK_STREAM;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Socket pairs between threads; their semantics are compared in {@link LocalScenes}. */
@Timeout(120)
class LocalSocketTest {
  private static int[] pair(final Posix posix, final int type) {
    final int[] fds = new int[2];
    assertEquals(0, posix.socketpair(AF_UNIX, type, 0, fds));
    return fds;
  }

  /** The writer and the reader each have to wait for the other now and then. */
  @ParameterizedTest
  @ValueSource(ints = {SOCK_STREAM, SOCK_SEQPACKET})
  void everyByteArrivesInOrder(final int type) throws InterruptedException {
    final int total = 20_000_000;
    try (Host host = new Host(Mode.DEDICATED)) {
      final int[] fds = pair(host.posix, type);
      final Thread writer =
          new Thread(
              () -> {
                final byte[] data = new byte[7_001];
                int sent = 0;
                while (sent < total) {
                  final int length = Math.min(1 + sent % data.length, total - sent);
                  for (int i = 0; i < length; i++) {
                    data[i] = (byte) ((sent + i) % 251);
                  }
                  assertEquals(length, host.posix.send(fds[0], data, 0, length, 0));
                  sent += length;
                }
                host.posix.close(fds[0]);
              });
      writer.start();
      final byte[] into = new byte[9_000];
      int received = 0;
      int wrong = 0;
      while (true) {
        final int count = host.posix.recv(fds[1], into, 0, into.length, 0);
        if (count <= 0) {
          assertEquals(0, count);
          break;
        }
        for (int i = 0; i < count; i++) {
          wrong += into[i] == (byte) ((received + i) % 251) ? 0 : 1;
        }
        received += count;
      }
      writer.join();
      assertEquals(total, received);
      assertEquals(0, wrong);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM})
  void closingEndsWhatWaitsOnEitherEnd(final int type) throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final int[] fds = pair(host.posix, type);
      final AtomicInteger result = new AtomicInteger(99);
      final Thread reader =
          new Thread(() -> result.set(host.posix.recv(fds[1], new byte[1], 0, 1, 0)));
      reader.start();
      Threads.awaitParked(reader);
      host.posix.close(type == SOCK_DGRAM ? fds[1] : fds[0]);
      reader.join();
      assertEquals(type == SOCK_DGRAM ? -Errno.EBADF : 0, result.get());
    }
  }

  /** A third is free, and the message needs more: who sends sleeps until it fits. */
  @Test
  void aMessageWaitsForRoomForItself() throws InterruptedException {
    try (Host host = new Host(Mode.DEDICATED)) {
      final int[] fds = pair(host.posix, SOCK_SEQPACKET);
      assertEquals(80_000, host.posix.send(fds[0], new byte[80_000], 0, 80_000, 0));
      final AtomicInteger sent = new AtomicInteger();
      final Thread writer =
          new Thread(() -> sent.set(host.posix.send(fds[0], new byte[140_000], 0, 140_000, 0)));
      writer.start();
      Threads.awaitParked(writer);
      assertEquals(80_000, host.posix.recv(fds[1], new byte[80_000], 0, 80_000, 0));
      writer.join();
      assertEquals(140_000, sent.get());
    }
  }

  /** As Linux since 6.13; the kernels before keep it, and nothing comes of it. */
  @Test
  void sharesNoPorts() {
    try (Host host = new Host(Mode.INLINE)) {
      final int fd = pair(host.posix, SOCK_STREAM)[0];
      final int option = SocketOption.SO_REUSEPORT;
      assertEquals(
          -Errno.EOPNOTSUPP, host.posix.setsockopt(fd, SocketOption.SOL_SOCKET, option, 1));
      assertEquals(0, host.posix.getsockopt(fd, SocketOption.SOL_SOCKET, option));
    }
  }

  @Test
  void takesNoNumberWhenThereIsOnlyOne() {
    try (Host host = new Host(Mode.INLINE);
        Posix narrow = Posix.on(host.engine, 4)) {
      final int[] fds = {7, 7};
      assertEquals(-Errno.EMFILE, narrow.socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
      assertEquals(7, fds[0]);
      assertEquals(3, narrow.eventfd(0, 0));
      assertEquals(-Errno.EMFILE, narrow.socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
      assertEquals(-Errno.EFAULT, narrow.socketpair(AF_UNIX, SOCK_STREAM, 0, new int[1]));
      assertEquals(-Errno.EFAULT, narrow.socketpair(AF_UNIX, SOCK_STREAM, 0, null));
    }
  }
}
