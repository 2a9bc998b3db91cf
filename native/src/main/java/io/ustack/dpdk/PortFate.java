package io.ustack.dpdk;

/** What has become of a port's device. */
public enum PortFate {
  /** Nothing that is known of. */
  RUNS(""),
  /** For good: the network interface behind it is not there any more. */
  DELETED(
      "its network interface was deleted, or moved to another namespace: make it again, then start"
          + " again"),
  /** For good: the NIC was, or is to be, taken out. */
  UNPLUGGED(
      "the NIC was unplugged: plug one in, give it to DPDK with dpdk-setup/bind-nic.sh, then start"
          + " again"),
  /**
   * The NIC was reset from elsewhere, as a virtual function is with its physical one: nothing
   * passes until it is set up again.
   */
  RESET("");

  private static final PortFate[] ALL = values();

  private final String remedy;

  PortFate(final String remedy) {
    this.remedy = remedy;
  }

  /** As {@code enum ustack_fate} numbers them. */
  static PortFate of(final int number) {
    return ALL[number];
  }

  /** What has happened and what to do about it, in a few words; empty for what is not for good. */
  public String remedy() {
    return remedy;
  }
}
