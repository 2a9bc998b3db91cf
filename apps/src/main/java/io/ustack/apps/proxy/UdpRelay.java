package io.ustack.apps.proxy;

import io.ustack.apps.BoundSocket;
import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventHandler;
import io.ustack.apps.EventLoop;
import io.ustack.posix.Epoll;
import io.ustack.posix.Loan;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketAddress4;
import io.ustack.posix.SocketOption;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Passes datagrams on to a target and its answers back. Each client (address and port) is a flow of
 * its own, with one target and one socket towards it, for as long as datagrams come, either way.
 * What finds no room is lost, and counted, as datagrams are. A datagram leaves in the packet that
 * it came in, unless the stack has no more packets to lend.
 */
public final class UdpRelay implements EventHandler, AutoCloseable {
  private static final byte[] EMPTY = new byte[0];
  private static final int TURN_DATAGRAMS = 64;

  private final Posix posix;
  private final EventLoop loop;
  private final Targets targets;
  private final ConnectionLimits limits;
  private final long retryNs;
  private final int fd;
  private final Loan loan;
  private final SocketAddress4 client = new SocketAddress4();

  /** The one that was quiet for longest comes first. */
  private final Map<Long, UdpFlow> flows = new LinkedHashMap<>();

  private long retriedNs;
  private long passed;
  private long lost;

  /**
   * Binds {@code port} of every address.
   *
   * @param limits flows at a time, and how long one may be quiet
   * @param retryNs after which a target that is down may count as up again, if the threshold asks
   *     for one success; there is nothing to check it with
   * @throws IOException in one line, when the port is taken
   */
  public UdpRelay(
      final Posix posix,
      final EventLoop loop,
      final Targets targets,
      final ConnectionLimits limits,
      final long retryNs,
      final int port,
      final long nowNs)
      throws IOException {
    this.posix = posix;
    this.loop = loop;
    this.targets = targets;
    this.limits = limits;
    this.retryNs = retryNs;
    retriedNs = nowNs;
    loan = posix.loan();
    fd = BoundSocket.open(posix, SocketOption.SOCK_DGRAM, port);
    loop.add(fd, Epoll.EPOLLIN, this);
  }

  /** Datagrams of clients. */
  @Override
  public void onEvents(final int events, final long nowNs) {
    for (int i = 0; i < TURN_DATAGRAMS; i++) {
      loan.close(); // whatever became of the last one
      final int length = posix.recvLend(fd, loan, 0, client);
      if (length < 0) {
        return;
      }
      final UdpFlow flow = flowOf(client.address(), client.port());
      if (flow == null) {
        lost++;
        loan.close();
      } else {
        touch(flow, nowNs);
        flow.up(length);
      }
    }
  }

  private @Nullable UdpFlow flowOf(final int address, final int port) {
    final long key = (long) address << 16 | port;
    final UdpFlow known = flows.get(key);
    if (known != null || flows.size() == limits.connections()) {
      return known;
    }
    final Target target = targets.next(0);
    final UdpFlow flow = target == null ? null : UdpFlow.open(this, key, target);
    if (flow != null) {
      flows.put(key, flow);
      loop.add(flow.fd(), Epoll.EPOLLIN, flow);
    }
    return flow;
  }

  /** An answer of a flow's target has come. */
  void down(final UdpFlow flow, final int length, final long nowNs) {
    touch(flow, nowNs);
    final long key = flow.client();
    pass(fd, length, (int) (key >>> 16), (int) key & 0xFFFF);
  }

  /** Sends what was lent last, in its packet; returns its length, or -errno. */
  int pass(final int to, final int length, final int address, final int port) {
    final int sent =
        length == 0
            ? posix.sendto(to, EMPTY, 0, 0, 0, address, port)
            : posix.sendLent(to, loan, length, 0, address, port);
    loan.close();
    if (sent >= 0) {
      passed++;
    } else {
      lost++;
    }
    return sent;
  }

  /** Not quiet: to the end of the row. */
  private void touch(final UdpFlow flow, final long nowNs) {
    flow.progressNs = nowNs;
    flows.remove(flow.client());
    flows.put(flow.client(), flow);
  }

  /** The flow's target has failed: the client's next datagram finds it another. */
  void end(final UdpFlow flow) {
    flows.remove(flow.client());
    close(flow);
  }

  private void close(final UdpFlow flow) {
    flow.target().closed();
    loop.close(flow.fd());
  }

  /** What is due by time: flows that are quiet end, targets that are down get another chance. */
  public void tick(final long nowNs) {
    final var quiet = flows.values().iterator();
    while (quiet.hasNext()) {
      final UdpFlow flow = quiet.next();
      if (nowNs - flow.progressNs < limits.idleNs()) {
        break;
      }
      quiet.remove();
      close(flow);
    }
    if (nowNs - retriedNs >= retryNs) {
      retriedNs = nowNs;
      for (final Target target : targets.all()) {
        if (!target.isUp()) {
          target.answered();
        }
      }
    }
  }

  Posix posix() {
    return posix;
  }

  /** In which a datagram passes through, from its receipt to {@link #pass}. */
  Loan loan() {
    return loan;
  }

  public Targets targets() {
    return targets;
  }

  /** Clients now. */
  public int flows() {
    return flows.size();
  }

  /** Datagrams passed on so far, both ways. */
  public long passed() {
    return passed;
  }

  /** Datagrams lost here so far: too many flows, no target up, no room. */
  public long lost() {
    return lost;
  }

  /** Ends all flows. */
  @Override
  public void close() {
    flows.values().forEach(this::close);
    flows.clear();
    loop.close(fd);
  }
}
