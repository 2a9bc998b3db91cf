package io.ustack.posix;

import io.ustack.stack.Command;
import io.ustack.stack.CommandQueue;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackAgent;
import io.ustack.time.Clock;
import java.util.concurrent.locks.LockSupport;

/** A stack with a thread of its own, which takes commands from those that make calls. */
final class DedicatedShard extends Shard {
  /** Looks before parking: an answer that is on its way costs no sleep. */
  private static final int SPINS = 200;

  private static final int YIELDS = 100;
  private static final long FULL_QUEUE_PARK_NS = 50_000;

  /** How long a call sleeps before it looks whether there still is a stack thread. */
  private static final long ALIVE_CHECK_NS = 50_000_000;

  private final DedicatedExecution execution;
  private final CommandQueue commands;
  private final StackAgent agent;

  /** A shard of {@code execution}, which hears of the end of its thread. */
  DedicatedShard(final NetworkStack stack, final Clock clock, final DedicatedExecution execution) {
    super(stack, execution.newLock());
    this.execution = execution;
    commands = stack.commands();
    agent = new StackAgent(stack, clock, execution::end);
  }

  void start() {
    agent.start();
  }

  /** Ends the thread, if it has not ended, and waits for that. */
  void stop() {
    agent.stop();
  }

  @Override
  void call(final StackCall call) {
    call.begin(Thread.currentThread());
    offer(call);
    boolean interrupted = false;
    for (int spins = 0; !call.isDone() && !execution.isOver(); spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(call, ALIVE_CHECK_NS);
        // The call can't be taken back: whoever interrupts is heard at the next wait.
        interrupted |= Thread.interrupted();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  void ring(final Doorbell bell, final int requests) {
    if (bell.note(requests)) {
      offer(bell);
    }
  }

  /** The queue is bounded, the stack takes from it in every cycle: wait until there is room. */
  @SuppressWarnings("ThreadPriorityCheck") // Nothing depends on who runs instead.
  private void offer(final Command command) {
    for (int tries = 0; !commands.offer(command) && !execution.isOver(); tries++) {
      if (tries < SPINS) {
        Thread.onSpinWait();
      } else if (tries < SPINS + YIELDS) {
        Thread.yield();
      } else {
        LockSupport.parkNanos(this, FULL_QUEUE_PARK_NS);
      }
    }
    agent.wake();
  }
}
