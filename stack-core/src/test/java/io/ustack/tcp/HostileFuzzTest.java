package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random segments with every option on: timestamps, SACK, ECN, window scale, SYN cookies and fast
 * open, at connections in each state and at two listeners. After each step {@link RandomLife} and
 * {@link StackInvariants} must hold.
 */
class HostileFuzzTest {
  private static final int LIVES = 120;
  private static final int STEPS = 60;
  private static final int COOKIE_PORT = 81;
  private static final long MS = TestNet.MS;
  private static final long[] PAUSES_MS = {1, 3, 12, 41, 150, 201, 450, 1_000, 3_500, 61_000};
  private static final int[] WINDOWS = {0, 1, 100, 1460, 3000, 65_535, 65_535, 65_535};
  private static final String[] ALGORITHMS = {"cubic", "reno", "bbr"};

  private Random random = new Random(0);
  private TestStack stack;
  private StackInvariants invariants;
  private TcpListener cookieListener;
  private RandomLife life;
  private boolean blocked;
  private RandomOptions options = new RandomOptions(random);
  private final int[] seenIn = new int[TcpState.values().length];

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void livesOf(final long seed) {
    random = new Random(seed);
    options = new RandomOptions(random);
    final TcpConfig config =
        TcpConfig.DEFAULT
            .withBuffers(seed % 2 == 0 ? 1 << 17 : 9000, 40_000)
            .with()
            .ecn(EcnUse.ALWAYS)
            .congestionControl(ALGORITHMS[(int) (seed % ALGORITHMS.length)])
            .receiveAutoTuning(seed % 3 == 0)
            .maxBufferBytes(seed % 4 == 0 ? 300_000 : 1 << 24)
            .maxTimeWaits(20)
            .maxOrphans(8)
            .build();
    try (TestStack s = new TestStack(config).listen(4)) {
      stack = s;
      invariants = new StackInvariants(tcp());
      s.listener().fastOpen(3);
      cookieListener =
          tcp()
              .listen(
                  tcp().bind(0, COOKIE_PORT, false),
                  8,
                  config.with().synCookies(SynCookieUse.ALWAYS).build(),
                  ReadinessObserver.NONE);
      for (int i = 0; i < LIVES; i++) {
        live(seed, i);
      }
      s.net.advance(2_500_000 * MS);
      s.takeSent();
      invariants.check(true);
      assertEquals(0, tcp().connections(), "some live for ever");
      assertEquals(0, tcp().bufferBytes(), "memory of nobody");
      assertEquals(0, s.listener().handshakes() + cookieListener.handshakes());
      assertEquals(0, s.listener().fastOpens().pending(), "fast opens counted");
      checkThatItMattered();
    }
  }

  /** The fuzz has been everywhere. */
  private void checkThatItMattered() {
    for (final TcpState state : TcpState.values()) {
      assertTrue(
          seenIn[state.ordinal()] > 0 || state == TcpState.LISTEN || state == TcpState.CLOSED,
          () -> "never in " + state);
    }
    for (final Counter counter :
        new Counter[] {
          Counter.TCP_SYN_COOKIES_IN,
          Counter.TCP_FAST_OPENS_PASSIVE,
          Counter.TCP_RECOVERIES,
          Counter.TCP_SACK_BLOCKS_IGNORED,
          Counter.TCP_DSACK_BLOCKS_IN,
          Counter.TCP_CHALLENGE_ACKS
        }) {
      assertTrue(stack.net.count(counter) > 0, counter::name);
    }
    assertTrue(stack.net.count(DropReason.TCP_PAWS) > 0, "never too old");
  }

  private Tcp tcp() {
    return stack.net.stack.tcp();
  }

  private long nowNs() {
    return stack.net.clock.nanoTime();
  }

  private void live(final long seed, final int number) {
    int step = 0;
    try {
      life = null;
      begin();
      while (life != null && step++ < STEPS && life.connection.state() != TcpState.CLOSED) {
        seenIn[life.connection.state().ordinal()]++;
        step();
        drain();
        life.check(!blocked);
        invariants.check(!blocked);
      }
      unblock();
      end();
      invariants.check(true);
    } catch (final AssertionError | RuntimeException e) {
      throw new AssertionError(
          "seed " + seed + " life " + number + " step " + step + ": " + life, e);
    }
  }

  // ---- Beginning and end

  private void begin() {
    final int port = 40_000 + random.nextInt(40);
    switch (random.nextInt(5)) {
      case 0, 1 -> beginActive(port);
      case 2 -> beginByCookie(port);
      default -> beginPassive(port);
    }
    drain();
  }

  private void beginActive(final int port) {
    final TcpConnection c =
        random.nextBoolean()
            ? tcp()
                .connect(null, TestNet.PEER, port, tcp().config(), ReadinessObserver.NONE, nowNs())
            : tcp()
                .connectFast(
                    null, TestNet.PEER, port, tcp().config(), ReadinessObserver.NONE, nowNs());
    if (c != null) {
      life = new RandomLife(c);
      if (c.isSynDeferred()) {
        life.write(1 + random.nextInt(2000), nowNs());
      }
      stack.net.poll();
    }
  }

