package io.ustack.posix;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.Clock;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Two changes of an edge-triggered pollable against a look: no edge is lost, none comes twice. */
@JCStressTest
@Outcome(id = "0, 2", expect = ACCEPTABLE, desc = "the look came first")
@Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "between them")
@Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "after both")
@State
public class ReadyListRace {
  /** A stack thread that nobody asks for anything: what the engine needs to be DEDICATED. */
  private static final SocketEngine ENGINE =
      SocketEngine.dedicated(
          new NetworkStack(StackConfig.of(Ipv4Subnet.parse("10.0.0.1/24")), PipeLink.pair().a(), 0),
          Clock.SYSTEM);

  private final CountingPollable pollable = new CountingPollable(ENGINE);
  private final EpollSet set = new EpollSet(ENGINE);
  private final EpollEvents events = new EpollEvents(4);

  /** Watched, and not ready. */
  public ReadyListRace() {
    set.add(pollable, Epoll.EPOLLIN | Epoll.EPOLLET, 1);
  }

  /** The stack. */
  @Actor
  public void change() {
    pollable.produce();
    pollable.produce();
  }

  /** The application, which takes all there is when it is told of it. */
  @Actor
  public void look(final II_Result seen) {
    if (set.await(events, 4, 0) > 0) {
      seen.r1 = pollable.consume();
    }
  }

  /** What the next look finds. */
  @Arbiter
  public void lookAgain(final II_Result seen) {
    seen.r2 = seen.r1;
    while (set.await(events, 4, 0) > 0) {
      seen.r2 += pollable.consume();
    }
  }
}
