package io.ustack.posix;

import java.lang.ref.Reference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@link Posix}: packets lent instead of bytes copied. Linux has nothing like them. */
abstract class LoanCalls extends DataCalls {
  LoanCalls(final SocketEngine engine, final int descriptors) {
    super(engine, descriptors);
  }

  /** A loan that holds nothing yet, for the sockets of this engine. */
  public Loan loan() {
    return engine.loans.make();
  }

  /**
   * Receives as {@link #recv(int, byte[], int, int, int)} does, but lends the packet: a whole
   * datagram, or what the next segment brought of a stream. From the first such call on, what the
   * socket receives stays in packets; before that, and where no packet can be lent, it is copied
   * into memory of the loan.
   *
   * @param flags MSG_DONTWAIT, MSG_NOSIGNAL; others -EOPNOTSUPP
   * @return bytes that the loan holds; 0 at the end of a stream or for an empty datagram, and then
   *     it holds nothing; as recv; -EBUSY when the loan is held; -EFAULT without one; -EINVAL for
   *     one of another engine; -EOPNOTSUPP for a socket of AF_UNIX
   */
  public int recvLend(final int fd, final @Nullable Loan loan, final int flags) {
    return recvLend(fd, loan, flags, null);
  }

  /** As {@link #recvLend(int, Loan, int)}, and says where a datagram came from. */
  public int recvLend(
      final int fd,
      final @Nullable Loan loan,
      final int flags,
      final @Nullable SocketAddress4 source) {
    final StackSocket socket = table.socket(fd);
    final int refusal = refuseToHold(loan);
    if (socket == null || refusal != 0 || loan == null) {
      return table.firstOf(fd, socket, refusal);
    }
    engine.loans.collect();
    try {
      final int count = Lending.receive(socket, loan.memory, flags, source);
      return count > 0 && !loan.isHeld() ? -Errno.EIO : count;
    } finally {
      Reference.reachabilityFence(loan); // it is not forgotten while it is used
    }
  }

  /**
   * Gives memory to be filled and sent by {@link #sendLent(int, Loan, int, int)}: of a packet of
   * its own for each claim, of which any number may be held. Does not wait.
   *
   * @return how many bytes the loan holds: {@code length}, or for a stream less; -ENOBUFS when no
   *     more packets are lent now; -EMSGSIZE for more than a datagram can carry; -EINVAL unless
   *     {@code length} is above 0; -EBUSY, -EFAULT, -EOPNOTSUPP as {@link #recvLend(int, Loan,
   *     int)}
   */
  public int sendClaim(final int fd, final @Nullable Loan loan, final int length) {
    final StackSocket socket = table.socket(fd);
    final int refusal = length <= 0 ? -Errno.EINVAL : refuseToHold(loan);
    if (socket == null || refusal != 0 || loan == null) {
      return table.firstOf(fd, socket, refusal);
    }
    engine.loans.collect();
    try {
      final int count = Lending.claim(socket, loan.memory, length);
      return count > 0 && !loan.isHeld() ? -Errno.EIO : count;
    } finally {
      Reference.reachabilityFence(loan);
    }
  }

  /**
   * Sends the first bytes of what a loan holds, be it claimed or received, and from whichever
   * socket: as {@link #send(int, java.nio.ByteBuffer, int, int, int)}, but the packet itself goes.
   * Once all {@code length} bytes are taken the loan holds nothing any more; otherwise it holds
   * what it held. Of a stream the bytes are copied into segments; of datagrams nothing is copied,
   * as long as no more than 64 wait to leave.
   *
   * @param length at most what the loan holds; not 0
   * @return as send; -EINVAL for a length outside of that, and for a loan that holds nothing
   */
  public int sendLent(final int fd, final @Nullable Loan loan, final int length, final int flags) {
    return sendLent(fd, loan, length, flags, 0, StackSocket.NO_PORT);
  }

  /** As {@link #sendLent(int, Loan, int, int)}, to an address, as sendto(2). */
  public int sendLent(
      final int fd,
      final @Nullable Loan loan,
      final int length,
      final int flags,
      final int address,
      final int port) {
    final StackSocket socket = table.socket(fd);
    final int refusal = port < StackSocket.NO_PORT ? -Errno.EINVAL : refuseToSend(loan, length);
    if (socket == null || refusal != 0 || loan == null) {
      return table.firstOf(fd, socket, refusal);
    }
    try {
      return Lending.send(socket, loan.memory, length, flags, address, port);
    } finally {
      Reference.reachabilityFence(loan);
    }
  }

  private int refuseToHold(final @Nullable Loan loan) {
    if (loan == null) {
      return -Errno.EFAULT;
    }
    if (loan.memory.loans != engine.loans) {
      return -Errno.EINVAL;
    }
    return loan.isHeld() ? -Errno.EBUSY : 0;
  }

  private int refuseToSend(final @Nullable Loan loan, final int length) {
    if (loan == null) {
      return -Errno.EFAULT;
    }
    final LoanMemory memory = loan.memory;
    final boolean holds = memory.loans == engine.loans && memory.isHeld();
    return holds && length > 0 && length <= memory.length() ? 0 : -Errno.EINVAL;
  }

  /**
   * Whether each loan remembers where it was held, for {@link #onForgottenLoan}: a stack trace,
   * which costs about as much as the call. At first as assertions are: on with {@code -ea}.
   */
  public void traceLoans(final boolean on) {
    engine.loans.trace(on);
  }

  /**
   * Who is told of loans that are held and were forgotten, by a thread that asks for another loan
   * or closes the engine. At first they are logged.
   */
  public void onForgottenLoan(final Consumer<ForgottenLoan> observer) {
    engine.loans.observer(observer);
  }
}
