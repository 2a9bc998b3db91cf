package io.ustack.apps.proxy;

import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;

/**
 * One direction of a proxied connection: what the one socket receives, the other sends.
 *
 * <p>Nothing is kept between the two. What the sender's buffer does not take stays in the
 * receiver's, whose window closes, and so whoever reads slowly slows the writer at the other end of
 * both connections.
 */
final class Pipe {
  private boolean waits;
  private boolean ended;

  /**
   * Passes on what there is, a chunk at most; after the last byte also that nothing follows.
   *
   * @param chunk where the bytes pass through
   * @return bytes passed on, or the {@code -errno} of the socket that is broken
   */
  int move(final Posix posix, final int from, final int to, final byte[] chunk) {
    final int count = posix.recv(from, chunk, 0, chunk.length, SocketOption.MSG_PEEK);
    if (count == 0) {
      ended = true;
      // A half-closed connection: the other direction goes on.
      posix.shutdown(to, SocketOption.SHUT_WR);
    }
    if (count <= 0) {
      waits = false;
      return count == -Errno.EAGAIN ? 0 : count;
    }
    final int sent = posix.send(to, chunk, 0, count, SocketOption.MSG_NOSIGNAL);
    waits = sent < count;
    if (sent > 0) {
      posix.recv(from, chunk, 0, sent, SocketOption.MSG_TRUNC); // throws it away, tcp(7)
    }
    return sent == -Errno.EAGAIN ? 0 : sent;
  }

  /** Something is there for which there is no room. */
  boolean waitsForRoom() {
    return waits;
  }

  /** Something may come. */
  boolean waitsForBytes() {
    return !waits && !ended;
  }

  /** Everything is passed on, the end included. */
  boolean isOver() {
    return ended;
  }
}
