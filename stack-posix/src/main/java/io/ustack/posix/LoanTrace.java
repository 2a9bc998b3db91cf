package io.ustack.posix;

/** The stack trace of where a {@link Loan} was made or held. Never thrown. */
public final class LoanTrace extends Throwable {
  private static final long serialVersionUID = 1;

  LoanTrace(final String what) {
    super(what);
  }
}
