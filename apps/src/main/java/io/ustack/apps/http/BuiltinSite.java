package io.ustack.apps.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * What is served where there is no directory to serve: a page about ustack, and the stack's
 * counters as text.
 */
public final class BuiltinSite implements Site {
  private static final byte[] PAGE_PATH = "/".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] COUNTERS_PATH = "/counters".getBytes(StandardCharsets.US_ASCII);

  private final Supplier<String> statistics;
  private final Resource page;

  /** A site that shows {@code statistics} as they are when it is asked. */
  public BuiltinSite(final Supplier<String> statistics) {
    this.statistics = statistics;
    page = Resource.page(ContentType.HTML, pageText());
  }

  @Override
  public Resource find(final RequestHead request) {
    if (request.hasTarget(PAGE_PATH)) {
      return page;
    }
    return request.hasTarget(COUNTERS_PATH)
        ? Resource.page(ContentType.TEXT, statistics.get())
        : Resource.refusal(404);
  }

  private static String pageText() {
    try (InputStream in =
        Objects.requireNonNull(BuiltinSite.class.getResourceAsStream("index.html"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (final IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
