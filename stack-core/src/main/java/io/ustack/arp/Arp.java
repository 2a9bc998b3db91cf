package io.ustack.arp;

import io.ustack.arp.Neighbour.State;
import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.ethernet.EthernetOutput;
import io.ustack.ethernet.EthernetProtocol;
import io.ustack.ethernet.MacAddress;
import io.ustack.time.Timer;
import io.ustack.time.TimerWheel;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Address resolution on one link: asks, answers, remembers, and sends packets to neighbours.
 *
 * <p>An entry that was confirmed within a minute is used as it is. Later its first use also sends a
 * request to the known MAC address (RFC 1122 2.3.2.1 (2), unicast poll), so an active flow never
 * waits; three polls without an answer and the entry is forgotten. An entry that nobody confirmed
 * for twenty minutes is resolved from scratch.
 */
public final class Arp implements EthernetProtocol {
  /** Requests per attempt, and the pause after each: Linux's mcast_solicit and retrans_time. */
  static final int REQUESTS = 3;

  static final long REQUEST_INTERVAL_NS = 1_000_000_000L;

  static final long POLL_AFTER_NS = 60_000_000_000L;
  static final long EXPIRE_AFTER_NS = 20 * 60_000_000_000L;

  /** Packets that may wait for one neighbour. */
  static final int PARKED_PER_NEIGHBOUR = 16;

  /** Of what may wait else, so much may wait while packets are short. */
  private static final int SHORT_SHARE = 8;

  /** RFC 5227 1.1: ANNOUNCE_NUM, ANNOUNCE_INTERVAL and DEFEND_INTERVAL. */
  static final int ANNOUNCEMENTS = 2;

  static final long ANNOUNCE_INTERVAL_NS = 2_000_000_000L;
  static final long DEFEND_INTERVAL_NS = 10_000_000_000L;

  private final EthernetOutput ethernet;
  private final int ownAddress;
  private final TimerWheel timers;
  private final Counters counters;
  private final UnresolvedObserver observer;
  private final ArpCache cache;
  private final UnknownNeighbours unknown = new UnknownNeighbours();
  private final boolean answers;
  private final int unknownLimit;
  private final int mostParked;
  private int parkedLimit;
  private final Timer announcer =
      new Timer() {
        @Override
        protected void onExpiry(final long nowNs) {
          announce(nowNs);
        }
      };

  /** Packets whose neighbour did not answer, on their way to the observer. */
  private final WaitingPackets unresolved = new WaitingPackets();

  private int parked;
  private int announced;
  private boolean defended;
  private long lastDefenceNs;

  /**
   * Resolution on the link of {@code ethernet}.
   *
   * @param answers whether this is the stack that speaks for the address: others that have it too
   *     only listen and ask
   * @param entriesLimit the most neighbours that are remembered, half of them at most unresolved
   * @param parkedLimit the most packets that wait, over all neighbours
   */
  public Arp(
      final EthernetOutput ethernet,
      final int ownAddress,
      final boolean answers,
      final int entriesLimit,
      final int parkedLimit,
      final TimerWheel timers,
      final Counters counters,
      final UnresolvedObserver observer) {
    this.ethernet = ethernet;
    this.ownAddress = ownAddress;
    this.answers = answers;
    this.timers = timers;
    this.counters = counters;
    this.observer = observer;
    this.cache = new ArpCache(this, entriesLimit);
    this.unknownLimit = Math.max(1, entriesLimit / 2);
    mostParked = parkedLimit;
    this.parkedLimit = parkedLimit;
  }

  /** Announces our address (RFC 5227 2.3): now, and once more two seconds later. */
  public void start(final long nowNs) {
    if (answers) {
      announced = 0;
      announce(nowNs);
    }
  }

  /**
   * The link is down: when it comes back there may be others on it. What is known of neighbours is
   * forgotten (Linux arp_evict_nocarrier), who is being asked for is asked on.
   */
  public void onLinkDown() {
    for (int i = cache.size() - 1; i >= 0; i--) {
      final Neighbour neighbour = cache.entry(i);
      if (neighbour.state != State.INCOMPLETE) {
        forget(neighbour);
      }
    }
  }

  /** The link is up again: switches learn where we are, neighbours who we are (RFC 5227 2.3). */
  public void onLinkUp(final long nowNs) {
    start(nowNs);
  }

  /** Neighbours in the cache. */
  public int neighbours() {
    return cache.size();
  }

  /** Packets that wait for an answer. */
  public int parked() {
    return parked;
  }

  /** The entry for an address on the link, made if there is none. */
  public Neighbour neighbour(final int address, final long nowNs) {
    final Neighbour known = cache.find(address);
    if (known != null) {
      return known;
    }
    if (cache.isFull()) {
      final Neighbour victim = cache.victim(true, nowNs);
      // Where packets wait for all that were looked at, the one asked for longest has to go.
      abandon(victim == null ? unknown.first() : victim);
    }
    return cache.add(address, nowNs);
  }

