package io.ustack.posix;

import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.INADDR_LOOPBACK;

import io.ustack.buffer.ByteRanges;
import io.ustack.tcp.TcpInfo;
import java.io.IOException;
import java.lang.reflect.Parameter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What a careless or hostile program may give a call, and what makes sense, by type and name. */
final class HostileArguments implements AutoCloseable {
  private static final int MIN = Integer.MIN_VALUE;
  private static final int MAX = Integer.MAX_VALUE;

  /** Of numbers that mean nothing special, and of those nobody thought of here. */
  private static final int[] NUMBERS = {0, 1, 2, 3, 5, 8, 16, -1, 1024, 1025, 0xFFFF, MIN, MAX};

  private static final Map<String, int[]> BY_NAME =
      Map.ofEntries(
          Map.entry("offset", new int[] {0, 0, 0, 1, 8, 15, 16, 17, -1, MIN, MAX, MAX - 3}),
          Map.entry("length", new int[] {0, 1, 3, 4, 5, 8, 15, 16, 17, -1, MIN, MAX, MAX - 3}),
          Map.entry("address", new int[] {0, INADDR_LOOPBACK, 0x0A000001, 0x0A000002, -1, MIN}),
          Map.entry("port", new int[] {0, 1, 80, 0xFFFF, 0x10000, -1, -2, MIN, MAX}),
          Map.entry("level", new int[] {0, 1, 6, 17, 41, -1, 9999, MIN, MAX}),
          Map.entry("domain", new int[] {0, 1, AF_INET, AF_INET, 10, 45, 46, -1, MIN, MAX}),
          Map.entry("type", new int[] {1, 2, 5, 0, 3, 10, 11, -1, 0x801, 0x80002, MIN, MAX}),
          Map.entry("command", new int[] {0, 1, 2, 3, 4, 5, 1030, 1031, -1, MIN, MAX}),
          Map.entry("op", new int[] {1, 2, 3, 0, 4, -1, MIN, MAX}),
          Map.entry("how", new int[] {0, 1, 2, 3, -1, MIN, MAX}),
          Map.entry("request", new int[] {0x541B, 0x5421, 0x5450, 0x5411, 0, -1, MIN, MAX}));

  /** Another engine, whose loans are no good here. */
  private final Host stranger = Host.stepped();

  private final List<Loan> loans = new ArrayList<>();
  private final Posix posix;
  private final int claimer;
  private final StringBuilder text = new StringBuilder();
  private final Random random;
  private final boolean waits;
  private final FileChannel readable;
  private final FileChannel writable;
  private final FileChannel closed;

  /**
   * Draws that repeat.
   *
   * @param waits whether a call with no end of time would have none
   */
  HostileArguments(final Host host, final Path file, final int seed, final boolean waits)
      throws IOException {
    posix = Posix.on(host.engine, 10);
    claimer = posix.socket(AF_INET, SocketOption.SOCK_DGRAM, 0);
    random = new Random(seed);
    this.waits = waits;
    Files.write(file, new byte[3000]);
    readable = FileChannel.open(file, StandardOpenOption.READ);
    writable = FileChannel.open(file, StandardOpenOption.WRITE);
    closed = FileChannel.open(file, StandardOpenOption.READ);
    closed.close();
  }

  /** What was lent to the calls so far comes back. */
  void giveBack() {
    loans.forEach(Loan::close);
    loans.clear();
  }

  @Override
  public void close() throws IOException {
    giveBack();
    posix.close(claimer);
    stranger.close();
    readable.close();
    writable.close();
  }

  static boolean isDescriptor(final Parameter parameter) {
    final String name = parameter.getName();
    return name.equals("fd") || name.equals("epfd") || name.equals("target");
  }

