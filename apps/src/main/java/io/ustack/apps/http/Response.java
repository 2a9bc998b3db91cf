package io.ustack.apps.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One response on its way out: a head and, behind it, a part of a content. It remembers how much of
 * it the socket has taken; what has not been taken is read again when there is room, so that
 * nothing waits in memory. Reused from response to response.
 */
final class Response {
  private final ResponseHead head = new ResponseHead();
  private Content content = MemoryContent.EMPTY;
  private long bodyFrom;
  private long bodyLength;
  private long sent;

  /**
   * Answers a well-formed request.
   *
   * @param resource what the site says; this object closes its content
   * @param keepAlive whether the connection stays open afterwards
   * @param date now, as {@link HttpDate} writes it
   */
  void answer(
      final RequestHead request,
      final Resource resource,
      final boolean keepAlive,
      final String date) {
    content = resource.content();
    sent = 0;
    final int status = choose(request, resource);
    head.status(status).field("Server", "ustack").field("Date", date);
    if (status == 416) {
      head.text("Content-Range: bytes */").number(content.length()).text("\r\n");
    } else if (status == 206) {
      head.text("Content-Range: bytes ")
          .number(bodyFrom)
          .text("-")
          .number(bodyFrom + bodyLength - 1);
      head.text("/").number(content.length()).text("\r\n");
    }
    if (status != 304) {
      head.field("Content-Type", resource.contentType()).field("Content-Length", bodyLength);
    }
    head.text(resource.fields());
    if (!keepAlive) {
      head.field("Connection", "close");
    } else if (request.isOld()) {
      head.field("Connection", "keep-alive");
    }
    head.end();
    if (request.isHead()) {
      bodyLength = 0;
    }
  }

  /** Answers what was no request; the connection closes afterwards. */
  void refuse(final int status, final String date) {
    final Resource refusal = Resource.refusal(status);
    content = refusal.content();
    sent = 0;
    bodyFrom = 0;
    bodyLength = content.length();
    head.status(status).field("Server", "ustack").field("Date", date);
    head.field("Content-Type", refusal.contentType()).field("Content-Length", bodyLength);
    head.field("Connection", "close").end();
  }

  /**
   * Chooses status and body; RFC 9110 13.2.2 gives the order: first whether it has changed, then
   * which part.
   */
  private int choose(final RequestHead request, final Resource resource) {
    bodyFrom = 0;
    bodyLength = content.length();
    if (resource.status() != 200 || !request.isConditional()) {
      return resource.status();
    }
    if (isFresh(request.ifModifiedSince(), resource)) {
      bodyLength = 0;
      return 304;
    }
    final ByteRange range = range(request, resource);
    if (range == null) {
      return 200;
    }
    bodyFrom = range.first();
    bodyLength = range.length();
    return range.equals(ByteRange.UNSATISFIABLE) ? 416 : 206;
  }

  /** Whether the peer has it already. A date that can't be read is ignored (RFC 9110 13.1.3). */
  private static boolean isFresh(final @Nullable String since, final Resource resource) {
    return since != null
        && resource.modified() != Resource.UNDATED
        && resource.modified() <= HttpDate.parse(since);
  }

  private static @Nullable ByteRange range(final RequestHead request, final Resource resource) {
    final String range = request.range();
    // RFC 9110 14.2: ranges are for GET; what has no date may have changed since the first part.
    if (range == null || !request.isGet() || resource.modified() == Resource.UNDATED) {
      return null;
    }
    final String condition = request.ifRange();
    // RFC 9110 13.1.5: only the very same date will do; entity tags are never given out here.
    if (condition != null && HttpDate.parse(condition) != resource.modified()) {
      return null;
    }
    return ByteRange.parse(range, resource.content().length());
  }

  /**
   * Copies what comes next into {@code target}, from index 0.
   *
   * @return bytes copied; 0 when everything is sent
   */
  int fill(final ByteBuffer target) throws IOException {
    int count = 0;
    if (sent < head.length()) {
      count = (int) Math.min(head.length() - sent, target.capacity());
      head.copy((int) sent, target, 0, count);
    }
    final long bodySent = Math.max(0, sent - head.length());
    final int max = (int) Math.min(bodyLength - bodySent, target.capacity() - count);
    if (max > 0) {
      count += content.read(bodyFrom + bodySent, target, count, max);
    }
    return count;
  }

  /** The socket has taken {@code count} bytes of what {@link #fill} copied. */
  void sent(final int count) {
    sent += count;
  }

  boolean isDone() {
    return sent == head.length() + bodyLength;
  }

  /** Lets go of the content. Idempotent. */
  void close() {
    content.close();
    content = MemoryContent.EMPTY;
  }
}
