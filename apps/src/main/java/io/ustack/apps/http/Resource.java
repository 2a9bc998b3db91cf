package io.ustack.apps.http;

/**
 * What a site has to say about a request target.
 *
 * @param status 200 for something that is there, else why not
 * @param contentType of the content
 * @param content what to send; the receiver of this record closes it
 * @param modified when it last changed, in seconds since 1970; {@link #UNDATED} when nobody knows
 * @param fields further header fields, each with its line end; often empty
 */
record Resource(int status, String contentType, Content content, long modified, String fields) {
  static final long UNDATED = Long.MIN_VALUE;

  /** Something that has a date: it can be asked for in parts, and whether it has changed. */
  static Resource dated(final String contentType, final Content content, final long modified) {
    final String fields =
        "Last-Modified: " + HttpDate.format(modified) + "\r\nAccept-Ranges: bytes\r\n";
    return new Resource(200, contentType, content, modified, fields);
  }

  /** A page that is made as it is asked for. */
  static Resource page(final String contentType, final String text) {
    return new Resource(200, contentType, MemoryContent.of(text), UNDATED, "");
  }

  /** A refusal, with its reason as the page. */
  static Resource refusal(final int status) {
    final String page = status + " " + Status.reason(status) + "\n";
    final String fields =
        switch (status) {
          case 405 -> "Allow: GET, HEAD\r\n";
          case 503 -> "Retry-After: 1\r\n";
          default -> "";
        };
    return new Resource(status, ContentType.TEXT, MemoryContent.of(page), UNDATED, fields);
  }

  /** It is to be found at another path of this server. */
  static Resource elsewhere(final String path) {
    final String fields = "Location: " + path + "\r\n";
    return new Resource(301, ContentType.TEXT, MemoryContent.of(path + "\n"), UNDATED, fields);
  }
}
