package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.fail;

import io.ustack.buffer.PressureLimits;
import io.ustack.readiness.Readiness;
import io.ustack.stack.StackConfig;
import io.ustack.testing.Frames;
import io.ustack.testing.ScriptLink;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;

/**
 * TCP under a script: {@code <} is a segment from the peer, {@code >} one that the stack must send
 * now, a leading {@code +0.2} lets that many seconds pass first, during which the stack must send
 * nothing.
 *
 * <pre>
 *   stack.script("""
 *       < S 0:0(0) win 65535 &lt;mss 1460>
 *       > S. 0:0(0) ack 1 win 65535 &lt;mss 1460>
 *       +0.1 < . 1:1(0) ack 1 win 65535
 *       """);
 * </pre>
 *
 * <p>Nothing may be sent that the script does not name: it is checked before each {@code <}, before
 * time passes and at the end. Both initial sequence numbers stand just under 2^32.
 */
final class TestStack implements AutoCloseable {
  static final int OUR_PORT = 80;
  static final int PEER_PORT = 40_000;
  static final int OUR_ISN = -100;
  static final int PEER_ISN = -200;

  final TestNet net;
  private final long startNs;

  /**
   * The defaults without quick ACKs, which would answer each segment of a short script: who tests
   * something else leaves them out.
   */
  static final TcpConfig PLAIN =
      TcpConfig.DEFAULT.with().quickAcks(0).congestionControl("reno").build();

  /** For tests of what comes before it: packets and memory never count as short. */
  static final PressureLimits NO_PRESSURE = new PressureLimits(2, 2, 2, 0, 0, 1000, 0);

  /** The connection under test, once there is one. */
  TcpConnection connection;

  /** Readiness bits that the connection under test raised, and how often it raised any. */
  final Events events = new Events();

  private TcpListener listener;
  private int ourPort = OUR_PORT;
  private int peerPort = PEER_PORT;
  private int ourIsn = OUR_ISN;

  TestStack() {
    this(PLAIN);
  }

  TestStack(final TcpConfig config) {
    this(TestNet.config().withTcp(config));
  }

  TestStack(final StackConfig config) {
    this(config, 512);
  }

  TestStack(final StackConfig config, final int poolPackets) {
    this(config, poolPackets, ScriptLink.TRAIN_SEGMENTS);
  }

  TestStack(final StackConfig config, final int poolPackets, final int trainSegments) {
    net =
        new TestNet(
            config,
            (local, localPort, remote, remotePort, nowNs) -> OUR_ISN,
            poolPackets,
            trainSegments);
    startNs = net.clock.nanoTime();
    net.quiet();
    net.meetPeer();
    net.link.answerArp(TestNet.PEER, TestNet.PEER_MAC);
  }

  /** Collects what the socket engine would be told. */
  static final class Events implements io.ustack.readiness.ReadinessObserver {
    private int bits;
    private int count;

    @Override
    public void onReadiness(final int raised) {
      bits |= raised;
      count++;
    }

    /** The bits raised since the last call. */
    int take() {
      final int taken = bits;
      bits = 0;
      count = 0;
      return taken;
    }

    int count() {
      return count;
    }
  }

  // ---- Fixtures: one per state

  /** LISTEN on port 80. */
  static TestStack listening() {
    return new TestStack().listen(16);
  }

  static TestStack listening(final TcpConfig config) {
    return new TestStack(config).listen(16);
  }

  /** The same where packets and memory never count as short. */
  static TestStack listeningWithoutPressure(final TcpConfig config) {
    return new TestStack(TestNet.config().withTcp(config).withPressure(NO_PRESSURE)).listen(16);
  }

  TestStack listen(final int backlog) {
    final TcpBinding binding = net.stack.tcp().bind(0, OUR_PORT, false);
    assertNotNull(binding);
    listener = net.stack.tcp().listen(binding, backlog, net.stack.tcp().config(), events);
    assertNotNull(listener);
    return this;
  }

  /** So many may wait. */
  TestStack backlog(final int backlog) {
    listener.backlog(backlog);
    return this;
  }

  /** Takes the connection that waits for accept. */
  TcpConnection accept() {
    connection = listener.accept();
    assertNotNull(connection, "nothing to accept");
    events.take();
    connection.observer(events);
    return connection;
  }

  TcpListener listener() {
    return listener;
  }

  /** Lets {@link #establish} and {@link #accept} use another listener. */
  void listener(final TcpListener other) {
    listener = other;
  }