  /** Whether {@link #send} would park a packet. */
  public boolean wouldPark(final Neighbour neighbour, final long nowNs) {
    return neighbour.state == State.INCOMPLETE || nowNs - neighbour.confirmedNs >= EXPIRE_AFTER_NS;
  }

  /**
   * Sends an IPv4 packet to a neighbour, or parks it until the neighbour's MAC address is known;
   * takes the packet over.
   */
  public void send(final Neighbour neighbour, final Packet packet, final long nowNs) {
    neighbour.lastUsedNs = nowNs;
    neighbour.used = true;
    final long ageNs = nowNs - neighbour.confirmedNs;
    if (neighbour.state == State.RESOLVED && ageNs >= POLL_AFTER_NS) {
      if (ageNs >= EXPIRE_AFTER_NS) {
        neighbour.state = State.INCOMPLETE;
      } else {
        neighbour.state = State.PROBING;
        beginAsking(neighbour, nowNs);
      }
    }
    if (neighbour.state == State.INCOMPLETE) {
      park(neighbour, packet, nowNs);
      return;
    }
    ethernet.send(packet, neighbour.macAddress, EthernetHeader.TYPE_IPV4);
  }

  private void park(final Neighbour neighbour, final Packet packet, final long nowNs) {
    if (!neighbour.isUnknown) {
      unknown.add(neighbour);
      beginAsking(neighbour, nowNs);
    }
    final Neighbour oldest = unknown.first();
    if (oldest != neighbour && (unknown.count() > unknownLimit || parked == parkedLimit)) {
      abandon(oldest);
    }
    if (neighbour.parked.count() == PARKED_PER_NEIGHBOUR || parked == parkedLimit) {
      // RFC 1122 2.3.2.2: the latest packet is the one to keep.
      dropParked(neighbour, 1, DropReason.ARP_QUEUE_FULL);
    }
    neighbour.parked.add(packet);
    parked++;
  }

  /** Gives up on an address before its time, to make room. */
  private void abandon(final @Nullable Neighbour neighbour) {
    abandon(neighbour, DropReason.ARP_QUEUE_FULL);
  }

  private void abandon(final @Nullable Neighbour neighbour, final DropReason reason) {
    if (neighbour == null) {
      return;
    }
    dropParked(neighbour, neighbour.parked.count(), reason);
    forget(neighbour);
  }

  private void dropParked(final Neighbour neighbour, final int count, final DropReason reason) {
    for (int i = 0; i < count; i++) {
      final Packet packet = neighbour.parked.poll();
      if (packet != null) {
        parked--;
        drop(packet, reason);
      }
    }
  }

  /**
   * While packets are short an eighth of the usual may wait for neighbours. Those who have been
   * asked for longest are given up until no more do.
   */
  public void packetsAreShort(final boolean areShort) {
    parkedLimit = areShort ? Math.max(1, mostParked / SHORT_SHARE) : mostParked;
    while (parked > parkedLimit && unknown.first() != null) {
      abandon(unknown.first(), DropReason.ARP_PRESSURE);
    }
  }

  private void beginAsking(final Neighbour neighbour, final long nowNs) {
    neighbour.requests = 0;
    ask(neighbour, nowNs);
  }

  private void ask(final Neighbour neighbour, final long nowNs) {
    neighbour.requests++;
    timers.schedule(neighbour, nowNs + REQUEST_INTERVAL_NS);
    final boolean poll = neighbour.state == State.PROBING;
    request(neighbour.address, poll ? neighbour.macAddress : MacAddress.BROADCAST);
  }

  /** A second passed since the last request to this neighbour. */
  void onUnanswered(final Neighbour neighbour, final long nowNs) {
    if (neighbour.requests < REQUESTS) {
      ask(neighbour, nowNs);
      return;
    }
    fail(neighbour, nowNs);
  }

  private void fail(final Neighbour neighbour, final long nowNs) {
    final WaitingPackets waiting = neighbour.parked;
    parked -= waiting.count();
    for (Packet packet = waiting.poll(); packet != null; packet = waiting.poll()) {
      unresolved.add(packet);
    }
    // First forgotten, then told: an observer that sends again begins a new attempt.
    forget(neighbour);
    for (Packet packet = unresolved.poll(); packet != null; packet = unresolved.poll()) {
      counters.drop(DropReason.ARP_UNRESOLVED);
      observer.onUnresolved(packet, nowNs);
      packet.release();
    }
  }

  /** Takes a neighbour that no packet waits for out of the cache. */
  void forget(final Neighbour neighbour) {
    timers.cancel(neighbour);
    unknown.remove(neighbour);
    cache.remove(neighbour);
  }

