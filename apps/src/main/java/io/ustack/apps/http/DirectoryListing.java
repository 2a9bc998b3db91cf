package io.ustack.apps.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The page that shows what is in a directory. */
final class DirectoryListing {
  /** A page for more of them would need memory without bound. */
  private static final int MOST_ENTRIES = 2000;

  private DirectoryListing() {}

  static String html(final RequestTarget target, final Path directory) throws IOException {
    final List<Path> entries;
    try (Stream<Path> all = Files.list(directory)) {
      entries = all.limit(MOST_ENTRIES + 1).collect(Collectors.toList());
    }
    final String title = escape("/" + String.join("/", target.segments()));
    final StringBuilder page = new StringBuilder("<!doctype html>\n<meta charset=utf-8>\n<title>");
    page.append(title).append("</title>\n<h1>").append(title).append("</h1>\n<ul>\n");
    if (!target.segments().isEmpty()) {
      page.append("<li><a href=\"../\">../</a>\n");
    }
    entries.stream().limit(MOST_ENTRIES).map(DirectoryListing::item).sorted().forEach(page::append);
    page.append("</ul>\n");
    if (entries.size() > MOST_ENTRIES) {
      page.append("<p>There is more; only the first ")
          .append(MOST_ENTRIES)
          .append(" found are shown.\n");
    }
    return page.toString();
  }

  private static String item(final Path entry) {
    final String slash = Files.isDirectory(entry) ? "/" : "";
    final String name = String.valueOf(entry.getFileName());
    return "<li><a href=\""
        + RequestTarget.encode(name)
        + slash
        + "\">"
        + escape(name)
        + slash
        + "</a>\n";
  }

  private static String escape(final String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
