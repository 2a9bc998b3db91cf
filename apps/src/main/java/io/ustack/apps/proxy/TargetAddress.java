package io.ustack.apps.proxy;

import io.ustack.ipv4.Ipv4Address;

/**
 * Where a target listens.
 *
 * @param address in network value
 * @param port 1..65535
 */
public record TargetAddress(int address, int port) {
  @Override
  public String toString() {
    return Ipv4Address.format(address) + ":" + port;
  }
}
