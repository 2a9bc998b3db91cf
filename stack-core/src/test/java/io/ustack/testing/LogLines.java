package io.ustack.testing;

import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What a class logs, in place of where it would go; lines, and no stack traces. */
public final class LogLines extends Handler implements AutoCloseable {
  private final Logger logger;

  /** What was logged so far. */
  public final List<String> lines = new CopyOnWriteArrayList<>();

  public LogLines(final String className) {
    logger = Logger.getLogger(className);
    logger.setUseParentHandlers(false);
    logger.addHandler(this);
  }

  @Override
  public void publish(final LogRecord entry) {
    lines.add(entry.getMessage());
    assertNull(entry.getThrown(), "a line, not a stack trace");
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setUseParentHandlers(true);
  }
}
