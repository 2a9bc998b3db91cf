package io.ustack.stack;

import io.ustack.arp.Arp;
import io.ustack.buffer.LentPackets;
import io.ustack.buffer.MemoryPressure;
import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.ethernet.EthernetInput;
import io.ustack.ethernet.EthernetOutput;
import io.ustack.icmp.Icmp;
import io.ustack.ipv4.Ipv4Input;
import io.ustack.ipv4.Ipv4Output;
import io.ustack.ipv4.LocalAddresses;
import io.ustack.ipv4.RoutingTable;
import io.ustack.ipv4.TransportTable;
import io.ustack.link.Emitter;
import io.ustack.link.LinkChange;
import io.ustack.link.LinkDevice;
import io.ustack.link.LoopbackLink;
import io.ustack.link.ReadyList;
import io.ustack.link.Train;
import io.ustack.link.TransmitBatch;
import io.ustack.stack.StageTimes.Stage;
import io.ustack.tcp.IsnGenerator;
import io.ustack.tcp.IsnSource;
import io.ustack.tcp.LookAhead;
import io.ustack.tcp.MemoryReclaim;
import io.ustack.tcp.Tcp;
import io.ustack.time.TimerWheel;
import io.ustack.udp.Udp;
import org.jspecify.annotations.Nullable;

/**
 * One shard: the layers over one link, and the duty cycle that drives them. One thread owns it.
 *
 * <p>The link belongs to whoever opened it and is closed after the stack. A {@link
 * RuntimeException} out of one frame, timer, command or emitter is a bug of ours: it is reported to
 * {@link #errors()}, the cycle goes on, and at most the packet in hand is lost to its pool.
 */
public final class NetworkStack implements AutoCloseable {
  /** Frames taken from a link per cycle. */
  private static final int BURST = 32;

  /** Frames that wait for the flush at most; answers to a burst and parked packets fit. */
  private static final int BATCH = 64;

  /** What one frame can make us send: its answer, or what was parked until it came. */
  private static final int ANSWERS_PER_FRAME = 17;

  /** Emitters asked per cycle at most, so that a cycle ends. */
  private static final int EMISSIONS = 256;

  /** Emitters in a row that sent nothing though they had more: nobody can send now. */
  private static final int FRUITLESS_EMISSIONS = 16;

  /** Commands executed per cycle at most. */
  private static final int COMMANDS = 256;

  /** Packets that may wait for address resolution at most. */
  private static final int PARKED = 256;

  /** What applications may hold of the pool: a quarter. */
  private static final int LENT_SHARE = 4;

  private final LinkDevice wire;
  private final Rest rest;
  private final LoopbackLink loopback;
  private final TransmitBatch wireBatch;
  private final TransmitBatch loopbackBatch;
  private final Counters counters = new Counters();
  private final InternalErrors errors = new InternalErrors(counters);
  private final CommandQueue commands;
  private final LentPackets lentPackets;
  private final MemoryPressure pressure;
  private final OverloadLadder ladder;
  private final TimerWheel timers;
  private final ReadyList ready = new ReadyList();
  private final TransportTable transports = new TransportTable();
  private final Arp arp;
  private final Ipv4Output ipv4;
  private final Icmp icmp;
  private final Tcp tcp;
  private final Udp udp;
  private final EthernetInput wireInput;
  private final EthernetInput loopbackInput;
  private final WireChanges wireChanges;
  private final Packet[] burst = new Packet[BURST];

  /** Null unless somebody measures. */
  private @Nullable StageTimes stageTimes;

  private volatile boolean closed;

  /** Wires a shard over {@code wire} and announces its address with the first flush. */
  public NetworkStack(final StackConfig config, final LinkDevice wire, final long startNs) {
    this(config, wire, startNs, new IsnGenerator(config.subkey(0), config.subkey(1)));
  }

