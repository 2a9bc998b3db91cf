package io.ustack.posix;

/**
 * A {@link Loan} that was held and could not be given back by anybody any more, or was still held
 * when its engine was closed.
 *
 * @param lengthBytes what it held
 * @param trace where it was held if that is traced ({@link Posix#traceLoans}), else where it was
 *     made; its message says which
 */
public record ForgottenLoan(int lengthBytes, LoanTrace trace) {}
