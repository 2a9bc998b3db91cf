package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
 * Random segments, applications and pauses at connections in each state and at two listeners, over
 * many short lives: with every option on (timestamps, SACK, ECN, window scale, SYN cookies, fast
 * open) and with next to none. After each step {@link RandomLife} and {@link StackInvariants} must
 * hold.
 */
class HostileFuzzTest {
  private static final int LIVES = 120;
  private static final int STEPS = 60;
  private static final int COOKIE_PORT = 81;
  private static final long MS = TestNet.MS;
  private static final long[] PAUSES_MS = {1, 3, 12, 41, 150, 201, 450, 1_000, 3_500, 61_000};
  private static final String[] ALGORITHMS = {"cubic", "reno", "bbr"};

  private Random random = new Random(0);
  private TestStack stack;
  private StackInvariants invariants;
  private TcpListener cookieListener;
  private RandomLife life;
  private boolean blocked;
  private RandomOptions options = new RandomOptions(random, false);
  private RandomPeer peer;
  private final int[] seenIn = new int[TcpState.values().length];

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void livesWithEveryOption(final long seed) {
    final TcpConfig config =
        TcpConfig.DEFAULT
            .withBuffers(seed % 2 == 0 ? 1 << 17 : 9000, 40_000)
            .with()
            .ecn(EcnUse.ALWAYS)
            .mtuProbing(seed % 2 == 0 ? MtuProbing.ALWAYS : MtuProbing.ON_BLACK_HOLE)
            .congestionControl(ALGORITHMS[(int) (seed % ALGORITHMS.length)])
            .receiveAutoTuning(seed % 3 == 0)
            .maxBufferBytes(seed % 4 == 0 ? 300_000 : 1 << 24)
            .maxTimeWaits(20)
            .maxOrphans(8)
            .build();
    live(seed, config, false);
    for (final Counter counter :
        new Counter[] {
          Counter.TCP_SYN_COOKIES_IN,
          Counter.TCP_FAST_OPENS_PASSIVE,
          Counter.TCP_RECOVERIES,
          Counter.TCP_SACK_BLOCKS_IGNORED,
          Counter.TCP_DSACK_BLOCKS_IN,
          Counter.TCP_BLACK_HOLES,
          Counter.TCP_CHALLENGE_ACKS
        }) {
      assertTrue(stack.net.count(counter) > 0, counter::name);
    }
    assertTrue(stack.net.count(DropReason.TCP_PAWS) > 0, "never too old");
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {7, 8, 9, 10, 11, 12})
  void livesWithoutOptions(final long seed) {
    final TcpConfig config =
        TestStack.PLAIN
            .withBuffers(seed % 2 == 0 ? 1 << 17 : 6000, 20_000)
            .with()
            .maxConnections(1 << 20)
            .maxTimeWaits(seed % 3 == 0 ? 5 : 500)
            .build();
    live(seed, config, true);
  }

  private void live(final long seed, final TcpConfig config, final boolean plain) {
    random = new Random(seed);
    options = new RandomOptions(random, plain);
    try (TestStack s = new TestStack(config).listen(4)) {
      stack = s;
      peer = new RandomPeer(random, s, options);
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
      checkThatNothingIsLeft();
      s.listener().backlog(0);
      s.peerPort(1).establish();
      s.abort();
      s.takeSent();
    }
    assertTrue(peer.segments() > LIVES * STEPS / 3, () -> "only " + peer.segments());
    for (final TcpState state : TcpState.values()) {
      assertTrue(
          seenIn[state.ordinal()] > 0 || state == TcpState.LISTEN || state == TcpState.CLOSED,
          () -> "never in " + state);
    }
  }

  private void checkThatNothingIsLeft() {
    assertEquals(0, tcp().connections(), "some live for ever");
    assertEquals(0, tcp().bufferBytes(), "memory of nobody");
    assertEquals(0, tcp().spareTimers().scheduled(), "timers left");
    assertEquals(0, stack.listener().handshakes() + cookieListener.handshakes());
    assertEquals(0, stack.listener().fastOpens().pending(), "fast opens counted");
    assertFalse(stack.listener().isReadable());
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
    if (old != null && old.state() != TcpState.TIME_WAIT) {
      return;
    }
    final int seq = old == null ? random.nextInt() : old.receiver().rcvNxt() + random.nextInt(9);
    final int length = random.nextBoolean() ? 0 : random.nextInt(800);
    final int flags = TcpHeader.SYN | (random.nextBoolean() ? TcpHeader.ECE | TcpHeader.CWR : 0);
    final byte[] bytes = options.ofSyn(true);
    peer.send(TestStack.OUR_PORT, port, seq, random.nextInt(), flags, length, bytes);
    if (old == null || find(TestStack.OUR_PORT, port) != old) {
      adopt(TestStack.OUR_PORT, port, seq);
    }
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
    peer.send(COOKIE_PORT, port, seq, 0, TcpHeader.SYN, 0, options.ofSyn(false));
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
    peer.send(COOKIE_PORT, port, seq + 1, ack, TcpHeader.ACK, random.nextInt(9), bytes);
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
      peer.helpful(life);
    } else if (what < 64) {
      peer.random(life);
    } else if (what < 66) {
      peer.garbage(life);
    } else if (what < 70) {
      peer.duplicateAcks(life);
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
    peer.send(
        ourPort, port, random.nextInt(), random.nextInt(), flags, length, options.ofSyn(true));
  }

  private void application() {
    final TcpConnection c = life.connection;
    switch (random.nextInt(11)) {
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
      case 8 -> c.options().noDelay(random.nextBoolean());
      case 9 -> c.options().receiveCapacity(500 + random.nextInt(100_000));
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
