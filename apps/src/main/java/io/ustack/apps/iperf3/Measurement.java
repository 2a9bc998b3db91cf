package io.ustack.apps.iperf3;

import io.ustack.posix.Epoll;
import io.ustack.posix.Errno;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One test of one client, from its cookie to its results, told over the control connection: single
 * bytes that name a state, and JSON behind its length.
 */
final class Measurement implements Role {
  /** The longest JSON: the results of {@link TestParameters#MOST_PARALLEL} streams both ways. */
  static final int JSON_BYTES = 1 << 17;

  /** Of a stream that has not stopped when the test ends, so much is still read. */
  static final int LAST_BYTES = 1 << 23;

  // iperf3's states, iperf_api.h.
  private static final int TEST_START = 1;
  private static final int TEST_RUNNING = 2;
  private static final int TEST_END = 4;
  private static final int PARAM_EXCHANGE = 9;
  private static final int CREATE_STREAMS = 10;
  private static final int EXCHANGE_RESULTS = 13;
  private static final int DISPLAY_RESULTS = 14;
  private static final int IPERF_DONE = 16;
  private static final int SERVER_ERROR = -2;

  /** "Not implemented yet", in iperf3's numbers. */
  private static final int UNIMPLEMENTED = 13;

  private enum Stage {
    PARAMETERS,
    STREAMS,
    RUNNING,
    RESULTS,
    DONE
  }

  private final Iperf3Server server;
  private final Guest control;
  private final String cookie;
  private final List<StreamResult> results = new ArrayList<>();
  private final List<TcpStream> tcpStreams = new ArrayList<>();
  private final List<UdpStream> udpStreams = new ArrayList<>();
  private Stage stage = Stage.PARAMETERS;
  private TestParameters parameters = TestParameters.of(JsonObject.parse("{}"));
  private byte[] input = new byte[4];
  private int inputLength;
  private long startNs;
  private long endNs;
  private boolean omitted;

  Measurement(final Iperf3Server server, final Guest control, final String cookie) {
    this.server = server;
    this.control = control;
    this.cookie = cookie;
  }

  /** Asks the client what it wants. */
  @Override
  public void begin(final long nowNs) {
    tell(PARAM_EXCHANGE);
  }

  // ---- The control connection

  @Override
  public void onEvents(final int events, final long nowNs) {
    if ((events & Epoll.EPOLLERR) != 0) {
      control.close();
      return;
    }
    final int count =
        server.posix().recv(control.fd(), input, inputLength, input.length - inputLength, 0);
    if (count == -Errno.EAGAIN) {
      return;
    }
    if (count <= 0) {
      control.close();
      return;
    }
    inputLength += count;
    if (stage == Stage.PARAMETERS || stage == Stage.RESULTS) {
      readJson(nowNs);
    } else {
      readState(nowNs);
    }
  }

  /** Single bytes, one at a time: what comes behind one may be a length. */
  private void readState(final long nowNs) {
    final int told = input[0];
    take(1);
    if (stage == Stage.RUNNING && told == TEST_END) {
      end(nowNs);
    } else {
      // IPERF_DONE, CLIENT_TERMINATE (12), and whatever else makes no sense here.
      if (stage == Stage.DONE && told == IPERF_DONE) {
        server.countTest();
      }
      control.close();
    }
  }

  private void take(final int count) {
    final byte[] rest = Arrays.copyOfRange(input, count, inputLength);
    inputLength = rest.length;
    input = Arrays.copyOf(rest, Math.max(4, rest.length));
  }

  private void readJson(final long nowNs) {
    if (inputLength < 4) {
      return;
    }
    final int length = ByteBuffer.wrap(input).getInt(0);
    if (length < 2 || length > JSON_BYTES) {
      refuse();
      return;
    }
    if (inputLength < 4 + length) {
      input = Arrays.copyOf(input, 4 + length);
      return;
    }
    final String text = new String(input, 4, length, StandardCharsets.UTF_8);
    input = new byte[1];
    inputLength = 0;
    server.progressed(control, nowNs);
    try {
      final JsonObject json = JsonObject.parse(text);
      if (stage == Stage.PARAMETERS) {
        agree(TestParameters.of(json));
      } else {
        sendResults();
      }
    } catch (final IllegalArgumentException e) {
      refuse();
    }
  }

  private void refuse() {
    final ByteBuffer error = ByteBuffer.allocate(9);
    error.put((byte) SERVER_ERROR).putInt(UNIMPLEMENTED).putInt(0);
    if (control.send(error.array())) {
      control.close();
    }
  }

