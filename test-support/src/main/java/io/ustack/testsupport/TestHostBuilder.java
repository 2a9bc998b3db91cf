package io.ustack.testsupport;

import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.stack.StackConfig;
import io.ustack.tcp.IsnSource;
import io.ustack.tcp.TcpConfig;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a {@link TestHost} is made of. Nothing is left to chance: addresses, secrets, the clock's
 * start and, where asked for, initial sequence numbers are constants.
 */
public final class TestHostBuilder {
  /** The neighbour that is the gateway unless another is named. */
  public static final String GATEWAY = "192.168.0.254";

  /** Its MAC address, and that of neighbours named without one. */
  public static final long NEIGHBOUR_MAC = 0x02_00_00_00_00_FEL;

  private final Map<Integer, Long> neighbours = new LinkedHashMap<>();
  private String subnet = "192.168.0.1/16";
  private int gateway = Ipv4Address.parse(GATEWAY);
  private TcpConfig tcp = TcpConfig.DEFAULT;
  private IsnSource isnSource = (local, localPort, remote, remotePort, nowNs) -> 1_000_000;
  private int mtuBytes = 1500;
  private int poolPackets = 4096;
  private long startNs = Long.MAX_VALUE - 30_000_000_000L;
  private long secret = 1;

  TestHostBuilder() {}

  /** The host's address and its subnet, {@code 192.168.0.1/16}. */
  public TestHostBuilder address(final String value) {
    subnet = value;
    return this;
  }

  /** The default gateway, a static neighbour. */
  public TestHostBuilder gateway(final String address) {
    gateway = Ipv4Address.parse(address);
    return this;
  }

  /** A neighbour that needs no ARP. */
  public TestHostBuilder neighbour(final String address, final long macAddress) {
    neighbours.put(Ipv4Address.parse(address), macAddress);
    return this;
  }

  /** The numbers of TCP: a profile, or one with changes. */
  public TestHostBuilder tcp(final TcpConfig config) {
    tcp = config;
    return this;
  }

  /** All connections start with this sequence number, and timestamps with the clock's start. */
  public TestHostBuilder initialSequenceNumber(final int isn) {
    return initialSequenceNumbers((local, localPort, remote, remotePort, nowNs) -> isn);
  }

  /** Connections start with what {@code source} says. */
  public TestHostBuilder initialSequenceNumbers(final IsnSource source) {
    isnSource = source;
    return this;
  }

  /** The largest IP packet on the link. */
  public TestHostBuilder mtu(final int bytes) {
    mtuBytes = bytes;
    return this;
  }

  /** Packets of the link's pool. */
  public TestHostBuilder poolPackets(final int packets) {
    poolPackets = packets;
    return this;
  }

  /**
   * Where the clock starts. By default it wraps after 30 s, which shows comparisons that do not.
   */
  public TestHostBuilder startNs(final long value) {
    startNs = value;
    return this;
  }

  /** Another secret: other ephemeral ports and hashes. */
  public TestHostBuilder secret(final long value) {
    secret = value;
    return this;
  }

  /** The host, its clock at the start. */
  public TestHost build() {
    final StackConfig config =
        StackConfig.of(Ipv4Subnet.parse(subnet))
            .withGateway(gateway)
            .withTcp(tcp)
            .withSecret(secret, ~secret);
    final MemoryLink link = new MemoryLink(TestHost.MAC, mtuBytes, poolPackets);
    link.neighbour(gateway, NEIGHBOUR_MAC);
    neighbours.forEach(link::neighbour);
    return new TestHost(config, link, startNs, isnSource);
  }
}
