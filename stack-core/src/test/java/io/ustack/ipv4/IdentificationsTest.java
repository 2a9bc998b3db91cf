package io.ustack.ipv4;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.link.FlowShare;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

class IdentificationsTest {
  private static FlowShare share(final int number, final int links) {
    return new FlowShare() {
      @Override
      public int owner(
          final int localAddress,
          final int localPort,
          final int remoteAddress,
          final int remotePort) {
        return 0;
      }

      @Override
      public int number() {
        return number;
      }

      @Override
      public int links() {
        return links;
      }
    };
  }

  @Test
  void oneStackUsesAllOfThem() {
    final Identifications all = new Identifications(FlowShare.ALL);
    for (int i = 1; i < 3 << 16; i++) {
      assertEquals(i & 0xFFFF, all.next());
    }
  }

  /** RFC 6864 4.3: what leaves for one host from several stacks does not repeat soon. */
  @Test
  void stacksBehindOneAddressHaveNoneInCommon() {
    for (final int links : new int[] {2, 3, 7, 64}) {
      final BitSet seen = new BitSet();
      final int each = (1 << 16) / links;
      for (int number = 0; number < links; number++) {
        final Identifications own = new Identifications(share(number, links));
        for (int i = 0; i < each; i++) {
          final int next = own.next();
          assertTrue(next >= 0 && next < 1 << 16 && !seen.get(next), links + " stacks, " + next);
          seen.set(next);
        }
        final int again = own.next();
        assertTrue(seen.get(again) && again % links == number, "it begins anew, in its part");
      }
      assertEquals(each * links, seen.cardinality());
    }
  }
}