  /** SYN_SENT: our SYN has left. */
  static TestStack synSent() {
    return new TestStack().connect();
  }

  /** Starts an active open from port 80 towards port 40000 of the peer. */
  TestStack connect() {
    return connect(net.stack.tcp().bind(0, OUR_PORT, false));
  }

  TestStack connect(final TcpBinding binding) {
    connection =
        net.stack
            .tcp()
            .connect(
                binding,
                TestNet.PEER,
                peerPort,
                net.stack.tcp().config(),
                events,
                net.clock.nanoTime());
    assertNotNull(connection, () -> net.stack.tcp().lastFailure().name());
    net.poll();
    script("> S 0:0(0) win 65535 " + synOptions(0));
    return this;
  }

  /** What our SYN says by default, so many seconds from now. */
  String synOptions(final double seconds) {
    return "<mss 1460,sackOK,TS val %d ecr 0,nop,wscale 7>"
        .formatted(tick() + (int) (seconds * 1000));
  }

  /** What our timestamps say now. */
  int tick() {
    return (int) ((net.clock.nanoTime() - startNs) / 1_000_000);
  }

  /** SYN_RECEIVED, by a SYN to a listener. */
  static TestStack synReceived() {
    final TestStack stack =
        listening()
            .script(
                """
                < S 0:0(0) win 65535 <mss 1460>
                > S. 0:0(0) ack 1 win 65535 <mss 1460>
                """);
    stack.connection = stack.net.stack.tcp().connectionTable().toArray()[0];
    return stack.in(TcpState.SYN_RECEIVED);
  }

  /** ESTABLISHED by passive open and accepted; no window scaling, the peer's window is 65535. */
  static TestStack established() {
    return established(PLAIN);
  }

  static TestStack established(final TcpConfig config) {
    return new TestStack(config).listen(16).establish();
  }

  /** The same with window scaling: both ends shift by 7, the peer's window is 65536. */
  static TestStack scaled(final TcpConfig config) {
    return new TestStack(config)
        .listen(16)
        .establish("<mss 1460,nop,wscale 7>", "<mss 1460,nop,wscale 7>", 512);
  }

  /** A peer connects to the listener, without window scaling, and is accepted. */
  TestStack establish() {
    return establish("<mss 1460>", "<mss 1460>", 65535);
  }

  /** The same with the options of the peer's SYN and of ours, and the peer's window field. */
  TestStack establish(final String peers, final String ours, final int peerWindow) {
    final int window = Math.min(65535, net.stack.tcp().config().receiveBufferBytes());
    script(
        "< S 0:0(0) win 65535 " + peers,
        "> S. 0:0(0) ack 1 win " + window + " " + ours,
        "< . 1:1(0) ack 1 win " + peerWindow);
    accept();
    events.take();
    return this;
  }

  /** From now on the script is about the connection with this port of the peer. */
  TestStack peerPort(final int port) {
    peerPort = port;
    return this;
  }

  /** The script is about the first connection again. */
  TestStack firstPeer() {
    return peerPort(PEER_PORT);
  }

  /** What follows counts from the sequence number of the SYN-ACK that the stack has just sent. */
  TestStack learnIsn() {
    ourIsn = ByteBuffer.wrap(Frames.tail(net.link.firstSent(), Frames.IPV4)).getInt(4);
    return this;
  }

  /** What follows counts from this one. */
  TestStack learnIsn(final int isn) {
    ourIsn = isn;
    return this;
  }

  /** From now on the script is about another connection, from the next port of the peer. */
  TestStack nextPeer() {
    return peerPort(peerPort + 1);
  }

  static TestStack finWait1() {
    final TestStack stack = established();
    stack.shutdownSend();
    return stack.script("> F. 1:1(0) ack 1").in(TcpState.FIN_WAIT_1);
  }

  static TestStack finWait2() {
    return finWait1().script("< . 1:1(0) ack 2 win 65535").in(TcpState.FIN_WAIT_2);
  }

  static TestStack closeWait() {
    return established()
        .script(
            """
            < F. 1:1(0) ack 1 win 65535
            > . 1:1(0) ack 2
            """)
        .in(TcpState.CLOSE_WAIT);
  }

  static TestStack closing() {
    return finWait1()
        .script(
            """
            < F. 1:1(0) ack 1 win 65535
            > . 2:2(0) ack 2
            """)
        .in(TcpState.CLOSING);
  }

