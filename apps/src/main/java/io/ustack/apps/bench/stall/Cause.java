package io.ustack.apps.bench.stall;

/** Who is to blame for a stall. */
public enum Cause {
  COLLECTION("GC pause"),
  SAFEPOINT("safepoint"),
  JIT("JIT"),
  SCHEDULER("scheduler"),
  HYPERVISOR("hypervisor"),
  TIMER("timer"),
  WORK("work"),
  UNKNOWN("not known");

  private final String label;

  Cause(final String label) {
    this.label = label;
  }

  /** For people and programs. */
  String label() {
    return label;
  }
}
