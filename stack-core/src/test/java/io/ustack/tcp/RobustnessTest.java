package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random segments, applications and pauses at connections in every state, over thousands of short
 * lives. No exception, nothing lost, and at each step what {@link RandomLife} says must hold.
 */
class RobustnessTest {
  private static final int LIVES = 500;
  private static final int STEPS = 70;
  private static final int PORTS = 64;
  private static final long MS = 1_000_000;
  private static final long[] PAUSES_MS = {1, 39, 41, 150, 201, 450, 1_000, 3_500, 61_000};
  private static final byte[] NO_OPTIONS = new byte[0];
  private static final int[] WINDOWS = {0, 0, 1, 100, 536, 1460, 3000, 65_535, 65_535, 65_535};

  private Random random = new Random(0);
  private TestStack stack;
  private RandomLife life;
  private boolean blocked;
  private int segments;
  private int lastWindow;

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void livesOf(final long seed) {
    random = new Random(seed);
    final int receive = seed % 2 == 0 ? 1 << 17 : 6000;
    final TcpConfig config =
        TestStack.PLAIN
            .withBuffers(receive, 20_000)
            .with()
            .maxConnections(1 << 20)
            .maxTimeWaits(seed % 3 == 0 ? 5 : 500)
            .build();
    try (TestStack s = new TestStack(config).listen(4)) {
      stack = s;
      for (int i = 0; i < LIVES; i++) {
        live(seed, i);
      }
      s.net.advance(2_500_000 * MS);
      s.takeSent();
      assertEquals(0, tcp().connections(), "some live for ever");
      assertEquals(0, s.listener().handshakes(), "handshakes counted");
      assertFalse(s.listener().isReadable());
      assertEquals(0, tcp().spareTimers().scheduled(), "timers left");
      s.listener().backlog(0);
      s.peerPort(1).establish();
      s.abort();
      s.takeSent();
      assertTrue(segments > 25_000, () -> "only " + segments);
    }
  }

  private Tcp tcp() {
    return stack.net.stack.tcp();
  }

  private long nowNs() {
    return stack.net.clock.nanoTime();
  }

  private TcpConnection find(final int ourPort, final int peerPort) {
    return tcp().connectionTable().find(TestNet.OUR, ourPort, TestNet.PEER, peerPort);
  }

  private void live(final long seed, final int number) {
    if (!begin()) {
      return;
    }
    int step = 0;
    try {
      while (step++ < STEPS && life.connection.state() != TcpState.CLOSED) {
        step();
        life.check(!blocked);
      }
      unblock();
      end();
      life.check(true);
    } catch (final AssertionError | RuntimeException e) {
      throw new AssertionError(
          "seed " + seed + " life " + number + " step " + step + ": " + life, e);
    }
  }

  // ---- Beginning and end

  private boolean begin() {
    final int port = 40_000 + random.nextInt(PORTS);
    if (random.nextInt(3) > 0) {
      return beginPassive(port);
    }
    final TcpConnection c =
        tcp().connect(null, TestNet.PEER, port, tcp().config(), ReadinessObserver.NONE, nowNs());
    life = new RandomLife(c);
    stack.net.poll();
    drain();
    return true;
  }

  private boolean beginPassive(final int port) {
    final TcpConnection old = find(TestStack.OUR_PORT, port);
    if (old != null && old.state() != TcpState.TIME_WAIT) {
      return false;
    }
    final int seq = old == null ? random.nextInt() : old.receiver().rcvNxt() + random.nextInt(9);
    life = null;
    inject(
        TestStack.OUR_PORT, port, seq, random.nextInt(), TcpHeader.SYN, window(), 0, synOptions());
    final TcpConnection c = find(TestStack.OUR_PORT, port);
    if (c == null || c == old) {
      stack.takeSent();
      acceptAll();
      return false;
    }
    life = new RandomLife(c);
    life.irs(seq);
    drain();
    return true;
  }

