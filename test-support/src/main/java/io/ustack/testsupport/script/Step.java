package io.ustack.testsupport.script;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One event of a script.
 *
 * @param name the file, as messages say it
 * @param line where it begins
 * @param text as it is written, on one line
 */
record Step(String name, int line, String text, When when, Event event) {

  /** What happens. */
  sealed interface Event permits Inbound, Outbound, IcmpInbound, Call, Check {}

  /** {@code <}: a segment arrives. */
  record Inbound(Segment segment) implements Event {}

  /** {@code >}: the stack has sent this. */
  record Outbound(Segment segment) implements Event {}

  /**
   * {@code < icmp unreachable ...}: an error about a segment of ours arrives.
   *
   * @param type and {@code code}: RFC 792
   * @param mtu of the next hop, 0 where it says none
   * @param quoted which segment it is about
   */
  record IcmpInbound(int type, int code, int mtu, Segment quoted) implements Event {}

  /**
   * A system call.
   *
   * @param result what it returns; null when that does not matter
   * @param errno the error's symbol after -1, or empty
   */
  record Call(String function, List<Value> arguments, @Nullable Value result, String errno)
      implements Event {}

  /** {@code %{ assert ... }%}. */
  record Check(List<String> assertions) implements Event {}
}
