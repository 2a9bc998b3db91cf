package io.ustack.apps.iperf3;

/** What one stream has moved, as the client's report wants it. */
final class StreamResult {
  private final int id;
  final boolean sends;
  long bytes;
  long retransmits = -1;
  long packets;
  long lost;
  long outOfOrder;
  double jitterSeconds;

  /**
   * Of a stream.
   *
   * @param index in the order of opening, from 0; iperf3 calls them 1, 3, 4, 5 …
   */
  StreamResult(final int index, final boolean sends) {
    id = index == 0 ? 1 : index + 2;
    this.sends = sends;
  }

  /** The test was only warming up (--omit). */
  void forget() {
    bytes = 0;
    lost = 0;
    outOfOrder = 0;
    jitterSeconds = 0;
  }

  void appendTo(final StringBuilder json, final double seconds) {
    json.append("{\"id\":").append(id);
    json.append(",\"bytes\":").append(bytes);
    json.append(",\"retransmits\":").append(retransmits);
    json.append(",\"jitter\":").append(jitterSeconds);
    json.append(",\"errors\":").append(lost);
    json.append(",\"packets\":").append(packets);
    json.append(",\"start_time\":0,\"end_time\":").append(seconds).append('}');
  }
}