  /** The socket lets go, in one way or another, and so do those that nobody took. */
  private void end() {
    if (random.nextBoolean()) {
      life.connection.abort(nowNs());
    } else {
      life.finished = life.connection.state() != TcpState.SYN_SENT;
      life.closed = true;
      life.connection.close(nowNs());
    }
    stack.net.poll();
    acceptAll();
    drain();
  }

  private void acceptAll() {
    for (TcpConnection c = stack.listener().accept(); c != null; c = stack.listener().accept()) {
      if (life == null || c != life.connection) {
        c.abort(nowNs());
      }
    }
    stack.net.poll();
    drain();
  }

  // ---- One step

  private void step() {
    final int what = random.nextInt(100);
    if (what < 45) {
      helpfulSegment();
    } else if (what < 68) {
      randomSegment();
    } else if (what < 70) {
      garbage();
    } else if (what < 74) {
      duplicateAcks();
    } else if (what < 88) {
      application();
    } else if (what < 96) {
      pause();
    } else if (blocked) {
      unblock();
    } else {
      blocked = true;
      stack.net.link.accept(random.nextInt(3));
    }
    drain();
  }

  private void unblock() {
    blocked = false;
    stack.net.link.accept(Integer.MAX_VALUE);
    stack.net.poll();
    drain();
  }

  private void pause() {
    final long ns = PAUSES_MS[random.nextInt(PAUSES_MS.length)] * MS;
    if (!blocked) {
      stack.net.advance(ns);
      return;
    }
    stack.net.clock.advance(ns);
    stack.net.poll();
  }

  private void application() {
    final TcpConnection c = life.connection;
    switch (random.nextInt(12)) {
      case 0, 1, 2, 3 -> {
        if (!life.finished) {
          life.write(1 + random.nextInt(random.nextBoolean() ? 100 : 20_000), nowNs());
        }
      }
      case 4, 5, 6 -> life.read(1 + random.nextInt(8000), nowNs());
      case 7 -> {
        if (c.state() != TcpState.SYN_SENT && random.nextInt(2) == 0) {
          life.finished = true;
          c.shutdownSend(nowNs());
        }
      }
      case 8 -> c.options().noDelay(random.nextBoolean());
      case 9 -> c.options().receiveCapacity(500 + random.nextInt(100_000));
      case 10 -> {
        if (random.nextInt(4) == 0) {
          end();
        }
      }
      default -> acceptAll();
    }
    stack.net.poll();
  }

  // ---- Segments

  private int window() {
    return random.nextInt(8) == 0
        ? random.nextInt(65_536)
        : WINDOWS[random.nextInt(WINDOWS.length)];
  }

  /** What a well-meaning peer might send now. */
  private void helpfulSegment() {
    final TcpConnection c = life.connection;
    final Sender s = c.sender();
    if (c.state() == TcpState.SYN_SENT) {
      final int irs = random.nextInt();
      final boolean answer = random.nextInt(3) > 0;
      final int flags = answer ? TcpHeader.SYN | TcpHeader.ACK : TcpHeader.SYN;
      inject(irs, s.iss() + 1, flags, window(), random.nextInt(30), synOptions());
      if (c.state() != TcpState.SYN_SENT && c.state() != TcpState.CLOSED && !life.irsKnown()) {
        life.irs(irs);
      }
      return;
    }
    final int flight = s.sndNxt() - s.sndUna();
    final int ack = random.nextBoolean() ? s.sndNxt() : s.sndUna() + random.nextInt(flight + 1);
    final int length = random.nextInt(3) == 0 ? 0 : random.nextInt(1461);
    final int flags = TcpHeader.ACK | (random.nextInt(60) == 0 ? TcpHeader.FIN : 0);
    inject(c.receiver().rcvNxt(), ack, flags, window(), length, NO_OPTIONS);
    if (random.nextInt(3) == 0) {
      acceptAll();
    }
  }

