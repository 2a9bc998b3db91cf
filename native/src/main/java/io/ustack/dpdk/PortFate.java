package io.ustack.dpdk;

/** What has become of a port's device. All but the first are for good: nothing passes any more. */
public enum PortFate {
  /** Nothing that is known of. */
  RUNS(""),
  /** The network interface behind it is not there any more. */
  DELETED(
      "its network interface was deleted, or moved to another namespace: make it again, then start"
          + " again"),
  /** The NIC was, or is to be, taken out. */
  UNPLUGGED(
      "the NIC was unplugged: plug one in, give it to DPDK with dpdk-setup/bind-nic.sh, then start"
          + " again"),
  /** The NIC was reset from elsewhere, as a virtual function is with its physical one. */
  RESET("the NIC was reset and has forgotten how it was set up: start again");

  private static final PortFate[] ALL = values();

  private final String remedy;

  PortFate(final String remedy) {
    this.remedy = remedy;
  }

  /** As {@code enum ustack_fate} numbers them. */
  static PortFate of(final int number) {
    return ALL[number];
  }

  /** What has happened and what to do about it, in a few words; empty for {@link #RUNS}. */
  public String remedy() {
    return remedy;
  }
}
