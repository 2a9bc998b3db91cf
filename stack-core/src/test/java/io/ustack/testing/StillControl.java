package io.ustack.testing;

import io.ustack.tcp.congestion.AckSample;
import io.ustack.tcp.congestion.CongestionControl;
import io.ustack.tcp.congestion.CongestionWindow;

/** Congestion control that leaves the window as it is, for tests to say what is different. */
public class StillControl implements CongestionControl {
  @Override
  public String name() {
    return "still";
  }

  @Override
  public void start(final CongestionWindow window, final long nowNs) {}

  @Override
  public void onAck(final CongestionWindow window, final AckSample sample) {}

  @Override
  public void onCongestion(
      final CongestionWindow window, final Event event, final int flightBytes, final long nowNs) {}
}
