package io.ustack.apps.bench;

import java.nio.ByteBuffer;

/**
 * Non-blocking TCP sockets in the few calls that the service and the loads need, so that one and
 * the same loop runs on this stack and on the kernel's. Descriptors are small numbers. One thread.
 *
 * <p>Whatever goes wrong that a bench does not expect throws an {@link IllegalStateException}.
 */
interface Sockets extends AutoCloseable {
  /** What {@link #send} and {@link #receive} return when they would block. */
  int AGAIN = -1;

  /** A listening socket that {@link #await} tells of. */
  int listen(int port);

  /** A connection that has come in, which {@link #await} tells of; {@link #AGAIN} without one. */
  int accept(int listener);

  /** Begins to connect to the server; {@link #await} tells when it can be written to. */
  int connect(int port);

  /**
   * Waits up to {@code timeoutMs} until something is ready.
   *
   * @return how much is; {@link #ready} says what
   */
  int await(int timeoutMs);

  /** The descriptor that is ready; {@code index} counts from 0. */
  int ready(int index);

  /** That descriptor can be written to, and {@link #await} was to tell. */
  boolean isWritable(int index);

  /** From now on {@link #await} tells when there is something to read, and not about writing. */
  void expectToRead(int descriptor);

  /** From now on {@link #await} tells when there is room to write, and not about reading. */
  void expectToWrite(int descriptor);

  /** Sends the first bytes; how many were taken, 0 when the peer is gone, or {@link #AGAIN}. */
  int send(int descriptor, ByteBuffer from, int lengthBytes);

  /**
   * Receives to the buffer's beginning; how many bytes, 0 at the end, however it came, or AGAIN.
   */
  int receive(int descriptor, ByteBuffer into, int maxBytes);

  /** Closes; with unread data that is a reset. */
  void close(int descriptor);

  /** Closes whatever is open. */
  @Override
  void close();
}