  static TestStack lastAck() {
    final TestStack stack = closeWait();
    stack.shutdownSend();
    return stack.script("> F. 1:1(0) ack 2").in(TcpState.LAST_ACK);
  }

  static TestStack timeWait() {
    return finWait2()
        .script(
            """
            < F. 1:1(0) ack 2 win 65535
            > . 2:2(0) ack 2
            """)
        .in(TcpState.TIME_WAIT);
  }

  // ---- What the application does

  /** Writes the next {@code length} bytes of our stream; returns how many the buffer took. */
  int write(final int streamSeq, final int length) {
    final byte[] bytes = ScriptedSegment.stream(streamSeq, length);
    final int taken = connection.sendBuffer().write(bytes, 0, length);
    if (taken < length) {
      connection.sendBuffer().requestSpace();
    }
    connection.onSendBufferWritten(net.clock.nanoTime());
    net.poll();
    return taken;
  }

  /**
   * Reads what is there, up to {@code length} bytes, which must be the peer's stream from {@code
   * streamSeq}.
   */
  int read(final int streamSeq, final int length) {
    final byte[] bytes = new byte[length];
    final int count = connection.receiveBuffer().read(bytes, 0, length);
    final byte[] seen = java.util.Arrays.copyOf(bytes, count);
    assertArrayEquals(
        ScriptedSegment.stream(streamSeq, count), seen, "the stream is not the peer's");
    connection.onReceiveBufferRead(net.clock.nanoTime());
    net.poll();
    return count;
  }

  void shutdownSend() {
    connection.shutdownSend(net.clock.nanoTime());
    net.poll();
  }

  void closeConnection() {
    connection.close(net.clock.nanoTime());
    net.poll();
  }

  void abort() {
    connection.abort(net.clock.nanoTime());
    net.poll();
  }

  // ---- The script

  /** Runs the lines; blank ones and those that start with {@code //} are skipped. */
  TestStack script(final String... lines) {
    for (final String line : String.join("\n", lines).lines().toList()) {
      final String text = line.strip();
      if (!text.isEmpty() && !text.startsWith("//")) {
        run(text);
      }
    }
    expectNothing();
    return this;
  }

  private void run(final String line) {
    String rest = line;
    if (rest.startsWith("+")) {
      final int space = (rest + " ").indexOf(' ');
      pass((long) (Double.parseDouble(rest.substring(1, space)) * 1e9 + 0.5));
      rest = rest.substring(space).strip();
    }
    if (rest.startsWith("<")) {
      expectNothing();
      inject(ScriptedSegment.parse(rest.substring(1)));
    } else if (rest.startsWith(">")) {
      expect(ScriptedSegment.parse(rest.substring(1)));
    } else if (!rest.isEmpty()) {
      throw new IllegalArgumentException("neither < nor >: " + line);
    }
  }

  /** Lets time pass; only at its very end may the stack send something. */
  private void pass(final long ns) {
    expectNothing();
    if (ns > 0) {
      net.advance(ns - 1);
      expectNothing();
      net.advance(1);
    }
  }

  /** Lets time pass in which nothing may be sent. */
  TestStack silence(final double seconds) {
    expectNothing();
    net.advance((long) (seconds * 1e9));
    expectNothing();
    return this;
  }

  /** Request {@code n} of ten bytes, counted from 0, its answer, and the ACK of that. */
  void converse(final int n) {
    final int at = 1 + 10 * n;
    final int end = at + 10;
    script("< P. %d:%d(10) ack %d win 65535".formatted(at, end, at));
    assertEquals(10, read(at, 10));
    write(at, 10);
    script(
        "> P. %d:%d(10) ack %d".formatted(at, end, end),
        "< . %d:%d(0) ack %d win 65535".formatted(end, end, end));
  }

  /** Takes whatever the stack sent, unseen; returns how many segments that were. */
  int takeSent() {
    int count = 0;
    while (net.link.takeSent() != null) {
      count++;
    }
    return count;
  }

  /** The stack sent nothing more. */
  void expectNothing() {
    final byte[] frame = net.link.takeSent();
    if (frame != null) {
      final ByteBuffer segment = ByteBuffer.wrap(Frames.tail(frame, Frames.IPV4)).slice();
      fail("sent unasked: " + describe(segment, ScriptedSegment.parse(". 0:0(0) win 0")));
    }
  }

  private void inject(final ScriptedSegment segment) {
    net.inject(frame(segment));
  }