  /** As above, with initial sequence numbers that a test knows. */
  public NetworkStack(
      final StackConfig config,
      final LinkDevice wire,
      final long startNs,
      final IsnSource isnSource) {
    this.wire = wire;
    rest = config.rest();
    final long mac =
        config.macAddress() == 0 ? wire.capabilities().macAddress() : config.macAddress();
    final int mtuBytes = wire.capabilities().mtuBytes();
    loopback = new LoopbackLink(wire.pool(), mtuBytes, 4 * BATCH);
    wireBatch = new TransmitBatch(wire, counters, BATCH);
    loopbackBatch = new TransmitBatch(loopback, counters, BATCH);
    commands = new CommandQueue(config.commands());
    lentPackets = new LentPackets(wire.pool(), wire.pool().capacity() / LENT_SHARE);
    pressure = new MemoryPressure(config.pressure(), wire.pool(), config.tcp().maxBufferBytes());
    timers = new TimerWheel(startNs);

    final LocalAddresses local = new LocalAddresses(config.subnet());
    final RoutingTable routes = new RoutingTable(config.subnet(), config.gateway());
    final int reserve = pressure.reservedPackets();
    final EthernetOutput wireOutput = new EthernetOutput(wire, mac, wireBatch, reserve, counters);
    final EthernetOutput loopbackOutput =
        new EthernetOutput(loopback, 0, loopbackBatch, reserve, counters);
    final int parked = Math.min(PARKED, wire.pool().capacity() / 4);
    arp =
        new Arp(
            wireOutput,
            local.address(),
            wire.flows().number() == 0,
            config.neighbours(),
            parked,
            timers,
            counters,
            transports);
    ipv4 = new Ipv4Output(local, routes, wireOutput, loopbackOutput, arp, counters);
    icmp = new Icmp(ipv4, transports, counters, startNs);
    tcp =
        new Tcp(
            config.tcp(),
            ipv4,
            ready,
            timers,
            pressure,
            counters,
            isnSource,
            config.subkey(2),
            config.subkey(3),
            startNs);
    ladder =
        new OverloadLadder(
            pressure, lentPackets, arp, new MemoryReclaim(tcp, pressure, timers), counters);
    udp = new Udp(ipv4, ready, counters, icmp, config.subkey(4), config.subkey(5));
    transports.register(icmp);
    transports.register(udp);
    transports.register(tcp);
    wireInput =
        new EthernetInput(
            mac, counters, arp, new Ipv4Input(local, false, transports, icmp, counters));
    loopbackInput =
        new EthernetInput(
            0, counters, null, new Ipv4Input(local, true, transports, icmp, counters));
    final boolean isFirst = wire.flows().number() == 0; // shards share the wire, one counts
    wireChanges = new WireChanges(isFirst, arp, ipv4, tcp, udp, counters);
    arp.start(startNs);
  }

  /** The ICMP of this shard; stack thread only. */
  public Icmp icmp() {
    checkOpen();
    return icmp;
  }

  /** The TCP of this shard; stack thread only. */
  public Tcp tcp() {
    checkOpen();
    return tcp;
  }

  /** The UDP of this shard; stack thread only. */
  public Udp udp() {
    checkOpen();
    return udp;
  }

  /** Who takes which protocol; more may register before the first packet. Stack thread only. */
  public TransportTable transports() {
    checkOpen();
    return transports;
  }

  /** The way out; stack thread only. */
  public Ipv4Output ipv4() {
    checkOpen();
    return ipv4;
  }

