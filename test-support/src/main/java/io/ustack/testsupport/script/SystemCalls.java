package io.ustack.testsupport.script;

import io.ustack.posix.Epoll;
import io.ustack.posix.EpollEvents;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketAddress4;
import io.ustack.posix.SocketOption;
import io.ustack.tcp.TcpInfo;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes the calls of a script. Descriptors have the numbers that the script gives them, whatever
 * they are here.
 */
final class SystemCalls {
  private static final Set<String> MAKES_DESCRIPTOR =
      Set.of("socket", "accept", "accept4", "epoll_create", "epoll_create1");

  private static final Map<String, Bounds> FIELDS =
      Map.of("sin_port", Bounds.PORT, "sin_addr", Bounds.ADDRESS);

  private static final int NO_DESCRIPTOR = -1;

  /** The calls that there are, and how many arguments each has. */
  private static final Map<String, Integer> ARGUMENTS =
      Map.ofEntries(
          Map.entry("socket", 3),
          Map.entry("bind", 3),
          Map.entry("listen", 2),
          Map.entry("accept", 3),
          Map.entry("accept4", 4),
          Map.entry("connect", 3),
          Map.entry("read", 3),
          Map.entry("recv", 4),
          Map.entry("write", 3),
          Map.entry("send", 4),
          Map.entry("sendto", 6),
          Map.entry("shutdown", 2),
          Map.entry("close", 1),
          Map.entry("fcntl", 3),
          Map.entry("setsockopt", 5),
          Map.entry("getsockopt", 5),
          Map.entry("poll", 3),
          Map.entry("epoll_create", 1),
          Map.entry("epoll_create1", 1),
          Map.entry("epoll_ctl", 4),
          Map.entry("epoll_wait", 4),
          Map.entry("peer", 1));

  private final Posix posix;
  private final SegmentWire wire;
  private final Stream stream = new Stream();
  private final Map<Integer, Integer> descriptors = new HashMap<>();

  /** Of the connection that the script is about; not the script's number. */
  private int current = NO_DESCRIPTOR;

  /** That number is another socket's now, which has no connection yet. */
  private boolean reused;

  SystemCalls(final Posix posix, final SegmentWire wire) {
    this.posix = posix;
    this.wire = wire;
  }

  /** Complains unless there is such a call with so many arguments; F_GETFL needs none. */
  static void require(final String function, final int arguments) {
    final Integer wanted = ARGUMENTS.get(function);
    if (wanted == null) {
      throw new ScriptFailure("no such call: " + function);
    }
    if (arguments != wanted && !(function.equals("fcntl") && arguments == wanted - 1)) {
      throw new ScriptFailure(function + " has " + wanted + " arguments, not " + arguments);
    }
  }

  Stream stream() {
    return stream;
  }

  /**
   * What asserts are about: the connection that was accepted or begun last, else the last socket.
   */
  void info(final TcpInfo info) {
    final int result =
        posix.getsockopt(current, SocketOption.IPPROTO_TCP, SocketOption.TCP_INFO, info);
    if (result < 0) {
      info.clear();
    }
  }

  /**
   * Makes the call, or goes on with it.
   *
   * @param moved bytes that it has moved so far
   * @return its result or -errno
   */
  int make(final Step.Call call, final int moved) {
    return switch (call.function()) {
      case "socket" -> {
        final boolean any = argument(call, 0) instanceof Value.Any;
        final int domain = any ? SocketOption.AF_INET : number(call, 0);
        final int fd = posix.socket(domain, number(call, 1), number(call, 2));
        reused |= current == fd;
        current = current == NO_DESCRIPTOR ? fd : current;
        yield fd;
      }
      case "bind" -> bind(call);
      case "listen" -> posix.listen(descriptor(call), number(call, 1));
      case "accept" -> accept(descriptor(call), 0);
      case "accept4" -> accept(descriptor(call), number(call, 3));
      case "connect" -> connect(call);
      case "read" -> receive(call, 0);
      case "recv" -> receive(call, number(call, 3));
      case "write" -> send(call, 0, moved);
      case "send" -> send(call, number(call, 3), moved);
      case "sendto" -> sendto(call, moved);
      case "shutdown" -> posix.shutdown(descriptor(call), number(call, 1));
      case "close" -> posix.close(descriptor(call));
      case "fcntl" ->
          posix.fcntl(
              descriptor(call), number(call, 1), call.arguments().size() > 2 ? number(call, 2) : 0);
      case "setsockopt" ->
          posix.setsockopt(descriptor(call), number(call, 1), number(call, 2), number(call, 3));
      case "getsockopt" -> getsockopt(call);
      case "poll" -> poll(call);
      case "epoll_create", "epoll_create1" -> posix.epoll_create1(0);
      case "epoll_ctl" -> epollCtl(call);
      case "epoll_wait" -> epollWait(call);
      case "peer" -> {
        wire.turnTo(number(argument(call, 0), Bounds.PORT));
        yield 0;
      }
      default -> throw new ScriptFailure("no such call: " + call.function());
    };
  }