  /** What a program that means well would give. */
  @Nullable Object benign(final Parameter parameter) throws IOException {
    final Class<?> type = parameter.getType();
    if (type == int.class) {
      return switch (parameter.getName()) {
        case "length", "count", "maxEvents", "op", "port" -> 1;
        default -> 0;
      };
    }
    if (type == long.class) {
      return 0L;
    }
    final @Nullable Object[] all = objects(type);
    return all[all.length - 1];
  }

  /** One of what might be given. */
  @Nullable Object draw(final Parameter parameter, final int[] descriptors) throws IOException {
    final Class<?> type = parameter.getType();
    if (type == int.class) {
      return number(parameter, descriptors);
    }
    if (type == long.class) {
      return longNumber(parameter.getName());
    }
    final @Nullable Object[] all = objects(type);
    return all[random.nextInt(all.length)];
  }

  private int number(final Parameter parameter, final int[] descriptors) {
    final String name = parameter.getName();
    if (isDescriptor(parameter)) {
      return pick(descriptors);
    }
    if (name.startsWith("timeout")) {
      return waits ? random.nextInt(2) : pick(NUMBERS);
    }
    return switch (name) {
      case "flags", "events" ->
          switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> random.nextInt();
            default -> 1 << random.nextInt(Integer.SIZE);
          };
      case "option" -> random.nextInt(8) == 0 ? pick(NUMBERS) : random.nextInt(45);
      default -> pick(BY_NAME.getOrDefault(name, NUMBERS));
    };
  }

  private long longNumber(final String name) {
    if (waits && name.startsWith("timeout")) {
      return random.nextInt(1000);
    }
    final long[] all = {0, 1, 1000, -1, 1L << 40, Long.MIN_VALUE, Long.MAX_VALUE};
    return all[random.nextInt(all.length)];
  }

  private int pick(final int... all) {
    return all[random.nextInt(all.length)];
  }

  /** Made for one call each; the last one is what makes sense. */
  private @Nullable Object[] objects(final Class<?> type) throws IOException {
    if (type == byte[].class) {
      return new Object[] {null, new byte[0], new byte[70_000], new byte[16]};
    }
    if (type == ByteBuffer.class) {
      return buffers();
    }
    if (type == ByteRanges.class) {
      return ranges();
    }
    if (type == Message.class) {
      return messages();
    }
    if (type == Message[].class) {
      final Message good = good();
      return new Object[] {
        null,
        new Message[0],
        new Message[3],
        messages(),
        new Message[] {good, null},
        new Message[] {good, good}
      };
    }
    if (type == FileChannel.class) {
      return new Object[] {null, closed, writable, readable};
    }
    if (type == String.class) {
      return new Object[] {null, "", "nonsense", "x".repeat(10_000), "\0", "reno"};
    }
    if (type == int[].class) {
      return new Object[] {null, new int[0], new int[1], new int[2]};
    }
    return places(type);
  }

  private @Nullable Object[] places(final Class<?> type) {
    if (type == PollFds.class) {
      return new Object[] {null, new PollFds(0), pollFds(), new PollFds(1)};
    }
    if (type == FdSet.class) {
      final FdSet full = new FdSet();
      for (int fd = 0; fd < full.size(); fd++) {
        full.set(fd);
      }
      return new Object[] {null, full, new FdSet(0), new FdSet(1), new FdSet()};
    }
    if (type == EpollEvents.class) {
      return new Object[] {null, new EpollEvents(1), new EpollEvents(9)};
    }
    if (type == Loan.class) {
      return new Object[] {null, stranger.posix.loan(), held(), posix.loan()};
    }
    final int seconds = waits ? 1 : pick(-1, 0, 7, MAX);
    return switch (type.getSimpleName()) {
      case "SocketAddress4" -> new Object[] {null, new SocketAddress4()};
      case "TimerSpec" -> new Object[] {null, new TimerSpec()};
      case "TimeValue" ->
          new Object[] {
            null, new TimeValue(Long.MIN_VALUE, 7), new TimeValue(0, -1), new TimeValue(seconds, 5)
          };
      case "Linger" -> new Object[] {null, new Linger(-1, 0), new Linger(1, seconds)};
      case "TcpInfo" -> new Object[] {null, new TcpInfo()};
      case "StringBuilder" -> new Object[] {null, text};
      default -> throw new AssertionError("nothing is known of " + type);
    };
  }

  private Loan held() {
    final Loan loan = posix.loan();
    loans.add(loan);
    posix.sendClaim(claimer, loan, 100);
    return loan;
  }

  private PollFds pollFds() {
    final PollFds fds = new PollFds(4);
    fds.set(0, -1, -1);
    fds.set(1, pick(NUMBERS), MIN);
    fds.set(2, 4, MAX);
    fds.set(3, MAX, random.nextInt());
    return fds;
  }

  private static @Nullable Object[] buffers() {
    final ByteBuffer slice = ByteBuffer.allocateDirect(32).position(7).limit(23).slice();
    final ByteBuffer cut = ByteBuffer.allocate(32).position(9).limit(16);
    return new Object[] {
      null,
      ByteBuffer.allocate(0),
      ByteBuffer.allocate(16).asReadOnlyBuffer(),
      ByteBuffer.allocateDirect(16).asReadOnlyBuffer(),
      slice,
      cut,
      ByteBuffer.allocateDirect(70_000),
      ByteBuffer.allocateDirect(16),
      ByteBuffer.allocate(16)
    };
  }

  private @Nullable Object[] ranges() {
    final byte[] bytes = new byte[16];
    final ByteBuffer readOnly = ByteBuffer.allocate(16).asReadOnlyBuffer();
    final ByteRanges many = new ByteRanges();
    final int count = pick(1024, 1025, 5000);
    for (int i = 0; i < count; i++) {
      many.add(bytes, i & 15, 1);
    }
    return new Object[] {
      null,
      new ByteRanges(),
      many,
      new ByteRanges().add((byte[]) null, 0, 0).add((ByteBuffer) null, 3, 0),
      new ByteRanges().add(bytes, 0, 16).add((byte[]) null, 0, 1),
      new ByteRanges().add(bytes, pick(NUMBERS), pick(NUMBERS)),
      new ByteRanges().add(ByteBuffer.allocateDirect(16), pick(NUMBERS), pick(NUMBERS)),
      new ByteRanges().add(readOnly, 0, 16),
      new ByteRanges().add(bytes, MAX, MAX).add(bytes, MAX, MAX),
      good().ranges()
    };
  }

  private static Message good() {
    final Message message = new Message();
    message.ranges().add(new byte[16], 3, 5).add(ByteBuffer.allocateDirect(16), 2, 4);
    return message;
  }

  private Message[] messages() {
    final @Nullable Object[] bad = ranges();
    final Message[] all = new Message[bad.length + 4];
    for (int i = 0; i < bad.length; i++) {
      all[i] = copy(bad[i] instanceof ByteRanges ranges ? ranges : new ByteRanges());
    }
    final ControlData noise = new ControlData(pick(1, 15, 16, 24, 100));
    random.nextBytes(noise.bytes().array());
    noise.lengthBytes(noise.bytes().capacity());
    all[bad.length] = good().control(noise);
    all[bad.length + 1] = good().control(new ControlData(0)).name(pick(NUMBERS), pick(NUMBERS));
    all[bad.length + 2] = good().name(INADDR_LOOPBACK, 9);
    all[bad.length + 3] = good();
    return all;
  }

  private static Message copy(final ByteRanges ranges) {
    final Message message = new Message();
    for (int i = 0; i < ranges.count(); i++) {
      final ByteBuffer buffer = ranges.buffer(i);
      if (buffer != null) {
        message.ranges().add(buffer, ranges.offset(i), ranges.length(i));
      } else {
        message.ranges().add(ranges.array(i), ranges.offset(i), ranges.length(i));
      }
    }
    return message;
  }
}