  private TcpConnection find(final int ourPort, final int port) {
    return tcp().connectionTable().find(TestNet.OUR, ourPort, TestNet.PEER, port);
  }

  private void beginPassive(final int port) {
    final TcpConnection old = find(TestStack.OUR_PORT, port);
    if (old != null) {
      return;
    }
    final int seq = random.nextInt();
    final int length = random.nextBoolean() ? 0 : random.nextInt(800);
    final int flags = TcpHeader.SYN | (random.nextBoolean() ? TcpHeader.ECE | TcpHeader.CWR : 0);
    final byte[] bytes = options.ofSyn(true);
    inject(TestStack.OUR_PORT, port, seq, random.nextInt(), flags, window(), length, bytes);
    adopt(TestStack.OUR_PORT, port, seq);
  }

  private void adopt(final int ourPort, final int port, final int irs) {
    final TcpConnection c = find(ourPort, port);
    if (c != null) {
      life = new RandomLife(c);
      life.irs(irs);
    }
  }

  /** The SYN is answered with a cookie, which comes back, or almost. */
  private void beginByCookie(final int port) {
    if (find(COOKIE_PORT, port) != null) {
      return;
    }
    drain();
    final int seq = random.nextInt();
    inject(COOKIE_PORT, port, seq, 0, TcpHeader.SYN, window(), 0, options.ofSyn(false));
    final byte[] frame = stack.net.link.takeSent();
    if (frame == null) {
      return;
    }
    final ByteBuffer answer = ByteBuffer.wrap(Frames.tail(frame, Frames.IPV4)).slice();
    final int ack = answer.getInt(4) + 1 + (random.nextInt(8) == 0 ? random.nextInt(5) : 0);
    final int header = (answer.get(12) & 0xF0) >>> 2;
    byte[] bytes = new byte[0];
    for (int at = 20; at + 10 <= header; at++) {
      if (answer.get(at) == 8 && answer.get(at + 1) == 10) {
        bytes = RandomOptions.timestamps(7, answer.getInt(at + 2));
      }
    }
    inject(COOKIE_PORT, port, seq + 1, ack, TcpHeader.ACK, window(), random.nextInt(9), bytes);
    adopt(COOKIE_PORT, port, seq);
  }

  private void end() {
    if (life != null && !life.closed) {
      if (random.nextInt(3) == 0) {
        life.closed = true;
        life.connection.abort(nowNs());
      } else {
        life.finished = life.connection.state() != TcpState.SYN_SENT;
        life.closed = true;
        life.connection.close(nowNs());
      }
    }
    stack.net.poll();
    acceptAll(stack.listener());
    acceptAll(cookieListener);
    stack.net.poll();
    drain();
  }

  private void acceptAll(final TcpListener listener) {
    for (TcpConnection c = listener.accept(); c != null; c = listener.accept()) {
      if (life == null || c != life.connection) {
        c.abort(nowNs());
      }
    }
  }

