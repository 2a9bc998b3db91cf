package io.ustack.apps.iperf3;

import io.ustack.apps.EventHandler;

/** What a connection is for, once its cookie is known. */
interface Role extends EventHandler {
  /** It is known now what the connection is for; from here on it may close. */
  void begin(long nowNs);

  /** The connection is closed. */
  void onClosed();
}
