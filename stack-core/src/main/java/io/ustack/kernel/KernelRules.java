package io.ustack.kernel;

import io.ustack.ipv4.Ipv4Header;
import io.ustack.ipv4.Ipv4Subnet;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Which traffic between the shared address and others is the kernel's. Immutable, so any thread.
 *
 * <pre>
 *   tcp/22  tcp/8000-8099  udp/161    the local port, or a range of them
 *   icmp                              echo requests; errors go to whose traffic they are about
 *   proto/89                          a protocol of IPv4 by its number
 *   from/10.0.0.0/8                   whatever comes from there
 * </pre>
 */
public final class KernelRules {
  private static final String NONE = "none";
  private static final int MOST_NETWORKS = 64;
  private static final int MOST_PORT = 0xFFFF;
  private static final int MOST_PROTOCOL = 0xFF;

  private final BitSet tcpPorts = new BitSet(MOST_PORT + 1);
  private final BitSet udpPorts = new BitSet(MOST_PORT + 1);
  private final BitSet protocols = new BitSet(MOST_PROTOCOL + 1);
  private final Ipv4Subnet[] networks;

  private KernelRules(final String text) {
    final List<Ipv4Subnet> from = new ArrayList<>();
    if (!text.equals(NONE)) {
      for (final String rule : text.split(",", -1)) {
        add(rule, from);
      }
    }
    networks = from.toArray(Ipv4Subnet[]::new);
  }

  /**
   * Reads rules with commas between them; {@code none} stands for no rule at all.
   *
   * @throws IllegalArgumentException which names the rule that is wrong, in one line
   */
  public static KernelRules parse(final String text) {
    return new KernelRules(text);
  }

  private void add(final String rule, final List<Ipv4Subnet> from) {
    final int slash = rule.indexOf('/');
    final String kind = slash < 0 ? rule : rule.substring(0, slash);
    final String what = slash < 0 ? "" : rule.substring(slash + 1);
    switch (kind) {
      case "tcp" -> addPorts(rule, what, tcpPorts);
      case "udp" -> addPorts(rule, what, udpPorts);
      case "proto" -> protocols.set(number(rule, what, 1, MOST_PROTOCOL));
      case "from" -> addNetwork(rule, what, from);
      default -> {
        if (rule.equals("icmp")) {
          protocols.set(Ipv4Header.PROTOCOL_ICMP);
        } else if (rule.equals(NONE)) {
          throw wrong(rule, "stands alone");
        } else {
          throw wrong(
              rule, "is none of tcp/PORT, udp/PORT, icmp, proto/NUMBER, from/ADDRESS, none");
        }
      }
    }
  }

  private static void addPorts(final String rule, final String range, final BitSet ports) {
    final int dash = range.indexOf('-');
    final int first = number(rule, dash < 0 ? range : range.substring(0, dash), 1, MOST_PORT);
    final int last = dash < 0 ? first : number(rule, range.substring(dash + 1), 1, MOST_PORT);
    if (last < first) {
      throw wrong(rule, "ends before it begins");
    }
    ports.set(first, last + 1);
  }

  private static void addNetwork(
      final String rule, final String network, final List<Ipv4Subnet> from) {
    if (from.size() == MOST_NETWORKS) {
      throw wrong(rule, "is one from/ too many: " + MOST_NETWORKS + " are allowed");
    }
    try {
      from.add(Ipv4Subnet.parse(network));
    } catch (final IllegalArgumentException e) {
      throw wrong(rule, "is " + e.getMessage());
    }
  }

  private static int number(final String rule, final String text, final int least, final int most) {
    final int value = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : -1;
    if (value < least || value > most) {
      throw wrong(rule, "has a number that is not " + least + " to " + most);
    }
    return value;
  }

  private static IllegalArgumentException wrong(final String rule, final String why) {
    return new IllegalArgumentException("'" + rule + "' " + why);
  }

  /** Whether all packets of this protocol with this other end are the kernel's. */
  boolean ownsAll(final int protocol, final int remoteAddress) {
    return protocols.get(protocol) || isFrom(remoteAddress);
  }

  /** Whether this TCP connection, or these datagrams of UDP, are the kernel's. */
  boolean owns(final int protocol, final int remoteAddress, final int localPort) {
    final BitSet ports = protocol == Ipv4Header.PROTOCOL_TCP ? tcpPorts : udpPorts;
    return ports.get(localPort) || ownsAll(protocol, remoteAddress);
  }

  /** Whether an address is of a network all of whose traffic is the kernel's. */
  boolean isFrom(final int address) {
    for (final Ipv4Subnet network : networks) {
      if (network.contains(address)) {
        return true;
      }
    }
    return false;
  }
}
