package io.ustack.apps.resp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A string of bytes that is a key, a field or a member. */
final class Bytes implements Comparable<Bytes> {
  private final byte[] content;
  private final int hash;

  /** Of bytes that nobody changes any more. */
  Bytes(final byte[] content) {
    this.content = content;
    hash = Arrays.hashCode(content);
  }

  byte[] content() {
    return content;
  }

  int length() {
    return content.length;
  }

  @Override
  public boolean equals(final Object other) {
    return other instanceof Bytes bytes && Arrays.equals(content, bytes.content);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** As memcmp(3). */
  @Override
  public int compareTo(final Bytes other) {
    return Arrays.compareUnsigned(content, other.content);
  }

  @Override
  public String toString() {
    return new String(content, StandardCharsets.ISO_8859_1);
  }
}
