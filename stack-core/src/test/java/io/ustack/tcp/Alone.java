package io.ustack.tcp;

import io.ustack.readiness.ReadinessObserver;
import org.jspecify.annotations.Nullable;

/** The socket of one thread: it lets the stack have what the connection does not need just now. */
final class Alone implements ReadinessObserver {
  private @Nullable TcpConnection connection;

  /** From now on that is its connection. */
  void of(final TcpConnection its) {
    connection = its;
    its.observer(this);
  }

  @Override
  public void onReadiness(final int bits) {
    // It looks for itself.
  }

  @Override
  public boolean isAlone() {
    return true;
  }

  @Override
  public void onIdle() {
    if (connection != null) {
      connection.sendBuffer().sleep();
    }
  }
}
