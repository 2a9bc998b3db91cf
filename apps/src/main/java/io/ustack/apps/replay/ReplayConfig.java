package io.ustack.apps.replay;

import io.ustack.ipv4.Ipv4Subnet;
import java.util.List;

/**
 * What a replay is told.
 *
 * @param subnet whom the stack stands in for
 * @param gateway 0 for none
 * @param macAddress 0 to take it from the capture
 * @param mtuBytes of what the stack sends
 * @param seed behind everything that is random in a stack: ports, initial sequence numbers that the
 *     capture does not tell
 * @param discardPorts TCP ports that take connections and read
 * @param echoPorts TCP and UDP ports that send back
 * @param httpPorts TCP ports that serve the built-in page
 * @param afterNs how long the clock runs on after the last frame
 * @param traced whether a plot is wanted
 */
public record ReplayConfig(
    Ipv4Subnet subnet,
    int gateway,
    long macAddress,
    int mtuBytes,
    long seed,
    List<Integer> discardPorts,
    List<Integer> echoPorts,
    List<Integer> httpPorts,
    long afterNs,
    boolean traced) {}
