package io.ustack.testsupport.script;

import io.ustack.posix.Errno;
import io.ustack.tcp.TcpInfo;
import io.ustack.testsupport.TestHost;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One run of a script: the clock, what was sent and not named yet, the call that blocks. */
final class ScriptRun {
  /** What the stack sent. */
  private static final class Sent {
    final long atNs;
    final byte[] packet;

    Sent(final long atNs, final byte[] packet) {
      this.atNs = atNs;
      this.packet = packet;
    }
  }

  /** A call that blocks, and what has become of it. */
  private static final class Pending {
    final Step step;
    final Step.Call call;
    final long endNs;
    int moved;
    boolean done;
    long doneNs;
    int result;

    Pending(final Step step, final Step.Call call, final long endNs) {
      this.step = step;
      this.call = call;
      this.endNs = endNs;
    }
  }

  private final TestHost host;
  private final ScriptSettings settings;
  private final SegmentWire wire;
  private final SystemCalls calls;
  private final Deque<Sent> sent = new ArrayDeque<>();
  private final TcpInfo info = new TcpInfo();
  private final InfoNames names;
  private @Nullable Pending pending;

  /** When the last event was to happen. */
  private long lastNs;

  ScriptRun(final TestHost host, final ScriptSettings settings) {
    this.host = host;
    this.settings = settings;
    wire = new SegmentWire(settings.isn);
    calls = new SystemCalls(host.posix(), wire);
    names = new InfoNames(info, host.stack());
  }

  void run(final List<Step> steps) {
    Step last = null;
    for (final Step step : steps) {
      last = step;
      try {
        execute(step);
      } catch (final ScriptFailure e) {
        throw e.at(step.name(), step.line(), step.text());
      } catch (final RuntimeException e) {
        throw ScriptFailure.broken(e).at(step.name(), step.line(), step.text());
      }
    }
    if (last != null) {
      end(last);
    }
  }

  private void end(final Step last) {
    final Pending call = pending;
    if (call != null && !call.done) {
      throw new ScriptFailure("it has not returned when the script ends")
          .at(call.step.name(), call.step.line(), call.step.text());
    }
    final Sent first = sent.poll();
    if (first != null) {
      throw unasked(first).at(last.name(), last.line(), "(after) " + last.text());
    }
  }

  private void execute(final Step step) {
    final long base = step.when().relative() ? lastNs : 0;
    final long fromNs = Math.addExact(base, step.when().fromNs());
    final long toNs = Math.addExact(base, step.when().toNs());
    if (fromNs < host.elapsedNs() - settings.toleranceNs
        && !(step.event() instanceof Step.Outbound)) {
      throw new ScriptFailure("time runs backwards: it is " + When.seconds(host.elapsedNs()));
    }
    if (step.event() instanceof Step.Outbound outbound) {
      expect(outbound.segment(), fromNs, toNs);
      return;
    }
    advanceTo(fromNs);
    lastNs = fromNs;
    final Sent older = sent.peek();
    if (older != null && older.atNs < fromNs - settings.toleranceNs) {
      throw unasked(older);
    }
    if (step.event() instanceof Step.Inbound inbound) {
      inject(inbound.segment());
    } else if (step.event() instanceof Step.IcmpInbound icmp) {
      host.injectPacket(wire.icmp(icmp.type(), icmp.code(), icmp.mtu(), icmp.quoted()));
    } else if (step.event() instanceof Step.Call call) {
      call(step, call, toNs);
    } else if (step.event() instanceof Step.Check check) {
      check(check.assertions());
    }
    settle();
  }

  // ---- Time

  private void advanceTo(final long ns) {
    while (host.elapsedNs() < ns) {
      host.step(ns - host.elapsedNs());
      settle();
    }
  }

  /** Lets the stack do what it has to do now, and sees what it sent. */
  private void settle() {
    host.run();
    final Pending call = pending;
    if (call != null && !call.done) {
      goOn(call);
      host.run();
    }
    for (byte[] packet = host.takePacket(); packet != null; packet = host.takePacket()) {
      sent.add(new Sent(host.elapsedNs(), packet));
    }
  }

  // ---- Segments

  private void inject(final Segment segment) {
    if (segment.has(Segment.SYN)) {
      calls.stream().peerSyn(segment.seq());
    }
    final long first = segment.seq() + (segment.has(Segment.SYN) ? 1 : 0);
    final byte[] packet = wire.packet(segment, Stream.ofPeer(first, segment.length()));
    if (packet.length > settings.mtuBytes) {
      throw new ScriptFailure("a packet of " + packet.length + " bytes does not fit the link");
    }
    host.injectPacket(packet);
  }