  /** Compares what the call gave with what the script says. */
  void verify(final Step.Call call, final int result) {
    final Value wanted = call.result();
    if (wanted == null || wanted instanceof Value.Any) {
      return;
    }
    final long number = wanted instanceof Value.Int value ? value.value() : Long.MIN_VALUE;
    if (number >= 0 && result >= 0 && MAKES_DESCRIPTOR.contains(call.function())) {
      descriptors.put((int) Bounds.ARGUMENT.check(number), result);
      return;
    }
    final boolean holds =
        call.errno().isEmpty()
            ? result == number
            : number == -1 && result == -Symbols.value(call.errno());
    if (!holds) {
      throw new ScriptFailure(
          "expected: "
              + number
              + (call.errno().isEmpty() ? "" : " " + call.errno())
              + "\n  seen:     "
              + (result < 0 ? "-1 " + Errno.name(result) : Integer.toString(result)));
    }
  }

  // ---- Arguments

  private static int number(final Step.Call call, final int index) {
    return number(argument(call, index));
  }

  private static int number(final Value value) {
    return number(value, Bounds.ARGUMENT);
  }

  private static int number(final Value value, final Bounds bounds) {
    if (value instanceof Value.Int number) {
      return (int) bounds.check(number.value());
    }
    if (value instanceof Value.Array array && array.elements().size() == 1) {
      return number(array.elements().get(0), bounds);
    }
    throw new ScriptFailure("not understood: " + value);
  }

  private static Value argument(final Step.Call call, final int index) {
    return call.arguments().get(index);
  }

  private int descriptor(final Step.Call call) {
    return descriptor(number(call, 0));
  }

  private int descriptor(final int ofScript) {
    return descriptors.getOrDefault(ofScript, ofScript + 1000);
  }

  private static int field(final Value value, final String name, final int otherwise) {
    final Value field = value instanceof Value.Struct struct ? struct.fields().get(name) : null;
    return field == null ? otherwise : number(field, FIELDS.getOrDefault(name, Bounds.ARGUMENT));
  }

  // ---- Calls

  private int bind(final Step.Call call) {
    final Value address = argument(call, 1);
    final int port = field(address, "sin_port", wire.localPort);
    final int result = posix.bind(descriptor(call), field(address, "sin_addr", 0), port);
    wire.localPort = result == 0 && port != 0 ? port : wire.localPort;
    return result;
  }

  private int accept(final int listener, final int flags) {
    final int fd = posix.accept4(listener, null, flags);
    if (fd >= 0) {
      current = fd;
      stream.restart();
    }
    return fd;
  }

  private int connect(final Step.Call call) {
    final int fd = descriptor(call);
    final Value address = argument(call, 1);
    final int family = field(address, "sa_family", SocketOption.AF_INET);
    if (family == SocketOption.AF_UNSPEC) {
      return posix.disconnect(fd);
    }
    aim(fd, address);
    final int result = posix.connect(fd, wire.remote, wire.remotePort);
    learnLocalPort(fd);
    return result;
  }

  /** From here on the script is about this socket and this peer. */
  private void aim(final int fd, final Value address) {
    if (current != fd || reused) {
      stream.restart();
      reused = false;
    }
    current = fd;
    wire.remotePort = field(address, "sin_port", 8080);
    wire.remote = field(address, "sin_addr", wire.remote);
  }

  private void learnLocalPort(final int fd) {
    final SocketAddress4 name = new SocketAddress4();
    if (posix.getsockname(fd, name) == 0) {
      wire.localPort = name.port();
    }
  }

  private int receive(final Step.Call call, final int flags) {
    final byte[] bytes = new byte[Math.max(0, number(argument(call, 2), Bounds.TRANSFER))];
    final int count = posix.recv(descriptor(call), bytes, 0, bytes.length, flags);
    final boolean copied = (flags & SocketOption.MSG_TRUNC) == 0;
    if (count > 0 && copied && !stream.isNext(bytes, count)) {
      throw new ScriptFailure("the " + count + " bytes read are not the peer's next ones");
    }
    if (count > 0 && (flags & SocketOption.MSG_PEEK) == 0) {
      stream.onRead(count);
    }
    return count;
  }

