package io.ustack.posix;

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

/** The loans of an engine: who holds packets. Any thread. */
final class Loans {
  private static final Logger LOG = System.getLogger(Loans.class.getName());

  private final Lock lock;
  private final ReferenceQueue<Loan> forgotten = new ReferenceQueue<>();

  /** Under the lock: so that those who hold are not collected with what they hold. */
  private final Set<LoanMemory> all = new HashSet<>();

  private volatile boolean closed;

  private volatile boolean traced = Loans.class.desiredAssertionStatus();
  private volatile Consumer<ForgottenLoan> observer = Loans::log;

  /** The loans of an engine, which {@code lock} guards. */
  Loans(final Lock lock) {
    this.lock = lock;
  }

  private static void log(final ForgottenLoan loan) {
    LOG.log(
        Level.WARNING,
        "a loan of " + loan.lengthBytes() + " bytes was never given back",
        loan.trace());
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
    } finally {
      lock.unlock();
    }
    remaining.forEach(LoanMemory::onForgotten);
  }
}
