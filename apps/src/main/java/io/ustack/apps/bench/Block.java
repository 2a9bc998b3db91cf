package io.ustack.apps.bench;

import org.HdrHistogram.Histogram;

/**
 * What one contender did in one block.
 *
 * @param operations requests, connections or bytes, counted by who asks
 * @param elapsedNs how long the one who asks ran
 * @param cpuNs CPU time of the server's thread; over the pipe of both ends, which have one thread
 * @param allocatedBytes heap that those threads allocated
 * @param lostFrames frames that either end lost on the way
 * @param latency nanoseconds per operation; empty where there is none
 */
record Block(
    long operations,
    long elapsedNs,
    long cpuNs,
    long allocatedBytes,
    long lostFrames,
    Histogram latency) {
  double operationsPerSecond() {
    return operations * 1e9 / Math.max(1, elapsedNs);
  }
}