  private void tell(final int state) {
    control.send(new byte[] {(byte) state});
  }

  // ---- The streams

  private void agree(final TestParameters asked) {
    parameters = asked;
    stage = Stage.STREAMS;
    tell(CREATE_STREAMS);
  }

  private boolean opensStreams(final boolean udp) {
    return stage == Stage.STREAMS
        && parameters.udp() == udp
        && results.size() < parameters.streams();
  }

  /** Whether this cookie opens a stream of this test now. */
  boolean takes(final String itsCookie) {
    return cookie.equals(itsCookie) && opensStreams(false);
  }

  private StreamResult newResult() {
    final int index = results.size();
    final StreamResult result = new StreamResult(index, parameters.sends(index));
    results.add(result);
    return result;
  }

  Role add(final Guest guest) {
    final TcpStream stream = new TcpStream(server, this, guest, newResult());
    tcpStreams.add(stream);
    return stream;
  }

  /** A datagram; whoever is not known yet may be a new stream, if it comes from the client. */
  void onDatagram(
      final ByteBuffer datagram,
      final int length,
      final int address,
      final int port,
      final long nowNs) {
    for (final UdpStream stream : udpStreams) {
      if (stream.isOf(address, port)) {
        if (stage == Stage.RUNNING) {
          server.progressed(control, nowNs);
          stream.received(datagram, length, nowNs);
        }
        return;
      }
    }
    final int answer = length == 4 ? UdpHello.answer(datagram.getInt(0)) : 0;
    if (answer != 0 && opensStreams(true) && server.addressOf(control) == address) {
      udpStreams.add(new UdpStream(server, parameters, newResult(), address, port));
      datagram.putInt(0, answer);
      server.sendTo(4, address, port);
      onStreamOpen(nowNs);
    }
  }

  /** With the last stream that was asked for, it begins. */
  void onStreamOpen(final long nowNs) {
    if (results.size() == parameters.streams()) {
      stage = Stage.RUNNING;
      startNs = nowNs;
      omitted = parameters.omitNs() == 0;
      tell(TEST_START);
      tell(TEST_RUNNING);
      tcpStreams.forEach(TcpStream::start);
      udpStreams.forEach(stream -> stream.start(nowNs));
    }
  }

  /** Sends datagrams that are due, and forgets what is not to count. */
  void tick(final long nowNs) {
    if (stage == Stage.RUNNING) {
      if (!omitted && nowNs - startNs >= parameters.omitNs()) {
        omitted = true;
        results.forEach(StreamResult::forget);
      }
      udpStreams.stream().filter(UdpStream::sends).forEach(stream -> stream.tick(nowNs));
    }
  }

  /** Whether datagrams are to be sent by the clock. */
  boolean isPaced() {
    return stage == Stage.RUNNING && udpStreams.stream().anyMatch(UdpStream::sends);
  }

  void progressed(final Guest stream, final long nowNs) {
    server.progressed(stream, nowNs);
    server.progressed(control, nowNs);
  }

  // ---- The end

  private void end(final long nowNs) {
    endNs = nowNs;
    stage = Stage.RESULTS;
    tcpStreams.forEach(TcpStream::end);
    tell(EXCHANGE_RESULTS);
  }

  private void sendResults() {
    final StringBuilder json = new StringBuilder();
    final boolean counts =
        !parameters.udp() && (parameters.reverse() || parameters.bidirectional());
    json.append("{\"cpu_util_total\":0,\"cpu_util_user\":0,\"cpu_util_system\":0,");
    json.append("\"sender_has_retransmits\":").append(counts ? 1 : -1);
    json.append(",\"streams\":[");
    for (final StreamResult result : results) {
      json.append(result == results.get(0) ? "" : ",");
      result.appendTo(json, (endNs - startNs) / 1e9);
    }
    final byte[] text = json.append("]}").toString().getBytes(StandardCharsets.UTF_8);
    final ByteBuffer message = ByteBuffer.allocate(4 + text.length + 1);
    message.putInt(text.length).put(text).put((byte) DISPLAY_RESULTS);
    stage = Stage.DONE;
    control.send(message.array());
  }

  boolean isRunning() {
    return stage == Stage.RUNNING;
  }

  TestParameters parameters() {
    return parameters;
  }

  /** Without the control connection there is no test. */
  @Override
  public void onClosed() {
    stage = Stage.DONE;
    tcpStreams.forEach(TcpStream::end);
    server.ended(this);
  }
}