  private void expect(final Segment wanted, final long fromNs, final long toNs) {
    advanceTo(fromNs);
    while (sent.isEmpty() && host.elapsedNs() < toNs + settings.toleranceNs) {
      host.step(toNs + settings.toleranceNs - host.elapsedNs());
      settle();
    }
    final Sent next = sent.poll();
    if (next == null) {
      throw new ScriptFailure("expected: " + wanted + "\n  seen:     nothing was sent");
    }
    compare(wanted, next);
    if (next.atNs < fromNs - settings.toleranceNs || next.atNs > toNs + settings.toleranceNs) {
      throw new ScriptFailure(
          "sent at "
              + When.seconds(next.atNs)
              + ", not at "
              + When.seconds(fromNs)
              + (toNs == fromNs ? "" : " to " + When.seconds(toNs)));
    }
    lastNs = fromNs == toNs ? fromNs : next.atNs;
  }

  private void compare(final Segment wanted, final Sent next) {
    final ByteBuffer segment = SegmentWire.tcp(next.packet);
    if (segment == null) {
      throw unasked(next);
    }
    wire.learn(segment, wanted);
    final Segment seen = wire.read(next.packet, segment, wanted);
    if (!seen.toString().equals(wanted.toString())) {
      throw new ScriptFailure(
          "expected: " + wanted + "\n  seen:     " + seen + " at " + When.seconds(next.atNs));
    }
    if ((segment.getShort(0) & 0xFFFF) != wire.localPort
        || (segment.getShort(2) & 0xFFFF) != wire.remotePort) {
      throw new ScriptFailure("sent between other ports");
    }
    if (!wire.checksumsHold(next.packet)) {
      throw new ScriptFailure("sent with a wrong checksum");
    }
    final byte[] payload = new byte[seen.length()];
    segment.get(SegmentWire.headerLength(segment), payload);
    if (!calls.stream().isOurs(seen.seq() + (seen.has(Segment.SYN) ? 1 : 0), payload)) {
      throw new ScriptFailure("the payload is not what was written");
    }
  }

  private ScriptFailure unasked(final Sent packet) {
    final ByteBuffer segment = SegmentWire.tcp(packet.packet);
    return new ScriptFailure(
        "expected: nothing was sent\n  seen:     "
            + (segment == null
                ? "a packet that is not TCP"
                : wire.read(packet.packet, segment, null))
            + " at "
            + When.seconds(packet.atNs));
  }

  // ---- Calls

  private void call(final Step step, final Step.Call call, final long endNs) {
    final Pending other = pending;
    if (other != null && !other.done) {
      throw new ScriptFailure("line " + other.step.line() + " has not returned yet");
    }
    if (!step.when().blocks()) {
      calls.verify(call, calls.make(call, 0));
      return;
    }
    final Pending begun = new Pending(step, call, endNs);
    pending = begun;
    goOn(begun);
    if (begun.done && begun.doneNs < begun.endNs) {
      throw new ScriptFailure("it did not block: " + begun.result);
    }
  }

  private void goOn(final Pending call) {
    final int result = calls.make(call.call, call.moved);
    final boolean writes = call.call.function().matches("write|send|sendto");
    if (writes && result > 0) {
      call.moved += result;
      final long length =
          call.call.arguments().get(2) instanceof Value.Int number ? number.value() : 0;
      if (call.moved < length) {
        return;
      }
    } else if (result == -Errno.EAGAIN) {
      return;
    }
    call.done = true;
    call.doneNs = host.elapsedNs();
    call.result = writes && result > 0 ? call.moved : result;
    try {
      calls.verify(call.call, call.result);
      if (Math.abs(call.doneNs - call.endNs) > settings.toleranceNs) {
        throw new ScriptFailure(
            "it returned at " + When.seconds(call.doneNs) + ", not at " + When.seconds(call.endNs));
      }
    } catch (final ScriptFailure e) {
      throw e.at(call.step.name(), call.step.line(), call.step.text());
    }
  }

  // ---- Asserts

  private void check(final List<String> assertions) {
    calls.info(info);
    for (final String assertion : assertions) {
      if (Expression.evaluate(assertion, names::value) == 0) {
        throw new ScriptFailure("does not hold: " + assertion + values(assertion));
      }
    }
  }

  private String values(final String assertion) {
    final StringBuilder text = new StringBuilder();
    for (final String word : assertion.split("\\W+", -1)) {
      if (!word.isEmpty()
          && !Character.isDigit(word.charAt(0))
          && !word.matches("and|or|not")
          && !Symbols.isKnown(word)) {
        text.append("\n  seen:     ").append(word).append(" is ").append(names.value(word));
      }
    }
    return text.toString();
  }
}
