package io.ustack.apps.bench;

import java.util.Locale;

/** Where ustack is measured. */
enum Place {
  /** Both ends in lockstep on one thread. */
  PIPE,
  /** Two processes. */
  MEMIF,
  /** One process and the port that has as many frames as anybody takes. */
  NULL;

  /** As results name it. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
