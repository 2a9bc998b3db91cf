package io.ustack.tcp;

import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import java.util.Random;

/**
 * What comes to a stack from the wire when nobody means it well: segments that fit, segments at the
 * edges of the windows, headers that lie.
 */
final class RandomPeer {
  private static final int[] WINDOWS = {0, 1, 100, 536, 1460, 3000, 65_535, 65_535, 65_535};

  private final Random random;
  private final TestStack stack;
  private final RandomOptions options;
  private int lastWindow;
  private int segments;

  RandomPeer(final Random random, final TestStack stack, final RandomOptions options) {
    this.random = random;
    this.stack = stack;
    this.options = options;
  }

  /** Segments so far. */
  int segments() {
    return segments;
  }

  private int window() {
    return random.nextInt(8) == 0
        ? random.nextInt(65_536)
        : WINDOWS[random.nextInt(WINDOWS.length)];
  }

  /** What a well-meaning peer might send now. */
  void helpful(final RandomLife life) {
    final TcpConnection c = life.connection;
    final Sender s = c.sender();
    if (c.state() == TcpState.SYN_SENT) {
      answerSyn(life);
      return;
    }
    final int flight = s.sndNxt() - s.sndUna();
    final int ack = random.nextBoolean() ? s.sndNxt() : s.sndUna() + random.nextInt(flight + 1);
    final int length = random.nextInt(3) == 0 ? 0 : random.nextInt(1461);
    final int rarely = c.state() == TcpState.FIN_WAIT_1 ? 5 : 60;
    int flags = TcpHeader.ACK | (random.nextInt(rarely) == 0 ? TcpHeader.FIN : 0);
    flags |= random.nextInt(6) == 0 ? TcpHeader.ECE : 0;
    flags |= random.nextInt(6) == 0 ? TcpHeader.CWR : 0;
    send(life, c.receiver().rcvNxt(), ack, flags, length);
  }

  private void answerSyn(final RandomLife life) {
    final TcpConnection c = life.connection;
    final int irs = random.nextInt();
    final int ecn = random.nextBoolean() ? TcpHeader.ECE : 0;
    final int flags = TcpHeader.SYN | (random.nextInt(4) > 0 ? TcpHeader.ACK | ecn : 0);
    final int ack = c.sender().iss() + 1 + (random.nextBoolean() ? 0 : c.sendBuffer().length());
    final int length = random.nextInt(30);
    send(life.ourPort, life.peerPort, irs, ack, flags, length, options.ofSyn(true));
    life.learnIrs(irs);
  }

  void duplicateAcks(final RandomLife life) {
    final TcpConnection c = life.connection;
    if (c.state() == TcpState.SYN_SENT) {
      return;
    }
    final int window = lastWindow;
    for (int i = random.nextInt(8); i >= 0; i--) {
      final int ack = c.sender().sndUna();
      final byte[] bytes = options.of(c, ack, stack.net.clock.nanoTime());
      final int seq = c.receiver().rcvNxt();
      send(life.ourPort, life.peerPort, seq, ack, TcpHeader.ACK, window, 0, bytes);
    }
  }

  /** Anything, most of it close to the edges of the windows. */
  void random(final RandomLife life) {
    final int length = random.nextInt(3) == 0 ? 0 : random.nextInt(random.nextBoolean() ? 3 : 1461);
    final int near = random.nextInt(5) - 2;
    int flags = random.nextInt(5) == 0 ? random.nextInt(256) : TcpHeader.ACK;
    if (random.nextInt(6) > 0) {
      flags &= ~TcpHeader.RST;
    }
    final int seq = seq(life.connection.receiver(), length, near);
    final int ack = ack(life.connection.sender(), near);
    if ((flags & TcpHeader.SYN) != 0) {
      send(life.ourPort, life.peerPort, seq, ack, flags, length, options.ofSyn(true));
    } else {
      send(life, seq, ack, flags, length);
    }
    life.learnIrs(seq);
  }

