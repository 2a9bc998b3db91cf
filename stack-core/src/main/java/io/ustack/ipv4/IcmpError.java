package io.ustack.ipv4;

import io.ustack.readiness.Failure;

/**
 * What an ICMP error says beside the packet that it quotes. There is one that is filled in anew for
 * each error; who is told of one only borrows it.
 */
public final class IcmpError {
  private Failure failure = Failure.NONE;
  private int type;
  private int code;
  private int mtuBytes;
  private int reporter;

  /** Fills it in. */
  public IcmpError set(
      final Failure newFailure,
      final int newType,
      final int newCode,
      final int newMtuBytes,
      final int newReporter) {
    failure = newFailure;
    type = newType;
    code = newCode;
    mtuBytes = newMtuBytes;
    reporter = newReporter;
    return this;
  }

  /** What it means to a transport; MESSAGE_TOO_LONG for "fragmentation needed". */
  public Failure failure() {
    return failure;
  }

  /** The ICMP type. */
  public int type() {
    return type;
  }

  /** The ICMP code. */
  public int code() {
    return code;
  }

  /** Of MESSAGE_TOO_LONG what would have passed; 0 when the router did not say. */
  public int mtuBytes() {
    return mtuBytes;
  }

  /** Whose message it is. */
  public int reporter() {
    return reporter;
  }

  /**
   * Whether sending again is of no use (Linux icmp_err_convert): who is connected hears of it
   * without having asked.
   */
  public boolean isHard() {
    return type == 3
        && switch (code) {
          case 0, 1, 5, 11, 12 -> false;
          default -> true;
        };
  }
}
