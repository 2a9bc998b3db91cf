package io.ustack.apps.load;

import io.ustack.apps.EventHandler;
import io.ustack.posix.Epoll;
import io.ustack.posix.Errno;
import io.ustack.posix.Linger;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.nio.ByteBuffer;

/** One connection of a {@link LoadRun}, opened as often as it must be. */
final class LoadConnection implements EventHandler {
  /** What it waits for. */
  private enum State {
    CLOSED,
    /** Something went wrong; it may be tried again after a while. */
    RESTING,
    CONNECTING,
    /** For a request to begin. */
    FREE,
    /** For an answer. */
    ASKING,
    STREAMING
  }

  private static final int STREAM =
      SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK | SocketOption.SOCK_CLOEXEC;

  /** No TIME_WAIT is left behind: as many connections can be made as there are ports, and again. */
  private static final Linger RESET = new Linger(1, 0);

  /** A server that refuses is not asked again at once. */
  private static final long RETRY_NS = 100_000_000;

  private final LoadRun run;
  private final Posix posix;
  private final LoadPlan plan;
  private State state = State.CLOSED;
  private int fd = -1;

  /** When its request was begun, or due. */
  private long fromNs;

  /** When what it waits for is given up, or its rest ends. */
  private long limitNs;

  /** Bytes that a stream has given to the stack, and those of them that the server has. */
  private long handed;

  private long delivered;

  private int sent;
  private int received;

  /** Whether the first attempt to open it has ended, well or not. */
  boolean tried;

  LoadConnection(final LoadRun run) {
    this.run = run;
    posix = run.posix;
    plan = run.plan;
  }

  boolean isResting() {
    return state == State.RESTING;
  }

  /** Whether its rest is over, or what it waits for has taken too long. */
  boolean isDue(final long nowNs) {
    final boolean waits =
        state == State.RESTING || state == State.CONNECTING || state == State.ASKING;
    return waits && nowNs - limitNs >= 0;
  }

  /** It waits for nothing any more. */
  void endRest() {
    state = State.CLOSED;
  }

  /** It has waited for too long. */
  void expire(final long nowNs) {
    fail("timeout", nowNs);
  }

  // ---- Opening

