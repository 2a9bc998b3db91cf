package io.ustack.dpdk;

/**
 * What a port counted since it started; drivers differ in how much they count.
 *
 * @param framesIn received
 * @param framesOut sent
 * @param bytesIn received
 * @param bytesOut sent
 * @param missed not received because nobody took them from the port in time
 * @param errorsIn received broken
 * @param errorsOut not sent; some drivers count each attempt at a full queue
 * @param noBuffer not received because the pool was empty
 */
public record PortStatistics(
    long framesIn,
    long framesOut,
    long bytesIn,
    long bytesOut,
    long missed,
    long errorsIn,
    long errorsOut,
    long noBuffer) {
  static final PortStatistics NONE = new PortStatistics(0, 0, 0, 0, 0, 0, 0, 0);

  PortStatistics plus(final PortStatistics other) {
    return new PortStatistics(
        framesIn + other.framesIn,
        framesOut + other.framesOut,
        bytesIn + other.bytesIn,
        bytesOut + other.bytesOut,
        missed + other.missed,
        errorsIn + other.errorsIn,
        errorsOut + other.errorsOut,
        noBuffer + other.noBuffer);
  }

  /** Frames from the medium that never reached the stack. */
  long lostIn() {
    return missed + errorsIn + noBuffer;
  }
}