  @Override
  public void input(final Packet packet, final long nowNs) {
    final ByteBuffer bytes = packet.bytes();
    final int at = packet.networkOffset();
    final DropReason invalid = ArpHeader.validate(bytes, at, packet.end() - at);
    if (invalid != null) {
      drop(packet, invalid);
      return;
    }
    final int operation = ArpHeader.operation(bytes, at);
    counters.increment(
        operation == ArpHeader.REQUEST ? Counter.ARP_REQUESTS_IN : Counter.ARP_REPLIES_IN);
    final long senderMac = ArpHeader.senderMac(bytes, at);
    final int sender = ArpHeader.senderAddress(bytes, at);
    if (sender == ownAddress) {
      drop(packet, onOwnAddressClaimed(senderMac, nowNs));
      return;
    }
    final boolean forUs = ArpHeader.targetAddress(bytes, at) == ownAddress;
    final boolean asked = forUs && operation == ArpHeader.REQUEST;
    final boolean known = learn(sender, senderMac, asked, nowNs);
    if (asked && answers) {
      reply(packet, sender, senderMac);
    } else if (asked || known) {
      packet.release();
    } else {
      drop(packet, DropReason.ARP_NOT_FOR_US);
    }
  }

  /**
   * RFC 826: an entry that exists is updated by whatever its host sends; a new one is made only for
   * a host that asks for us.
   */
  private boolean learn(
      final int sender, final long senderMac, final boolean asked, final long nowNs) {
    if (sender == 0) {
      return false;
    }
    Neighbour neighbour = cache.find(sender);
    if (neighbour == null && asked) {
      neighbour = admit(sender, nowNs);
    }
    if (neighbour == null) {
      return false;
    }
    unknown.remove(neighbour);
    neighbour.macAddress = senderMac;
    neighbour.confirmedNs = nowNs;
    neighbour.state = State.RESOLVED;
    timers.cancel(neighbour);
    final WaitingPackets waiting = neighbour.parked;
    parked -= waiting.count();
    for (Packet packet = waiting.poll(); packet != null; packet = waiting.poll()) {
      ethernet.send(packet, senderMac, EthernetHeader.TYPE_IPV4);
    }
    return true;
  }

  /** An entry for who asks for us, unless those that are in use leave no room. */
  private @Nullable Neighbour admit(final int sender, final long nowNs) {
    if (cache.isFull()) {
      final Neighbour victim = cache.victim(false, nowNs);
      if (victim == null) {
        counters.drop(DropReason.ARP_CACHE_FULL);
        return null;
      }
      forget(victim);
    }
    return cache.add(sender, nowNs);
  }

  private DropReason onOwnAddressClaimed(final long senderMac, final long nowNs) {
    if (senderMac == ethernet.macAddress()) {
      // Our own announcement, come back by a loop in the network.
      return DropReason.ARP_NOT_FOR_US;
    }
    // RFC 5227 2.4 (c): keep the address and defend it, at most once per interval.
    if (answers && (!defended || nowNs - lastDefenceNs >= DEFEND_INTERVAL_NS)) {
      defended = true;
      lastDefenceNs = nowNs;
      request(ownAddress, MacAddress.BROADCAST);
    }
    return DropReason.ARP_SPOOFED;
  }

  private void announce(final long nowNs) {
    request(ownAddress, MacAddress.BROADCAST);
    if (++announced < ANNOUNCEMENTS) {
      timers.schedule(announcer, nowNs + ANNOUNCE_INTERVAL_NS);
    }
  }

  private void request(final int targetAddress, final long destination) {
    final Packet packet = ethernet.allocateReserved();
    if (packet == null) {
      return;
    }
    final int at = packet.append(ArpHeader.LENGTH_BYTES);
    ArpHeader.write(
        packet.bytes(), at, ArpHeader.REQUEST, ethernet.macAddress(), ownAddress, 0, targetAddress);
    counters.increment(Counter.ARP_REQUESTS_OUT);
    ethernet.send(packet, destination, EthernetHeader.TYPE_ARP);
  }

  /** Turns a request into its reply, in place, so that an exhausted pool still answers. */
  private void reply(final Packet packet, final int target, final long targetMac) {
    final int at = packet.networkOffset();
    packet.place(at, ArpHeader.LENGTH_BYTES);
    ArpHeader.write(
        packet.bytes(), at, ArpHeader.REPLY, ethernet.macAddress(), ownAddress, targetMac, target);
    counters.increment(Counter.ARP_REPLIES_OUT);
    ethernet.send(packet, targetMac, EthernetHeader.TYPE_ARP);
  }

  /** Releases what is parked and stops all timers. */
  public void close() {
    timers.cancel(announcer);
    release(unresolved);
    while (cache.size() > 0) {
      final Neighbour neighbour = cache.entry(cache.size() - 1);
      parked -= neighbour.parked.count();
      release(neighbour.parked);
      forget(neighbour);
    }
  }

  private static void release(final WaitingPackets packets) {
    for (Packet packet = packets.poll(); packet != null; packet = packets.poll()) {
      packet.release();
    }
  }

  private void drop(final Packet packet, final DropReason reason) {
    counters.drop(reason);
    packet.release();
  }
}
