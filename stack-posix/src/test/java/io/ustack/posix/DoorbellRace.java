package io.ustack.posix;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.PipeLink;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackConfig;
import io.ustack.time.ManualClock;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** A bell is rung twice while the stack serves it: each request is served. */
@JCStressTest
@Outcome(id = "3", expect = ACCEPTABLE, desc = "both")
@State
public class DoorbellRace {
  private static final Shard SHARD =
      SocketEngine.stepped(
              new NetworkStack(
                  StackConfig.of(Ipv4Subnet.parse("10.0.0.1/24")), PipeLink.pair().a(), 0),
              new ManualClock(0))
          .shard;

  private int served;
  private final AtomicInteger offered = new AtomicInteger();

  private final Doorbell bell =
      new Doorbell(SHARD) {
        @Override
        void serve(final int request, final long nowNs) {
          served |= request;
        }
      };

  /** An application thread; when it is told to, it offers the bell. */
  @Actor
  public void ringTwice() {
    ring(1);
    ring(2);
  }

  private void ring(final int request) {
    if (bell.note(request)) {
      offered.incrementAndGet();
    }
  }

  /** The stack. */
  @Actor
  public void serve() {
    if (offered.get() > 0) {
      offered.decrementAndGet();
      bell.execute(0);
    }
  }

  /** The stack, later. */
  @Arbiter
  public void serveTheRest(final I_Result seen) {
    while (offered.getAndDecrement() > 0) {
      bell.execute(0);
    }
    seen.r1 = served;
  }
}
