package io.ustack.apps.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.TwoHosts;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** A browser without manners: sends what it is told, and reads responses one by one. */
final class HttpPeer {
  private final TwoHosts hosts;
  private final Posix posix;
  private final int fd;
  private final byte[] chunk = new byte[1 << 16];
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private boolean ended;
  private int error;

  /** What came back; of the body, each character is a byte. */
  record Reply(int status, String head, String latinBody) {
    byte[] body() {
      return latinBody.getBytes(StandardCharsets.ISO_8859_1);
    }

    String text() {
      return new String(body(), StandardCharsets.UTF_8);
    }

    /** A field's value, or null. */
    String field(final String name) {
      for (final String line : head.split("\r\n", -1)) {
        if (line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ": ")) {
          return line.substring(name.length() + 2);
        }
      }
      return null;
    }
  }

  HttpPeer(final TwoHosts hosts) {
    this(hosts, 0);
  }

  /** With a receive buffer of so many bytes, 0 for the usual. */
  HttpPeer(final TwoHosts hosts, final int receiveBufferBytes) {
    this.hosts = hosts;
    posix = hosts.peerPosix();
    fd =
        posix.socket(
            SocketOption.AF_INET, SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK, 0);
    if (receiveBufferBytes > 0) {
      assertEquals(
          0,
          posix.setsockopt(
              fd, SocketOption.SOL_SOCKET, SocketOption.SO_RCVBUF, receiveBufferBytes));
    }
    assertEquals(-Errno.EINPROGRESS, posix.connect(fd, TwoHosts.SERVER_ADDRESS, HttpScene.PORT));
  }

  /** Sends all of it. */
  HttpPeer send(final String text) {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  HttpPeer send(final byte[] bytes) {
    final int[] sent = {0};
    hosts.until(
        () -> {
          final int count = posix.send(fd, bytes, sent[0], bytes.length - sent[0], 0);
          assertTrue(count >= 0 || count == -Errno.EAGAIN, () -> "send: " + Errno.name(count));
          sent[0] += Math.max(0, count);
          return sent[0] == bytes.length;
        });
    return this;
  }

  /** Sends a GET on a connection that stays open. */
  HttpPeer get(final String target, final String... fields) {
    return send("GET " + target + " HTTP/1.1\r\nHost: ustack\r\n" + lines(fields) + "\r\n");
  }

  static String lines(final String... fields) {
    final StringBuilder lines = new StringBuilder();
    for (final String field : fields) {
      lines.append(field).append("\r\n");
    }
    return lines.toString();
  }

  /** The next response, complete. */
  Reply reply() {
    return reply(true);
  }

  /** The next response, which has no body whatever its length says: the answer to HEAD. */
  Reply headReply() {
    return reply(false);
  }

  private Reply reply(final boolean withBody) {
    hosts.until(() -> headEnd() > 0 || over());
    final int headEnd = headEnd();
    assertTrue(headEnd > 0, () -> "the connection ended after: " + text());
    final String head = text().substring(0, headEnd);
    final Reply bare = new Reply(Integer.parseInt(head.substring(9, 12)), head, "");
    final String lengthField = bare.field("Content-Length");
    final int length = withBody && lengthField != null ? Integer.parseInt(lengthField) : 0;
    hosts.until(() -> received.size() >= headEnd + length || over());
    final byte[] all = received.toByteArray();
    assertTrue(all.length >= headEnd + length, "the connection ended inside the body");
    final byte[] body = Arrays.copyOfRange(all, headEnd, headEnd + length);
    received.reset();
    received.write(all, headEnd + length, all.length - headEnd - length);
    return new Reply(bare.status(), head, new String(body, StandardCharsets.ISO_8859_1));
  }

  /** Looks for more, and says whether nothing can come any more. */
  private boolean over() {
    read(chunk.length);
    return ended;
  }

  /** Reads what is there, at most {@code max} bytes. */
  int read(final int max) {
    final int count = ended ? 0 : posix.recv(fd, chunk, 0, Math.min(max, chunk.length), 0);
    if (count > 0) {
      received.write(chunk, 0, count);
    } else if (count == 0) {
      ended = true;
    } else if (count != -Errno.EAGAIN && count != -Errno.ENOTCONN) {
      ended = true;
      error = -count;
    }
    return count;
  }

  private int headEnd() {
    final int at = text().indexOf("\r\n\r\n");
    return at < 0 ? 0 : at + 4;
  }

  private String text() {
    return received.toString(StandardCharsets.ISO_8859_1);
  }

  /** The server has closed the connection, with nothing left to read, and did not reset it. */
  void expectEnd() {
    hosts.until(this::over);
    assertEquals("", text());
    assertEquals(0, error, () -> "reset: " + Errno.name(error));
  }

  /** Nothing more has come so far. */
  void expectNothing() {
    read(chunk.length);
    assertEquals("", text());
    assertTrue(!ended, "the connection has ended");
  }

  /** Nothing more will be sent. */
  HttpPeer shutdown() {
    assertEquals(0, posix.shutdown(fd, SocketOption.SHUT_WR));
    return this;
  }

  /** Lets go; with something unread this resets the connection. */
  void close() {
    posix.close(fd);
  }
}