  private int send(final Step.Call call, final int flags, final int moved) {
    final int length = number(argument(call, 2), Bounds.TRANSFER) - moved;
    final byte[] bytes = toWrite(argument(call, 1), moved, length);
    final int count = posix.send(descriptor(call), bytes, 0, length, flags);
    if (count > 0) {
      stream.onWritten(bytes, count);
    }
    return count;
  }

  private byte[] toWrite(final Value data, final int moved, final int length) {
    if (!(data instanceof Value.Text text)) {
      return stream.toWrite(Math.max(0, length));
    }
    final byte[] all = text.text().getBytes(StandardCharsets.ISO_8859_1);
    if (moved + length > all.length) {
      throw new ScriptFailure("the text has " + all.length + " bytes, not " + (moved + length));
    }
    return Arrays.copyOfRange(all, moved, all.length);
  }

  /** With MSG_FASTOPEN it connects, too (RFC 7413 4.2); else the address does not matter. */
  private int sendto(final Step.Call call, final int moved) {
    final int flags = number(call, 3);
    if ((flags & SocketOption.MSG_FASTOPEN) == 0) {
      return send(call, flags, moved);
    }
    final int fd = descriptor(call);
    aim(fd, argument(call, 4));
    final int length = number(argument(call, 2), Bounds.TRANSFER) - moved;
    final byte[] bytes = toWrite(argument(call, 1), moved, length);
    final int count = posix.sendto(fd, bytes, 0, length, flags, wire.remote, wire.remotePort);
    learnLocalPort(fd);
    if (count > 0) {
      stream.onWritten(bytes, count);
    }
    return count;
  }

  private int getsockopt(final Step.Call call) {
    final int value = posix.getsockopt(descriptor(call), number(call, 1), number(call, 2));
    if (value < 0 || argument(call, 3) instanceof Value.Any) {
      return Math.min(0, value);
    }
    final int wanted = number(call, 3);
    if (value != wanted) {
      throw new ScriptFailure("expected: [" + wanted + "]\n  seen:     [" + value + "]");
    }
    return 0;
  }

  // ---- Readiness

  /** By an epoll set of its own, as poll(2) is not among the calls. */
  private int poll(final Step.Call call) {
    final List<Value> polled = structs(argument(call, 0));
    int ready = 0;
    for (final Value one : polled) {
      final int set = posix.epoll_create1(0);
      final EpollEvents events = new EpollEvents(1);
      final int fd = descriptor(field(one, "fd", -1));
      posix.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, fd, field(one, "events", 0), 0);
      final int found = posix.epoll_wait(set, events, 1, 0);
      posix.close(set);
      final int seen = found > 0 ? events.events(0) : 0;
      ready += found;
      if (found > 0 || field(one, "revents", 0) != 0) {
        compareEvents(field(one, "revents", seen), seen);
      }
    }
    return ready == 0 && number(call, 2) != 0 ? -Errno.EAGAIN : ready;
  }

  private int epollCtl(final Step.Call call) {
    final Value event = argument(call, 3);
    return posix.epoll_ctl(
        descriptor(call),
        number(call, 1),
        descriptor(number(call, 2)),
        field(event, "events", 0),
        field(event, "fd", field(event, "data", 0)));
  }

  private int epollWait(final Step.Call call) {
    final List<Value> wanted = structs(argument(call, 1));
    final int most = number(argument(call, 2), Bounds.ENTRIES);
    final EpollEvents events = new EpollEvents(Math.max(1, most));
    final int found = posix.epoll_wait(descriptor(call), events, most, 0);
    for (int i = 0; i < found && i < wanted.size(); i++) {
      final Value event = wanted.get(i);
      compareEvents(field(event, "events", events.events(i)), events.events(i));
      final int data = field(event, "fd", field(event, "data", (int) events.data(i)));
      if (data != events.data(i)) {
        throw new ScriptFailure("expected: fd=" + data + "\n  seen:     fd=" + events.data(i));
      }
    }
    return found == 0 && number(call, 3) != 0 ? -Errno.EAGAIN : found;
  }

  private static List<Value> structs(final Value value) {
    if (value instanceof Value.Array array) {
      return array.elements();
    }
    return value instanceof Value.Struct ? List.of(value) : List.of();
  }

  private static void compareEvents(final int wanted, final int seen) {
    if (wanted != seen) {
      throw new ScriptFailure(
          "expected: " + Epoll.describe(wanted) + "\n  seen:     " + Epoll.describe(seen));
    }
  }
}
