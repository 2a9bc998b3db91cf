package io.ustack.apps.bench;

import io.ustack.apps.Mode;
import io.ustack.dpdk.Transport;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code bench} is to measure.
 *
 * @param places of the cells that can be measured in several
 * @param build that is measured
 * @param other the build beside it
 * @param kernel whether the kernel's TCP is measured beside memif
 * @param tso whether the kernel's segments pass uncut
 * @param rate of requests in an open loop; null: a closed one
 * @param mode who runs the stacks at the ends of a memif
 * @param transport between DPDK and those stacks
 * @param account whether those stacks say which stage of their duty cycle costs how much
 * @param stalls whether their ends say what kept them waiting
 * @param grow whether it is about how cost grows
 */
record BenchPlan(
    List<Place> places,
    List<Cell> cells,
    Comparison.Pace pace,
    Build build,
    @Nullable Build other,
    boolean kernel,
    boolean tso,
    @Nullable Rate rate,
    Mode mode,
    Transport transport,
    boolean account,
    boolean stalls,
    boolean grow) {

  /** Cells that are measured in one place, one after the other. */
  record Stage(Place place, List<Cell> cells) {}

  /** Threads that are busy at both ends of a memif. */
  int busyThreads() {
    return 2 * (1 + (mode == Mode.DEDICATED ? 1 : 0) + (transport == Transport.RING ? 1 : 0));
  }

  /** In the order in which they are measured. */
  List<Stage> stages() {
    final List<Stage> stages = new ArrayList<>();
    for (final Place place : Place.values()) {
      final List<Cell> here =
          cells.stream()
              .filter(cell -> cell.isOn(place) && (cell.hasOnePlace() || places.contains(place)))
              .toList();
      if (!here.isEmpty()) {
        stages.add(new Stage(place, here));
      }
    }
    return stages;
  }
}