  private void duplicateAcks() {
    final TcpConnection c = life.connection;
    if (c.state() == TcpState.SYN_SENT) {
      return;
    }
    for (int i = random.nextInt(8); i >= 0; i--) {
      final int seq = c.receiver().rcvNxt();
      inject(seq, c.sender().sndUna(), TcpHeader.ACK, lastWindow, 0, NO_OPTIONS);
    }
  }

  /** Anything, most of it close to the edges of the windows. */
  private void randomSegment() {
    final Receiver r = life.connection.receiver();
    final Sender s = life.connection.sender();
    final int length = random.nextInt(3) == 0 ? 0 : random.nextInt(random.nextBoolean() ? 3 : 1461);
    final int near = random.nextInt(5) - 2;
    final int seq =
        switch (random.nextInt(10)) {
          case 0 -> random.nextInt();
          case 1 -> r.rcvNxt() + r.rcvWnd() + near;
          case 2 -> r.rcvNxt() + r.rcvWnd() - length + near;
          case 3 -> r.rcvNxt() - length + near;
          case 4 -> r.rcvNxt() - random.nextInt(3000);
          case 5, 6, 7 -> r.rcvNxt() + random.nextInt(6000);
          default -> r.rcvNxt() + near;
        };
    final int ack =
        switch (random.nextInt(8)) {
          case 0 -> random.nextInt();
          case 1 -> s.sndNxt() + near;
          case 2 -> s.sndNxt() + near;
          case 3 -> s.sndUna() - random.nextInt(100_000);
          default -> s.sndUna() + Math.max(0, near);
        };
    int flags = random.nextInt(5) == 0 ? random.nextInt(256) : TcpHeader.ACK;
    if (random.nextInt(4) > 0) {
      flags &= ~TcpHeader.RST;
    }
    final boolean options = (flags & TcpHeader.SYN) != 0 || random.nextInt(20) == 0;
    final boolean before = life.irsKnown();
    inject(seq, ack, flags, window(), length, options ? synOptions() : NO_OPTIONS);
    if (!before && life.connection.state() != TcpState.SYN_SENT) {
      life.irs(seq);
    }
  }

  /** A header that lies, or is cut. */
  private void garbage() {
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

  private byte[] synOptions() {
    return switch (random.nextInt(8)) {
      case 0 -> new byte[0];
      case 1 -> ScriptedOptions.bytes("mss 0,nop,wscale 15");
      case 2 -> ScriptedOptions.bytes("mss 1,nop,wscale 0");
      case 3 -> ScriptedOptions.bytes("mss 65535,nop,wscale 3");
      case 4 -> {
        final byte[] bytes = new byte[4 * random.nextInt(11)];
        random.nextBytes(bytes);
        yield bytes;
      }
      default -> ScriptedOptions.bytes("mss 1460,nop,wscale 7");
    };
  }

  private void inject(
      final int seq,
      final int ack,
      final int flags,
      final int window,
      final int length,
      final byte[] options) {
    inject(life.ourPort, life.peerPort, seq, ack, flags, window, length, options);
  }

  private void inject(
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
    segments++;
    lastWindow = window;
    stack.net.inject(TestNet.ipv4ToUs(TcpHeader.PROTOCOL, segment.array()));
  }

  private static void checksum(final byte[] segment) {
    final ByteBuffer bytes = ByteBuffer.wrap(segment).putShort(16, (short) 0);
    final long pseudo = Frames.pseudoHeader(6, TestNet.PEER, TestNet.OUR, segment.length);
    bytes.putShort(16, (short) Frames.checksum(segment, 0, segment.length, pseudo));
  }

  /** Looks at what the stack sent. */
  private void drain() {
    for (byte[] f = stack.net.link.takeSent(); f != null; f = stack.net.link.takeSent()) {
      final ByteBuffer segment = ByteBuffer.wrap(Frames.tail(f, Frames.IPV4));
      if (life != null
          && (segment.getShort(2) & 0xFFFF) == life.peerPort
          && (segment.getShort(0) & 0xFFFF) == life.ourPort
          && find(life.ourPort, life.peerPort) == life.connection) {
        life.sent(segment.slice());
      }
    }
  }
}
