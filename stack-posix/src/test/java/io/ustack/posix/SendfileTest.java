package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What sendfile(2) does that the kernel can't be asked here. */
@Timeout(20)
class SendfileTest {
  private static final int BYTES = 3_000_000;

  @TempDir Path folder;

  private Path file() throws IOException {
    final byte[] bytes = new byte[BYTES];
    new Random(11).nextBytes(bytes);
    return Files.write(folder.resolve("file"), bytes);
  }

  /** A peer that does not read: what the socket did not take is sent later, and nothing twice. */
  @Test
  void noByteIsLostWhenTheSocketIsFull() throws IOException {
    final Path path = file();
    try (TwoHosts hosts = new TwoHosts();
        FileChannel file = FileChannel.open(path)) {
      final int[] pair = hosts.connect();
      final byte[] into = new byte[BYTES];
      int sent = 0;
      int received = 0;
      int refused = 0;
      while (sent < BYTES) {
        final int outcome = hosts.a.sendfile(pair[0], file, sent, BYTES - sent);
        hosts.run();
        if (outcome > 0) {
          sent += outcome;
        } else {
          assertEquals(-Errno.EAGAIN, outcome);
          refused++;
          received += Math.max(0, hosts.b.recv(pair[1], into, received, BYTES - received, 0));
          hosts.run();
        }
      }
      while (received < BYTES) {
        final int count = hosts.b.recv(pair[1], into, received, BYTES - received, 0);
        assertTrue(count > 0, "nothing came, and " + (BYTES - received) + " are to come");
        received += count;
        hosts.run();
      }
      assertTrue(refused > 0, "the socket was never full");
      assertEquals(-1, java.util.Arrays.mismatch(Files.readAllBytes(path), into));
      assertEquals(0, file.position());
    }
  }

  /** A peer that does not read: the time of SO_SNDTIMEO is that of the call, not of each part. */
  @Test
  void theTimeOfTheCallIsUpOnce() throws IOException {
    final Path path = file();
    try (Peers peers = new Peers(Mode.INLINE);
        FileChannel file = FileChannel.open(path)) {
      final int fd = peers.connect()[0];
      final TimeValue second = new TimeValue(1, 0);
      peers.a.setsockopt(fd, SocketOption.SOL_SOCKET, SocketOption.SO_SNDTIMEO, second);
      final long beforeNs = peers.elapsedNs();
      final int sent = peers.a.sendfile(fd, file, 0, BYTES);
      assertTrue(sent > 0 && sent < BYTES, () -> sent + " bytes");
      final long tookMs = (peers.elapsedNs() - beforeNs) / 1_000_000;
      assertTrue(tookMs >= 1000 && tookMs < 1900, () -> tookMs + " ms");
    }
  }

  @Test
  void closedFile() throws IOException {
    final Path path = file();
    try (TwoHosts hosts = new TwoHosts()) {
      final int[] pair = hosts.connect();
      final FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
      file.close();
      assertEquals(-Errno.EBADF, hosts.a.sendfile(pair[0], file, 0, 5));
    }
  }

  /** What the operating system says of a folder that is read. */
  @Test
  void fileThatCanNotBeRead() throws IOException {
    try (TwoHosts hosts = new TwoHosts();
        FileChannel file = FileChannel.open(folder)) {
      final int[] pair = hosts.connect();
      assertEquals(-Errno.EIO, hosts.a.sendfile(pair[0], file, 0, 5));
    }
  }

  /** A read would close the file of an interrupted thread. */
  @Test
  void interruptedThread() throws IOException {
    final Path path = file();
    try (TwoHosts hosts = new TwoHosts();
        FileChannel file = FileChannel.open(path)) {
      final int[] pair = hosts.connect();
      Thread.currentThread().interrupt();
      assertEquals(-Errno.EINTR, hosts.a.sendfile(pair[0], file, 0, 5));
      assertTrue(Thread.interrupted());
      assertTrue(file.isOpen());
      assertEquals(5, hosts.a.sendfile(pair[0], file, 0, 5));
    }
  }
}
