package io.ustack.posix;

import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.AF_UNIX;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;
import static io.ustack.posix.SocketOption.O_NONBLOCK;
import static io.ustack.posix.SocketOption.SOCK_DGRAM;
import static io.ustack.posix.SocketOption.SOCK_STREAM;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every public call of {@link Posix}, whichever there are, with arguments that make no sense: the
 * answer is an errno that there is, nothing is thrown, written elsewhere or kept, and the stack
 * goes on.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostileArgumentsTest {
  private static final int ROUNDS = 25;
  private static final int DRAWS = 12;

  /** Numbers that are no descriptor. */
  private static final int[] NOBODY = {
    -1, Integer.MIN_VALUE, Integer.MAX_VALUE, Posix.MAX_DESCRIPTORS, 1 << 19, 63, 1000
  };

  /** What changes the numbers that are taken on purpose. */
  private static final Set<String> TAKES_NUMBERS = Set.of("close", "dup2", "dup3");

  @TempDir Path folder;

  /** As they stand in the sections: their bridges in Posix have lost the names of parameters. */
  static Stream<Method> methods() {
    return Stream.<Class<?>>iterate(Posix.class, c -> c != Object.class, Class::getSuperclass)
        .flatMap(section -> Arrays.stream(section.getDeclaredMethods()))
        .filter(m -> Modifier.isPublic(m.getModifiers()) && !Modifier.isStatic(m.getModifiers()))
        .filter(m -> m.getReturnType() == int.class)
        .filter(m -> !m.isBridge() && m.getParameterCount() > 0)
        .sorted(Comparator.comparing(Method::toString));
  }

  private HostileArguments arguments(final Host host, final int seed, final boolean waits)
      throws IOException {
    return new HostileArguments(host, folder.resolve("file"), seed, waits);
  }

  static Stream<Arguments> callsInBothModes() {
    return methods().flatMap(m -> Stream.of(Mode.values()).map(mode -> Arguments.of(m, mode)));
  }

  /** Descriptors of every kind, none of which waits, and some that are none. */
  private static int[] descriptors(final Posix posix) {
    final int listener = posix.socket(AF_INET, SOCK_STREAM, 0);
    posix.bind(listener, INADDR_LOOPBACK, 0);
    posix.listen(listener, 4);
    final int port = Peers.port(posix, listener);
    final int client = posix.socket(AF_INET, SOCK_STREAM, 0);
    posix.connect(client, INADDR_LOOPBACK, port);
    posix.poll();
    final int server = posix.accept(listener, null);
    assertTrue(server > 0);
    posix.connect(posix.socket(AF_INET, SOCK_STREAM, 0), INADDR_LOOPBACK, port);
    posix.send(client, new byte[100], 0, 100, 0);
    final int bound = posix.socket(AF_INET, SOCK_DGRAM, 0);
    posix.bind(bound, INADDR_LOOPBACK, 0);
    posix.connect(bound, INADDR_LOOPBACK, Peers.port(posix, bound));
    posix.send(bound, new byte[100], 0, 100, 0);
    final int[] streams = new int[2];
    posix.socketpair(AF_UNIX, SOCK_STREAM, 0, streams);
    final int[] datagrams = new int[2];
    posix.socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams);
    final int set = posix.epoll_create1(0);
    posix.epoll_ctl(set, Epoll.EPOLL_CTL_ADD, client, Epoll.EPOLLIN | Epoll.EPOLLOUT, 1);
    final int timer = posix.timerfd_create(SocketOption.CLOCK_MONOTONIC, 0);
    posix.timerfd_settime(timer, 0, 1, 1_000_000, null);
    final int[] all = {
      listener,
      client,
      server,
      bound,
      streams[0],
      datagrams[1],
      set,
      timer,
      posix.eventfd(1, 0),
      posix.epoll_create1(0),
      posix.socket(AF_INET, SOCK_STREAM, 0),
      posix.socket(AF_INET, SOCK_DGRAM, 0)
    };
    for (final int fd : all) {
      posix.fcntl(fd, SocketOption.F_SETFL, O_NONBLOCK);
    }
    final int[] with = Arrays.copyOf(all, all.length + NOBODY.length);
    System.arraycopy(NOBODY, 0, with, all.length, NOBODY.length);
    return with;
  }

  /** A stack, the calls that are tried on it, and calls of others that must not suffer. */
  private record Victim(Host host, Posix posix, Posix others, int echo) {
    static Victim in(final Mode mode) {
      final Host host = mode == Mode.INLINE ? Host.stepped() : new Host(mode);
      final Posix others = Posix.on(host.engine, 1024);
      final int fd = others.socket(AF_INET, SOCK_DGRAM, 0);
      others.bind(fd, INADDR_LOOPBACK, 0);
      others.connect(fd, INADDR_LOOPBACK, Peers.port(others, fd));
      return new Victim(host, host.posix, others, fd);
    }

    void assertAlive() {
      final byte[] one = {42};
      assertEquals(1, others.send(echo, one, 0, 1, 0));
      one[0] = 0;
      assertEquals(1, others.recv(echo, one, 0, 1, 0), "the stack does not answer");
      assertEquals(42, one[0]);
    }

    /** The lowest number that is free. */
    int nextNumber() {
      final int fd = posix.eventfd(0, 0);
      assertEquals(0, posix.close(fd));
      return fd;
    }

    void closeAll() {
      for (int fd = 0; fd < 200; fd++) {
        posix.close(fd);
      }
      assertEquals(3, nextNumber(), "a number is taken for nothing");
    }
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("callsInBothModes")
  void answersWhateverItIsGiven(final Method call, final Mode mode) throws Exception {
    final Victim victim = Victim.in(mode);
    final boolean waits = mode == Mode.DEDICATED;
    try (HostileArguments arguments = arguments(victim.host, call.toString().hashCode(), waits)) {
      for (int round = 0; round < ROUNDS; round++) {
        final int[] descriptors = descriptors(victim.posix);
        for (int i = 0; i < DRAWS; i++) {
          for (final int fd : descriptors) {
            victim.posix.fcntl(fd, SocketOption.F_SETFL, O_NONBLOCK);
          }
          tryOnce(victim, call, arguments, descriptors);
        }
        victim.closeAll();
      }
    }
    victim.others.close(victim.echo);
    victim.host.close();
  }

  private static void tryOnce(
      final Victim victim,
      final Method call,
      final HostileArguments arguments,
      final int[] descriptors)
      throws Exception {
    final Object[] given = new Object[call.getParameterCount()];
    final Parameter[] parameters = call.getParameters();
    for (int i = 0; i < given.length; i++) {
      given[i] = arguments.draw(parameters[i], descriptors);
    }
    final int number = victim.nextNumber();
    final Untouched untouched = new Untouched(given);
    final int result = invoke(victim.posix, call, given);
    final String what = call.getName() + Arrays.deepToString(given) + " = " + result;
    assertFalse(result < 0 && Errno.name(result).startsWith("errno"), what);
    untouched.assertSo(what);
    if (!TAKES_NUMBERS.contains(call.getName())) {
      giveBack(victim.posix, call, given, result);
      assertEquals(number, victim.nextNumber(), () -> "a number is taken by " + what);
    }
    givenLoan(given);
    arguments.giveBack();
    victim.assertAlive();
  }

  /** What the call put into a loan comes back. */
  private static void givenLoan(final Object[] given) {
    if (given.length > 1 && given[1] instanceof Loan loan) {
      loan.close();
    }
  }

  /** A call that makes a descriptor has it closed. */
  private static void giveBack(
      final Posix posix, final Method call, final Object[] given, final int result) {
    switch (call.getName()) {
      case "socket", "accept", "accept4", "dup", "eventfd", "timerfd_create", "epoll_create1" ->
          posix.close(result);
      case "fcntl" -> {
        if (given[1].equals(SocketOption.F_DUPFD)
            || given[1].equals(SocketOption.F_DUPFD_CLOEXEC)) {
          posix.close(result);
        }
      }
      case "socketpair" -> {
        if (result == 0) {
          posix.close(((int[]) given[3])[0]);
          posix.close(((int[]) given[3])[1]);
        }
      }
      default -> {}
    }
  }

  private static int invoke(final Posix posix, final Method call, final Object[] given)
      throws IllegalAccessException {
    try {
      return (int) call.invoke(posix, given);
    } catch (final InvocationTargetException e) {
      throw new AssertionError(call.getName() + Arrays.deepToString(given), e.getCause());
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aNumberThatIsNoDescriptor(final Method call) throws Exception {
    final Parameter[] parameters = call.getParameters();
    if (!HostileArguments.isDescriptor(parameters[0])) {
      return;
    }
    try (Host host = new Host(Mode.INLINE);
        HostileArguments arguments = arguments(host, 1, true)) {
      final int closed = host.posix.socket(AF_INET, SOCK_STREAM, 0);
      host.posix.close(closed);
      final int[] numbers = Arrays.copyOf(NOBODY, NOBODY.length + 1);
      numbers[NOBODY.length] = closed;
      for (final int number : numbers) {
        final Object[] given = benign(arguments, parameters);
        given[0] = number;
        final int result = invoke(host.posix, call, given);
        assertEquals("EBADF", Errno.name(result), () -> call.getName() + " of " + number);
        arguments.giveBack();
      }
    }
  }

  private static Object[] benign(final HostileArguments arguments, final Parameter[] parameters)
      throws IOException {
    final Object[] given = new Object[parameters.length];
    for (int i = 0; i < given.length; i++) {
      given[i] = arguments.benign(parameters[i]);
    }
    return given;
  }

  /** Calls of sockets on what is none. */
  @ParameterizedTest
  @MethodSource("methods")
  void aDescriptorOfAnotherKind(final Method call) throws Exception {
    final boolean ofSockets =
        Set.of(
                ConnectionCalls.class,
                OptionCalls.class,
                DataCalls.class,
                LoanCalls.class,
                MessageCalls.class)
            .contains(call.getDeclaringClass());
    if (!ofSockets || call.getName().matches("(read|write)v?")) {
      return;
    }
    try (Host host = new Host(Mode.INLINE);
        HostileArguments arguments = arguments(host, 1, true)) {
      final Posix posix = host.posix;
      for (final int fd :
          new int[] {posix.epoll_create1(0), posix.eventfd(1, 0), posix.timerfd_create(1, 0)}) {
        final Object[] given = benign(arguments, call.getParameters());
        given[0] = fd;
        assertEquals("ENOTSOCK", Errno.name(invoke(posix, call, given)), call.getName());
      }
    }
  }

  /** What of the buffers given lies outside the range given, before the call. */
  private static final class Untouched {
    private final Object[] given;
    private final byte[] before;
    private int position;
    private int limit;

    Untouched(final Object[] given) {
      this.given = given;
      before = bytes();
      if (buffer() instanceof ByteBuffer buffer) {
        position = buffer.position();
        limit = buffer.limit();
      }
    }

    private Object buffer() {
      return given.length > 3 ? given[1] : null;
    }

    private byte[] bytes() {
      if (buffer() instanceof byte[] array) {
        return array.clone();
      }
      if (buffer() instanceof ByteBuffer buffer) {
        final byte[] all = new byte[buffer.capacity()];
        buffer.duplicate().clear().get(0, all);
        return all;
      }
      return new byte[0];
    }

    void assertSo(final String what) {
      if (before.length == 0) {
        return;
      }
      final byte[] after = bytes();
      final int from = (int) given[2];
      final int end = from + (int) given[3];
      for (int i = 0; i < before.length; i++) {
        assertTrue(before[i] == after[i] || (i >= from && i < end), what);
      }
      if (buffer() instanceof ByteBuffer buffer) {
        assertEquals(position, buffer.position(), what);
        assertEquals(limit, buffer.limit(), what);
      }
    }
  }
}
