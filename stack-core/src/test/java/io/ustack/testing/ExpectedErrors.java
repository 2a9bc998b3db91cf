package io.ustack.testing;

import io.ustack.stack.InternalErrors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Takes what a stack logs of its own bugs, while a test causes them on purpose. */
public final class ExpectedErrors extends Handler implements AutoCloseable {
  private final Logger logger = Logger.getLogger(InternalErrors.class.getName());
  private final AtomicInteger logged = new AtomicInteger();

  public ExpectedErrors() {
    logger.setUseParentHandlers(false);
    logger.addHandler(this);
  }

  /** How often something was logged. */
  public int logged() {
    return logged.get();
  }

  @Override
  public void publish(final LogRecord entry) {
    logged.incrementAndGet();
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setUseParentHandlers(true);
  }
}