  private void unblock() {
    blocked = false;
    stack.net.link.accept(Integer.MAX_VALUE);
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
    } else if (what < 82) {
      application();
    } else if (what < 93) {
      pause();
    } else if (what < 95) {
      strangerAtTheListener();
    } else if (blocked) {
      unblock();
    } else {
      blocked = true;
      stack.net.link.accept(random.nextInt(3));
    }
  }

  private void pause() {
    final long ns = PAUSES_MS[random.nextInt(PAUSES_MS.length)] * MS;
    if (blocked) {
      stack.net.clock.advance(ns);
      stack.net.poll();
    } else {
      stack.net.advance(ns);
    }
  }

  private void strangerAtTheListener() {
    final int ourPort = random.nextBoolean() ? TestStack.OUR_PORT : COOKIE_PORT;
    final int port = 50_000 + random.nextInt(10);
    final int flags = random.nextBoolean() ? TcpHeader.SYN : random.nextInt(256);
    final int length = random.nextInt(3) * 100;
    inject(
        ourPort,
        port,
        random.nextInt(),
        random.nextInt(),
        flags,
        window(),
        length,
        options.ofSyn(true));
  }

  private void application() {
    final TcpConnection c = life.connection;
    switch (random.nextInt(9)) {
      case 0, 1, 2, 3 -> {
        if (!life.finished) {
          life.write(1 + random.nextInt(random.nextBoolean() ? 100 : 30_000), nowNs());
        }
      }
      case 4, 5, 6 -> {
        if (life.irsKnown()) {
          life.read(1 + random.nextInt(8000), nowNs());
        }
      }
      case 7 -> {
        if (c.state() != TcpState.SYN_SENT && random.nextInt(2) == 0) {
          life.finished = true;
          c.shutdownSend(nowNs());
        }
      }
      default -> {
        acceptAll(stack.listener());
        acceptAll(cookieListener);
        if (random.nextInt(6) == 0) {
          end();
        }
      }
    }
    stack.net.poll();
  }

  // ---- Segments

  private int window() {
    return WINDOWS[random.nextInt(WINDOWS.length)];
  }

  private void helpfulSegment() {
    final TcpConnection c = life.connection;
    final Sender s = c.sender();
    if (c.state() == TcpState.SYN_SENT) {
      final int irs = random.nextInt();
      final int ecn = random.nextBoolean() ? TcpHeader.ECE : 0;
      final int flags = TcpHeader.SYN | (random.nextInt(4) > 0 ? TcpHeader.ACK | ecn : 0);
      final int ack = s.iss() + 1 + (random.nextBoolean() ? 0 : c.sendBuffer().length());
      inject(irs, ack, flags, window(), random.nextInt(30), options.ofSyn(true));
      learnIrs(irs);
      return;
    }
    final int flight = s.sndNxt() - s.sndUna();
    final int ack = random.nextBoolean() ? s.sndNxt() : s.sndUna() + random.nextInt(flight + 1);
    final int length = random.nextInt(3) == 0 ? 0 : random.nextInt(1400);
    final int rarely = c.state() == TcpState.FIN_WAIT_1 ? 5 : 60;
    int flags = TcpHeader.ACK | (random.nextInt(rarely) == 0 ? TcpHeader.FIN : 0);
    flags |= random.nextInt(6) == 0 ? TcpHeader.ECE : 0;
    flags |= random.nextInt(6) == 0 ? TcpHeader.CWR : 0;
    inject(
        c.receiver().rcvNxt(),
        ack,
        flags,
        window(),
        length,
        options.of(life.connection, ack, nowNs()));
  }

  private void learnIrs(final int irs) {
    final TcpState state = life.connection.state();
    if (!life.irsKnown() && state != TcpState.SYN_SENT && state != TcpState.CLOSED) {
      life.irs(irs);
    }
  }

  private void randomSegment() {
    final Receiver r = life.connection.receiver();
    final Sender s = life.connection.sender();
    final int length = random.nextInt(3) == 0 ? 0 : random.nextInt(random.nextBoolean() ? 3 : 1400);
    final int near = random.nextInt(5) - 2;
    final int seq =
        switch (random.nextInt(8)) {
          case 0 -> random.nextInt();
          case 1 -> r.rcvNxt() + r.rcvWnd() + near;
          case 2 -> r.rcvNxt() + r.rcvWnd() - length + near;
          case 3 -> r.rcvNxt() - length + near;
          case 4, 5 -> r.rcvNxt() + random.nextInt(6000);
          default -> r.rcvNxt() + near;
        };
    final int ack =
        switch (random.nextInt(6)) {
          case 0 -> random.nextInt();
          case 1 -> s.sndNxt() + near;
          case 2 -> s.sndUna() - random.nextInt(100_000);
          default -> s.sndUna();
        };
    int flags = random.nextInt(5) == 0 ? random.nextInt(256) : TcpHeader.ACK;
    if (random.nextInt(6) > 0) {
      flags &= ~TcpHeader.RST;
    }
    final boolean syn = (flags & TcpHeader.SYN) != 0;
    inject(
        seq,
        ack,
        flags,
        window(),
        length,
        syn ? options.ofSyn(true) : options.of(life.connection, ack, nowNs()));
    learnIrs(seq);
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
    final long pseudo = Frames.pseudoHeader(6, TestNet.PEER, TestNet.OUR, segment.capacity());
    segment.putShort(16, (short) Frames.checksum(segment.array(), 0, segment.capacity(), pseudo));
    final byte[] frame = TestNet.ipv4ToUs(TcpHeader.PROTOCOL, segment.array());
    if (random.nextInt(10) == 0) {
      mark(frame);
    }
    stack.net.inject(frame);
  }

  /** A router marks the packet: congestion experienced. */
  private static void mark(final byte[] frame) {
    final ByteBuffer ip = ByteBuffer.wrap(frame, 14, 20).slice();
    ip.put(1, (byte) 3).putShort(10, (short) 0);
    final byte[] header = new byte[20];
    ip.get(header);
    ip.putShort(10, (short) Frames.checksum(header, 0, 20, 0));
  }

  /** Looks at what the stack sent, and keeps the cookies it gives away. */
  private void drain() {
    for (byte[] f = stack.net.link.takeSent(); f != null; f = stack.net.link.takeSent()) {
      final ByteBuffer segment = ByteBuffer.wrap(Frames.tail(f, Frames.IPV4)).slice();
      options.keepCookie(segment);
      if (life != null
          && (segment.getShort(2) & 0xFFFF) == life.peerPort
          && (segment.getShort(0) & 0xFFFF) == life.ourPort
          && find(life.ourPort, life.peerPort) == life.connection) {
        life.sent(segment);
      }
    }
  }
}
