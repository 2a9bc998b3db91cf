package io.ustack.apps.bench;

import io.ustack.dpdk.DpdkException;
import java.io.IOException;
import java.util.function.LongSupplier;

/** What lies between two processes of the bench. */
enum Wire {
  /** Shared memory between two DPDK processes, a ustack in each. */
  MEMIF {
    @Override
    End open(final boolean server, final String address) throws DpdkException {
      final MemifEnd end = MemifEnd.open(server, address);
      final Sockets sockets = new PosixSockets(end.posix(), MemifEnd.SERVER_ADDRESS);
      return new End(sockets, 0, 100, end::lostFrames);
    }
  },

  /** A veth pair between two namespaces, the kernel's TCP at both ends. */
  VETH {
    @Override
    End open(final boolean server, final String address) throws IOException {
      return new End(new NioSockets(address), 1, 1, () -> 0);
    }
  };

  /** Opens one end, in the process that is to be it. */
  abstract End open(boolean server, String address) throws DpdkException, IOException;

  /**
   * One end of a wire.
   *
   * @param waitMs how long a step may wait in the kernel; 0 spins
   * @param stepsPerLook how many steps are made between two looks at the clock
   * @param lostFrames so far
   */
  record End(Sockets sockets, int waitMs, int stepsPerLook, LongSupplier lostFrames) {}
}
