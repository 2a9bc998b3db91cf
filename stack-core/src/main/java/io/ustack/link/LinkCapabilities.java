package io.ustack.link;

/**
 * What a link is.
 *
 * @param name as the user knows it: {@code pipe-a}, {@code net_tap0}
 * @param macAddress 48 bits; 0 on loopback
 * @param mtuBytes largest IP packet; the frame is 14 bytes longer
 * @param loopback true where every frame comes back to the sender and no address resolution is
 *     needed
 */
public record LinkCapabilities(String name, long macAddress, int mtuBytes, boolean loopback) {}