  private byte[] frame(final ScriptedSegment segment) {
    return TestNet.ipv4ToUs(TcpHeader.PROTOCOL, segment.bytes(peerPort, ourPort, PEER_ISN, ourIsn));
  }

  /** A segment comes, and the stack has one duty cycle, no more. */
  void oneCycle(final String segment) {
    net.link.inject(frame(ScriptedSegment.parse(segment)));
    net.stack.poll(net.clock.nanoTime());
  }

  /** Several segments in one burst, between which the stack sends nothing. */
  TestStack burst(final String... segments) {
    expectNothing();
    for (final String text : segments) {
      net.link.inject(frame(ScriptedSegment.parse(text)));
    }
    net.poll();
    return this;
  }

  private void expect(final ScriptedSegment wanted) {
    if (net.link.sentCount() == 0) {
      fail("the stack sent nothing where it should send " + wanted.text());
    }
    final byte[] frame = net.link.takeSent();
    final ByteBuffer segment = ByteBuffer.wrap(Frames.tail(frame, Frames.IPV4)).slice();
    assertEquals(describe(wanted), describe(segment, wanted), "sent segment");
    assertEquals(ourPort, segment.getShort(0) & 0xFFFF, "source port");
    assertEquals(peerPort, segment.getShort(2) & 0xFFFF, "destination port");
    final long pseudo = Frames.pseudoHeader(6, TestNet.OUR, TestNet.PEER, segment.capacity());
    assertEquals(
        0,
        Frames.checksum(Frames.tail(frame, Frames.IPV4), 0, segment.capacity(), pseudo),
        "checksum");
    final int header = (segment.get(12) & 0xF0) >>> 2;
    final byte[] payload = Frames.tail(frame, Frames.IPV4 + header);
    assertArrayEquals(
        ScriptedSegment.stream(wanted.payloadSeq(), wanted.length()),
        payload,
        "payload of " + wanted.text());
  }

  private static String describe(final ScriptedSegment s) {
    return describe(s.flags(), s.seq(), s.length(), s.ack(), s.window(), s.urgent(), s.options());
  }

  private String describe(final ByteBuffer s, final ScriptedSegment wanted) {
    final int header = (s.get(12) & 0xF0) >>> 2;
    final int flags = s.get(13) & 0xFF;
    final boolean acks = (flags & TcpHeader.ACK) != 0;
    final boolean tellsOptions = wanted.options() != null || header > 20;
    // A RST that answers a segment without ACK starts from 0, not from our ISN (RFC 9293 3.5.2).
    final boolean bare = (flags & TcpHeader.RST) != 0 && s.getInt(4) == 0;
    return describe(
        flags,
        bare ? 0 : s.getInt(4) - ourIsn,
        s.capacity() - header,
        acks ? s.getInt(8) - PEER_ISN : 0,
        wanted.window() == ScriptedSegment.UNSAID
            ? ScriptedSegment.UNSAID
            : s.getShort(14) & 0xFFFF,
        s.getShort(18) & 0xFFFF,
        tellsOptions ? ScriptedOptions.text(s, header) : null);
  }

  private static String describe(
      final int flags,
      final int seq,
      final int length,
      final int ack,
      final int window,
      final int urgent,
      final String options) {
    final StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (((flags >>> i) & 1) != 0) {
        text.append("FSRP.UEW".charAt(i));
      }
    }
    text.append(' ').append(Integer.toUnsignedString(seq)).append('(').append(length).append(')');
    text.append(" ack ").append(Integer.toUnsignedString(ack));
    if (window != ScriptedSegment.UNSAID) {
      text.append(" win ").append(window);
    }
    if (urgent != 0) {
      text.append(" urg ").append(urgent);
    }
    return options == null ? text.toString() : text + " <" + options + ">";
  }

  // ---- What can be asked

  /** Checks the state of the connection under test. */
  TestStack in(final TcpState state) {
    assertEquals(state, connection.state());
    return this;
  }

  /** The bits of {@link Readiness} in words are easier to compare. */
  static String bits(final int bits) {
    final StringBuilder text = new StringBuilder();
    final String[] names = {"READABLE", "WRITABLE", "READ_CLOSED", "CLOSED", "FAILED"};
    for (int i = 0; i < names.length; i++) {
      if (((bits >>> i) & 1) != 0) {
        text.append(text.length() == 0 ? "" : "|").append(names[i]);
      }
    }
    return text.toString();
  }

  /** Runs what is left of the connections' lives and checks that nothing leaks. */
  @Override
  public void close() {
    net.close();
  }
}
