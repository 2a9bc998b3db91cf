package io.ustack.apps.bench;

/** What was measured, to be printed. */
interface Result {
  /** Whether nothing speaks against it. */
  boolean isTrusted();

  /** One readable line. */
  String line();

  /** One JSON object on one line. */
  String json();
}
