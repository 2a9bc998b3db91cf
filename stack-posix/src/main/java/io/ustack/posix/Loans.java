package io.ustack.posix;

import io.ustack.buffer.LentPackets;
import io.ustack.buffer.Packet;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The loans of an engine: a stock of packets to be claimed, and who holds some. Any thread. */
final class Loans {
  private static final Logger LOG = System.getLogger(Loans.class.getName());

  /** What one visit to the stack fetches. */
  private static final int STOCK = 8;

  private final SocketEngine engine;
  private final LentPackets lent;
  private final Lock lock;
  private final ReferenceQueue<Loan> forgotten = new ReferenceQueue<>();
  private final Claim claim = new Claim();

  /** Under the lock: so that those who hold are not collected with what they hold. */
  private final Set<LoanMemory> all = new HashSet<>();

  // Under the lock, too.
  private final @Nullable Packet[] stock = new @Nullable Packet[STOCK];
  private int stocked;

  private volatile boolean closed;

  private volatile boolean traced = Loans.class.desiredAssertionStatus();
  private volatile Consumer<ForgottenLoan> observer = Loans::log;

  Loans(final SocketEngine engine, final LentPackets lent, final Lock lock) {
    this.engine = engine;
    this.lent = lent;
    this.lock = lock;
  }

  private static void log(final ForgottenLoan loan) {
    LOG.log(
        Level.WARNING,
        "a loan of " + loan.lengthBytes() + " bytes was never given back",
        loan.trace());
  }

  LentPackets lent() {
    return lent;
  }

  ReferenceQueue<Loan> forgotten() {
    return forgotten;
  }

  /** Whether nobody may hold anything any more. */
  boolean isClosed() {
    return closed;
  }

  boolean isTraced() {
    return traced;
  }

  void trace(final boolean on) {
    traced = on;
  }

  void observer(final Consumer<ForgottenLoan> newObserver) {
    observer = newObserver;
  }

  Loan make() {
    collect();
    final Loan loan = new Loan(this);
    lock.lock();
    try {
      all.add(loan.memory);
    } finally {
      lock.unlock();
    }
    return loan;
  }

  /** Looks for loans that were forgotten; costs next to nothing when there are none. */
  void collect() {
    for (Reference<?> gone = forgotten.poll(); gone != null; gone = forgotten.poll()) {
      final LoanMemory memory = (LoanMemory) gone;
      lock.lock();
      try {
        all.remove(memory);
      } finally {
        lock.unlock();
      }
      memory.onForgotten();
    }
  }

  /** An empty packet, lent to the caller; null when no more can be lent, or the stack is over. */
  @Nullable Packet claim() {
    lock.lock();
    try {
      if (stocked == 0) {
        claim.fetched = 0;
        engine.execution.call(claim);
        if (claim.isDone()) {
          stocked = claim.fetched;
          System.arraycopy(claim.packets, 0, stock, 0, stocked);
        }
      }
      if (stocked == 0) {
        return null;
      }
      final Packet packet = stock[--stocked];
      stock[stocked] = null;
      return packet;
    } finally {
      lock.unlock();
    }
  }

  void giveBack(final Packet packet) {
    lent.giveBack(packet);
  }

  /** Tells of a loan that nobody will give back. */
  void report(final ForgottenLoan loan) {
    observer.accept(loan);
  }

  /** The engine closes: whoever still holds something holds it no longer. */
  void close() {
    closed = true;
    collect();
    final List<LoanMemory> remaining = new ArrayList<>();
    lock.lock();
    try {
      remaining.addAll(all);
      all.clear();
      while (stocked > 0) {
        final Packet packet = stock[--stocked];
        stock[stocked] = null;
        if (packet != null) {
          lent.giveBack(packet);
        }
      }
    } finally {
      lock.unlock();
    }
    remaining.forEach(LoanMemory::onForgotten);
  }

  /** Fetches packets for the stock. */
  private final class Claim extends StackCall {
    private final @Nullable Packet[] packets = new @Nullable Packet[STOCK];
    private int fetched;

    @Override
    void run(final long nowNs) {
      lent.collect(); // what came back since the last cycle
      Packet packet = lent.lendEmpty();
      while (packet != null) {
        packets[fetched++] = packet;
        packet = fetched < STOCK ? lent.lendEmpty() : null;
      }
    }
  }
}