  private int seq(final Receiver r, final int length, final int near) {
    return switch (random.nextInt(10)) {
      case 0 -> random.nextInt();
      case 1 -> r.rcvNxt() + r.rcvWnd() + near;
      case 2 -> r.rcvNxt() + r.rcvWnd() - length + near;
      case 3 -> r.rcvNxt() - length + near;
      case 4 -> r.rcvNxt() - random.nextInt(3000);
      case 5, 6, 7 -> r.rcvNxt() + random.nextInt(6000);
      default -> r.rcvNxt() + near;
    };
  }

  private int ack(final Sender s, final int near) {
    return switch (random.nextInt(8)) {
      case 0 -> random.nextInt();
      case 1, 2 -> s.sndNxt() + near;
      case 3 -> s.sndUna() - random.nextInt(100_000);
      default -> s.sndUna() + Math.max(0, near);
    };
  }

  /** A header that lies, or is cut. */
  void garbage(final RandomLife life) {
    final byte[] bytes = new byte[random.nextInt(70)];
    random.nextBytes(bytes);
    if (bytes.length >= 4) {
      ByteBuffer.wrap(bytes).putShort((short) life.peerPort).putShort((short) life.ourPort);
    }
    if (bytes.length >= 20 && random.nextBoolean()) {
      bytes[13] &= ~(TcpHeader.SYN | TcpHeader.RST);
      checksum(bytes);
    }
    stack.net.inject(TestNet.ipv4ToUs(TcpHeader.PROTOCOL, bytes));
  }

  private void send(
      final RandomLife life, final int seq, final int ack, final int flags, final int length) {
    final byte[] bytes = options.of(life.connection, ack, stack.net.clock.nanoTime());
    send(life.ourPort, life.peerPort, seq, ack, flags, length, bytes);
  }

  /** A segment with a window of any size. */
  void send(
      final int ourPort,
      final int peerPort,
      final int seq,
      final int ack,
      final int flags,
      final int length,
      final byte[] options) {
    send(ourPort, peerPort, seq, ack, flags, window(), length, options);
  }

  private void send(
      final int ourPort,
      final int peerPort,
      final int seq,
      final int ack,
      final int flags,
      final int window,
      final int length,
      final byte[] options) {
    final int header = 20 + options.length;
    final int from = (flags & TcpHeader.SYN) != 0 ? seq + 1 : seq;
    final ByteBuffer segment = ByteBuffer.allocate(header + Math.min(length, 1480 - header));
    segment.putShort((short) peerPort).putShort((short) ourPort).putInt(seq).putInt(ack);
    segment.put((byte) (header << 2)).put((byte) flags).putShort((short) window).putInt(0);
    segment.put(options).put(ScriptedSegment.stream(from, segment.remaining()));
    checksum(segment.array());
    final byte[] frame = TestNet.ipv4ToUs(TcpHeader.PROTOCOL, segment.array());
    if (random.nextInt(10) == 0) {
      mark(frame);
    }
    segments++;
    lastWindow = window;
    stack.net.inject(frame);
  }

  private static void checksum(final byte[] segment) {
    final ByteBuffer bytes = ByteBuffer.wrap(segment).putShort(16, (short) 0);
    final long pseudo = Frames.pseudoHeader(6, TestNet.PEER, TestNet.OUR, segment.length);
    bytes.putShort(16, (short) Frames.checksum(segment, 0, segment.length, pseudo));
  }

  /** A router marks the packet: congestion experienced. */
  private static void mark(final byte[] frame) {
    final ByteBuffer ip = ByteBuffer.wrap(frame, 14, 20).slice();
    ip.put(1, (byte) 3).putShort(10, (short) 0);
    final byte[] header = new byte[20];
    ip.get(header);
    ip.putShort(10, (short) Frames.checksum(header, 0, 20, 0));
  }
}
