package io.ustack.posix;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.ManualClock;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * INLINE: another thread writes to an eventfd while the one that runs the stack looks at its epoll
 * set and lets go of what was ready before. The write is seen now or by the next look.
 */
@JCStressTest
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "the next look")
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "this look, and it stays")
@State
public class EventFdRace {
  private static final byte[] ONE = {1, 0, 0, 0, 0, 0, 0, 1};
  private static final SocketEngine ENGINE =
      SocketEngine.stepped(
          new NetworkStack(StackConfig.of(Ipv4Subnet.parse("10.0.0.1/24")), PipeLink.pair().a(), 0),
          new ManualClock(0));
  private final EventFd counter = new EventFd(ENGINE, 1, false);
  private final EpollSet set = ENGINE.epollSet();
  private final EpollEvents events = new EpollEvents(1);

  /** In the ready list, and not ready any more. */
  public EventFdRace() {
    set.add(counter, Epoll.EPOLLIN, 1);
    counter.read(null, new byte[8], 0, 8);
  }

  /** Another thread. */
  @Actor
  public void write() {
    counter.write(null, ONE, 0, 8);
  }

  /** The one that runs the stack. */
  @Actor
  public void look(final II_Result seen) {
    seen.r1 = set.await(events, 1, 0);
  }

  /** Its next look. */
  @Arbiter
  public void lookAgain(final II_Result seen) {
    seen.r2 = set.await(events, 1, 0);
  }
}
