package io.ustack.apps;

import io.ustack.dpdk.DpdkPort;
import io.ustack.dpdk.LinkState;
import io.ustack.dpdk.PortWatch;
import io.ustack.link.LinkChange;
import io.ustack.stack.NetworkStack;
import java.util.List;

/** Tells people, stacks and the command what becomes of a port. On the thread of its watch. */
final class PortChanges implements PortWatch.Observer {
  private final String name;
  private final List<NetworkStack> stacks;
  private final Invocation invocation;
  private volatile boolean gone;

  PortChanges(final DpdkPort port, final List<NetworkStack> stacks, final Invocation invocation) {
    name = port.config().name();
    this.stacks = stacks;
    this.invocation = invocation;
  }

  @Override
  public void onLink(final LinkState state) {
    invocation.err().println(name + ": " + state);
    tell(state.up() ? LinkChange.UP : LinkChange.DOWN);
  }

  @Override
  public void onReset() {
    invocation.err().println(name + ": the NIC was reset, and is set up again");
    tell(LinkChange.RESET);
  }

  @Override
  public void onGone(final String why) {
    gone = true;
    tell(LinkChange.GONE);
    invocation.stop().fail("port " + name + " is gone: " + why);
  }

  /** Whether nothing will pass any more. Any thread. */
  boolean isGone() {
    return gone;
  }

  /** A stack so busy that its queue of commands is full does not hear of it. */
  private void tell(final LinkChange change) {
    for (final NetworkStack stack : stacks) {
      stack.commands().offer(nowNs -> stack.onWire(change, nowNs));
    }
  }
}
