package io.ustack.apps.http;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** The page that shows what is in a directory. */
final class DirectoryListing {
  /** A page for more of them would need memory without bound. */
  private static final int MOST_ENTRIES = 2000;

  private DirectoryListing() {}

  /**
   * The page for {@code directory}.
   *
   * @throws IOException when it can't be opened
   * @throws DirectoryIteratorException when it can't be read to its end
   */
  static String html(final RequestTarget target, final Path directory) throws IOException {
    final List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
      final Iterator<Path> next = all.iterator();
      while (entries.size() <= MOST_ENTRIES && next.hasNext()) {
        entries.add(next.next());
      }
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
