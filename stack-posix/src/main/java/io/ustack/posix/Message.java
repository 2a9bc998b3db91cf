package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import org.jspecify.annotations.Nullable;

/**
 * What sendmsg(2) and recvmsg(2) move: the user's {@code struct msghdr}, with its flags and, for
 * sendmmsg(2) and recvmmsg(2), the {@code msg_len} of {@code struct mmsghdr}. Made once and used
 * for many calls; one thread at a time.
 */
public final class Message {
  private final ByteRanges ranges = new ByteRanges();
  private final SocketAddress4 name = new SocketAddress4();
  private boolean named;
  private @Nullable ControlData control;
  private int flags;
  private int lengthBytes;

  /** The bytes: of a datagram they are one run, whatever they are cut into. */
  public ByteRanges ranges() {
    return ranges;
  }

  /** Names the receiver: {@code msg_name}. A call that receives names the sender here. */
  public Message name(final int address, final int port) {
    name.set(address, port);
    named = true;
    return this;
  }

  /** No name, {@code msg_namelen} 0: to the peer that connect(2) was told. */
  public Message noName() {
    named = false;
    return this;
  }

  /** Whether there is a name; what came from a stream has none. */
  public boolean isNamed() {
    return named;
  }

  /** The address of the name. */
  public int address() {
    return name.address();
  }

  /** The port of the name. */
  public int port() {
    return name.port();
  }

  /** {@code msg_control}: null for none. */
  public @Nullable ControlData control() {
    return control;
  }

  /** Sets where control messages are, or go to; null for nowhere. */
  public Message control(final @Nullable ControlData newControl) {
    control = newControl;
    return this;
  }

  /**
   * {@code msg_flags} of what was received: MSG_TRUNC when not all of a datagram fitted, MSG_CTRUNC
   * when not all control messages did.
   */
  public int flags() {
    return flags;
  }

  /** {@code msg_len}: what sendmmsg(2) or recvmmsg(2) moved of this message. */
  public int lengthBytes() {
    return lengthBytes;
  }

  /** What is received has no name and no control messages. */
  void receivedPlainly(final int newFlags) {
    named = false;
    flags = newFlags;
    if (control != null) {
      control.clear();
    }
  }

  void flags(final int newFlags) {
    flags = newFlags;
  }

  void lengthBytes(final int bytes) {
    lengthBytes = bytes;
  }
}