  /** The neighbours; stack thread only. */
  public Arp arp() {
    return arp;
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the stack is closed");
    }
  }

  /** What happened so far; any thread. */
  public Counters counters() {
    return counters;
  }

  /** Bugs that surfaced; any thread. */
  public InternalErrors errors() {
    return errors;
  }

  /** How other threads reach this shard; any thread. */
  public CommandQueue commands() {
    return commands;
  }

  /** The packets that are lent to applications; each method says whose it is. */
  public LentPackets lentPackets() {
    return lentPackets;
  }

  /** How short it is of packets and memory; each method says who may ask. */
  public MemoryPressure pressure() {
    return pressure;
  }

  /** Its timers; stack thread only. */
  public TimerWheel timers() {
    return timers;
  }

  /** How long its thread rests while nothing happens. */
  public Rest rest() {
    return rest;
  }

  /** The link below. */
  public LinkDevice link() {
    return wire;
  }

  /**
   * Runs one duty cycle (DESIGN 3): commands, a burst of each link, timers, emit while there is
   * room, flush.
   *
   * @param nowNs not before that of the last cycle
   * @return the work done: 0 when there was nothing to do, and always once the stack is closed
   */
  public int poll(final long nowNs) {
    ended(Stage.APPLICATION);
    int work = executeCommands(nowNs);
    if (closed) {
      return work;
    }
    work += collect();
    ladder.look(nowNs);
    ended(Stage.COMMANDS);
    work += receive(wire, wireInput, wireBatch, nowNs);
    work += wire.passedBy();
    final int looped = receive(loopback, loopbackInput, loopbackBatch, nowNs);
    counters.add(Counter.LOOPBACK_FRAMES, looped);
    work += looped;
    work += advanceTimers(nowNs);
    ended(Stage.TIMERS);
    work += emit(nowNs);
    ended(Stage.EMIT);
    work += flush(wireBatch, nowNs);
    work += flush(loopbackBatch, nowNs);
    ended(Stage.TRANSMIT);
    if (stageTimes != null) {
      stageTimes.endCycle(work);
    }
    return work;
  }

  /**
   * From now on every cycle is charged to {@code times}, which costs it a look at the clock per
   * stage; null ends that. Stack thread.
   */
  public void measure(final @Nullable StageTimes times) {
    stageTimes = times;
  }

  private void ended(final Stage stage) {
    if (stageTimes != null) {
      stageTimes.end(stage);
    }
  }

  /**
   * When there will be something to do: {@code nowNs} when there is already, {@link Long#MAX_VALUE}
   * when only a frame or a command can bring something, or the stack is closed. A simulation may
   * jump there; a bound that comes too early costs it a cycle.
   */
  public long nextDeadlineNs(final long nowNs) {
    if (closed) {
      return Long.MAX_VALUE;
    }
    if (!ready.isEmpty()
        || !wireBatch.isEmpty()
        || !loopbackBatch.isEmpty()
        || !commands.isEmpty()) {
      return nowNs;
    }
    final long arrivalNs = earlier(wire.nextArrivalNs(), loopback.nextArrivalNs());
    final long deadlineNs = earlier(arrivalNs, timers.nextDeadlineNs());
    return deadlineNs == Long.MAX_VALUE || deadlineNs - nowNs > 0 ? deadlineNs : nowNs;
  }

  /**
   * When the next timer is due, or a moment before that; {@link Long#MAX_VALUE} when none is
   * scheduled. What waits for room in a link is not in it, other than in {@link #nextDeadlineNs}:
   * for a simulation that knows when the link will have some.
   */
  public long nextTimerNs() {
    return closed ? Long.MAX_VALUE : timers.nextDeadlineNs();
  }

  /** The earlier of two moments, either of which may be "never". */
  private static long earlier(final long a, final long b) {
    if (a == Long.MAX_VALUE || b == Long.MAX_VALUE) {
      return a == Long.MAX_VALUE ? b : a;
    }
    return a - b < 0 ? a : b;
  }

  private int executeCommands(final long nowNs) {
    int done = 0;
    while (done < COMMANDS && !closed) {
      final Command command = commands.poll();
      if (command == null) {
        break;
      }
      done++;
      execute(command, nowNs);
    }
    return done;
  }

  /** Executes a command at once, as {@link #poll} does with those in the queue; stack thread. */
  public void execute(final Command command, final long nowNs) {
    try {
      command.execute(nowNs);
    } catch (final RuntimeException | OutOfMemoryError e) {
      errors.report("executing a command", e);
    }
  }

  private int collect() {
    try {
      return lentPackets.collect();
    } catch (final RuntimeException e) {
      errors.report("taking packets back", e);
      return 0;
    }
  }

  private int receive(
      final LinkDevice link,
      final EthernetInput input,
      final TransmitBatch answers,
      final long nowNs) {
    final int count = take(link, nowNs);
    ended(Stage.RECEIVE);
    int segments = 0;
    long bytes = 0;
    tcp.lookAhead().atFrames(burst, count);
    for (int i = 0; i < count; i++) {
      final Packet frame = burst[i];
      segments += frame.segments();
      bytes += Train.bytes(frame);
      makeRoom(answers, ANSWERS_PER_FRAME, nowNs); // they leave by the link that was asked
      try {
        input.input(frame, nowNs);
      } catch (final RuntimeException | OutOfMemoryError e) {
        // Whether the frame was passed on by then is unknown, so it is left alone: one buffer less
        // is better than one with two owners.
        errors.report("processing a frame", e);
      }
    }
    counters.add(Counter.FRAMES_IN, segments);
    counters.add(Counter.BYTES_IN, bytes);
    ended(Stage.INPUT);
    return count;
  }

  private int take(final LinkDevice link, final long nowNs) {
    try {
      return link.receive(burst, BURST, nowNs);
    } catch (final RuntimeException | OutOfMemoryError e) {
      errors.report("receiving", e);
      return 0;
    }
  }

  /** Empties a batch that has not room for so many frames; the link may take fewer. */
  private void makeRoom(final TransmitBatch batch, final int frames, final long nowNs) {
    try {
      batch.makeRoom(frames, nowNs);
    } catch (final RuntimeException | OutOfMemoryError e) {
      errors.report("transmitting", e); // as in flush
    }
  }

  private int flush(final TransmitBatch batch, final long nowNs) {
    try {
      return batch.flush(nowNs);
    } catch (final RuntimeException | OutOfMemoryError e) {
      // What the link did not take is lost: kept, it would break every cycle from here on.
      errors.report("transmitting", e);
      return 0;
    }
  }

  private int advanceTimers(final long nowNs) {
    try {
      return timers.advance(nowNs);
    } catch (final RuntimeException | OutOfMemoryError e) {
      // The timers behind it are still in the wheel, and fire in the next cycle.
      errors.report("running a timer", e);
      return 1;
    }
  }

  private int emit(final long nowNs) {
    try {
      final int emissions = askThoseReady(nowNs);
      ready.nextCycle();
      return emissions;
    } catch (final RuntimeException | OutOfMemoryError e) {
      errors.report("asking an emitter", e); // those behind it are asked in the next cycle
      return 1;
    }
  }

  private int askThoseReady(final long nowNs) {
    int emissions = 0;
    int fruitless = 0;
    while (emissions < EMISSIONS && fruitless < FRUITLESS_EMISSIONS && hasRoom(nowNs)) {
      if (emissions % LookAhead.SPAN == 0) {
        tcp.lookAhead().atReady(ready);
      }
      final Emitter emitter = ready.poll();
      if (emitter == null) {
        break;
      }
      final int room = wireBatch.room() + loopbackBatch.room();
      if (emitter.emit(nowNs)) {
        ready.add(emitter);
        fruitless = wireBatch.room() + loopbackBatch.room() == room ? fruitless + 1 : 0;
      }
      emissions++;
    }
    return emissions - fruitless;
  }

  /** Whether a frame fits either batch, if need be after a flush. */
  private boolean hasRoom(final long nowNs) {
    makeRoom(wireBatch, 1, nowNs);
    makeRoom(loopbackBatch, 1, nowNs);
    return wireBatch.room() > 0 || loopbackBatch.room() > 0;
  }

  /** What has become of the wire, {@link WireChanges}. Stack thread. */
  public void onWire(final LinkChange change, final long nowNs) {
    wireChanges.on(change, nowNs);
  }

  /** Whether {@link #close()} was called. Any thread. */
  public boolean isClosed() {
    return closed;
  }

  /**
   * Ends the shard: every packet that it holds is released, and no timer, command or emission runs
   * any more. Peers are not told; sockets are closed before, and a cycle later their last words
   * have left. The link stays open.
   *
   * <p>Stack thread, or whoever owns the stack after {@link StackAgent#stop()}. Idempotent.
   * Afterwards {@link #poll} returns 0, what is sent along a path found before is dropped as
   * LINK_CLOSED, and asking for IPv4 or a transport is an {@link IllegalStateException}.
   */
  @Override
  public void close() {
    closed = true;
    lentPackets.close();
    ipv4.close();
    arp.close();
    wireBatch.close();
    loopbackBatch.close();
    loopback.close();
  }
}
