package io.ustack.apps.bench;

import io.ustack.apps.Mode;
import io.ustack.apps.bench.stall.StallWatch;
import io.ustack.dpdk.DpdkException;
import io.ustack.dpdk.Transport;
import io.ustack.stack.StageTimes;
import java.io.IOException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What lies between two processes of the bench. */
enum Wire {
  /** Shared memory between two DPDK processes, a ustack in each. */
  MEMIF {
    @Override
    End open(final boolean server, final Fields settings) throws DpdkException {
      final Mode mode = Mode.valueOf(settings.text("mode"));
      final MemifEnd end =
          MemifEnd.open(
              server, settings.text(ADDRESS), mode, Transport.valueOf(settings.text("transport")));
      final boolean account = Boolean.parseBoolean(settings.text(ACCOUNT));
      final boolean watched = Boolean.parseBoolean(settings.text(STALLS));
      final StageTimes times = account || watched ? end.measure() : null;
      final StageTimes stages = account ? times : null;
      final StallWatch watch = times != null && watched ? end.watch(times) : null;
      final Sockets sockets = new PosixSockets(end.posix(), MemifEnd.SERVER_ADDRESS);
      // A thread beside the stack's leaves the core to it while it waits.
      return mode == Mode.DEDICATED
          ? new End(sockets, 1, 1, end::lostFrames, stages, watch)
          : new End(sockets, 0, 100, end::lostFrames, stages, watch);
    }
  },

  /** A veth pair between two namespaces, the kernel's TCP at both ends. */
  VETH {
    @Override
    End open(final boolean server, final Fields settings) throws IOException {
      return new End(new NioSockets(settings.text(ADDRESS)), 1, 1, () -> 0, null, null);
    }
  };

  private static final String ADDRESS = "address";

  /** The setting that has stacks charge their stages. */
  static final String ACCOUNT = "account";

  /** The setting that has ends look for stalls. */
  static final String STALLS = "stalls";

  /** The settings of both ends; the address is what they find each other by. */
  Fields at(final String address) {
    return new Fields().with("wire", this).with(ADDRESS, address);
  }

  /** The wire of these settings. */
  static Wire of(final Fields settings) {
    return valueOf(settings.text("wire"));
  }

  /** Opens one end, in the process that is to be it. */
  abstract End open(boolean server, Fields settings) throws DpdkException, IOException;

  /**
   * One end of a wire.
   *
   * @param waitMs how long a step may wait in the kernel; 0 spins
   * @param stepsPerLook how many steps are made between two looks at the clock
   * @param lostFrames so far
   * @param stages of its stack's duty cycle, if anybody wants them
   * @param watch over the thread that opened it, if anybody wants one
   */
  record End(
      Sockets sockets,
      int waitMs,
      int stepsPerLook,
      LongSupplier lostFrames,
      @Nullable StageTimes stages,
      @Nullable StallWatch watch) {

    /** That step; a watch looks after each. */
    Runnable watched(final Runnable step) {
      final StallWatch here = watch;
      return here == null
          ? step
          : () -> {
            step.run();
            here.look();
          };
    }

    /** A block begins; the rest before it was nobody's time. */
    void begin() {
      if (stages != null) {
        stages.resume();
      }
      if (watch != null) {
        watch.begin();
      }
    }

    /**
     * A block begins, whose work counts from here on; by the thread that works. What the watch does
     * at the beginning is not in it.
     */
    Supplier<Work> meter() {
      begin();
      final StageMeter stagesSince = new StageMeter(stages);
      final WorkMeter since = new WorkMeter();
      return () -> seen(stagesSince.in(since.work()));
    }

    /** That work of the block with what the watch saw. */
    Work seen(final Work work) {
      return watch == null ? work : work.withStalls(watch.stalls());
    }
  }
}