  void open(final long nowNs) {
    limitNs = nowNs + plan.timeoutNs();
    fd = posix.socket(SocketOption.AF_INET, STREAM, 0);
    if (fd < 0) {
      fail(Errno.name(fd), nowNs);
      return;
    }
    posix.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1);
    final int result = posix.connect(fd, plan.address(), plan.port());
    run.loop.add(fd, Epoll.EPOLLOUT, this);
    state = State.CONNECTING;
    if (result != 0 && result != -Errno.EINPROGRESS) {
      fail(Errno.name(result), nowNs);
    }
  }

  private void onConnected(final long nowNs) {
    final int error = posix.getsockopt(fd, SocketOption.SOL_SOCKET, SocketOption.SO_ERROR);
    if (error != 0) {
      fail(Errno.name(error), nowNs);
      return;
    }
    state = State.FREE;
    run.loop.change(fd, Epoll.EPOLLIN);
    run.onOpen(this, nowNs);
  }

  // ---- Requests

  /** Begins a request; its latency counts from {@code beginNs}, its time limit from now. */
  void ask(final long beginNs, final long nowNs) {
    fromNs = beginNs;
    limitNs = nowNs + plan.timeoutNs();
    sent = 0;
    received = 0;
    state = State.ASKING;
    send(nowNs);
  }

  /** The same on a connection that is made for it. */
  void connectAndAsk(final long beginNs, final long nowNs) {
    fromNs = beginNs;
    open(nowNs);
  }

  long fromNs() {
    return fromNs;
  }

  private void send(final long nowNs) {
    final ByteBuffer request = plan.request();
    final int left = request.limit() - sent;
    final int count = posix.send(fd, request, sent, left, SocketOption.MSG_NOSIGNAL);
    if (count < 0 && count != -Errno.EAGAIN) {
      fail(Errno.name(count), nowNs);
      return;
    }
    sent += Math.max(0, count);
    if (count < left) {
      run.loop.change(fd, Epoll.EPOLLIN | Epoll.EPOLLOUT);
    } else if (sent > count) {
      run.loop.change(fd, Epoll.EPOLLIN); // the last of several pieces
      endIfAnswered(nowNs);
    }
  }

  private void receive(final long nowNs) {
    final int count = run.receive(fd);
    if (count == -Errno.EAGAIN) {
      return;
    }
    if (count <= 0) {
      fail(count == 0 ? "closed by the server" : Errno.name(count), nowNs);
      return;
    }
    received += count;
    if (state == State.FREE || received > plan.answerBytes()) {
      fail("more than an answer", nowNs);
      return;
    }
    endIfAnswered(nowNs);
  }

  /** An answer can be there before its request has left; the next one begins behind both. */
  private void endIfAnswered(final long nowNs) {
    if (received == plan.answerBytes() && sent == plan.request().limit()) {
      state = State.FREE;
      run.onAnswer(this, nowNs);
    }
  }

  /** Is closed by a reset. */
  void reset() {
    posix.setsockopt(fd, SocketOption.SOL_SOCKET, SocketOption.SO_LINGER, RESET);
    close();
  }

  // ---- Streams

  void stream() {
    state = State.STREAMING;
    handed = 0;
    delivered = 0;
    final boolean up = plan.kind() == LoadPlan.Kind.BULK;
    run.loop.change(fd, up ? Epoll.EPOLLIN | Epoll.EPOLLOUT : Epoll.EPOLLIN);
  }

  /**
   * Counts what the server has acknowledged since it was last asked for. Not of one that has
   * failed: it has forgotten what it had not.
   */
  void countDelivered(final long nowNs) {
    if (state != State.STREAMING || plan.kind() != LoadPlan.Kind.BULK) {
      return;
    }
    final int waiting = posix.ioctl(fd, SocketOption.SIOCOUTQ, 0);
    final int error = posix.getsockopt(fd, SocketOption.SOL_SOCKET, SocketOption.SO_ERROR);
    if (waiting >= 0 && error == 0) {
      run.tally.moved((int) (handed - waiting - delivered));
      delivered = handed - waiting;
    } else if (error > 0) {
      fail(Errno.name(error), nowNs);
    }
  }

  private void move(final int events, final long nowNs) {
    if ((events & Epoll.EPOLLOUT) != 0) {
      final ByteBuffer chunk = plan.request();
      final int count = posix.send(fd, chunk, 0, chunk.limit(), SocketOption.MSG_NOSIGNAL);
      if (count < 0 && count != -Errno.EAGAIN) {
        fail(Errno.name(count), nowNs);
        return;
      }
      handed += Math.max(0, count);
      countDelivered(nowNs);
    }
    if (state == State.STREAMING && (events & ~Epoll.EPOLLOUT) != 0) {
      final int count = run.receive(fd);
      if (count > 0 && plan.kind() == LoadPlan.Kind.BULK_DOWN) {
        run.tally.moved(count);
      } else if (count <= 0 && count != -Errno.EAGAIN) {
        fail(count == 0 ? "closed by the server" : Errno.name(count), nowNs);
      }
    }
  }

  // ---- Whatever happens

  @Override
  public void onEvents(final int events, final long nowNs) {
    switch (state) {
      case CONNECTING -> onConnected(nowNs);
      case ASKING -> {
        if ((events & Epoll.EPOLLOUT) != 0) {
          send(nowNs);
        }
        if (state == State.ASKING && (events & ~Epoll.EPOLLOUT) != 0) {
          receive(nowNs);
        }
      }
      case STREAMING -> move(events, nowNs);
      case FREE -> receive(nowNs); // more than an answer, or the end
      case CLOSED, RESTING -> {}
    }
  }

  private void fail(final String why, final long nowNs) {
    final boolean asked = state == State.ASKING;
    final boolean stood = asked || state == State.FREE || state == State.STREAMING;
    close();
    state = State.RESTING;
    limitNs = stood ? nowNs : nowNs + RETRY_NS;
    run.onFailure(this, why, asked);
  }

  void close() {
    if (fd >= 0) {
      run.loop.close(fd);
      fd = -1;
    }
    state = State.CLOSED;
  }
}
