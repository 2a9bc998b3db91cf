package io.ustack.apps.http;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The files below a directory. A directory shows its {@code index.html}, or a list of what is in
 * it.
 *
 * <p>What a request can name: regular files and directories whose real place, every symbolic link
 * followed, is below the real place of the root.
 */
public final class DirectorySite implements Site {
  /**
   * Responses that hold a file open at a time; further requests for files are answered 503. Most
   * files fit the socket's buffer and are closed before the next request is looked at.
   */
  public static final int OPEN_FILES = 1024;

  private static final String INDEX = "index.html";

  private final Path root;
  private final OpenFiles files;

  /** The site of {@code root}. @throws IOException when it is no directory that can be read */
  public DirectorySite(final Path root) throws IOException {
    this(root, OPEN_FILES);
  }

  /** The same with at most so many files open at a time. */
  DirectorySite(final Path root, final int openFiles) throws IOException {
    files = new OpenFiles(openFiles);
    this.root = root.toRealPath();
    if (!Files.isDirectory(this.root)) {
      throw new NotDirectoryException(root.toString());
    }
    if (!Files.isReadable(this.root)) {
      throw new AccessDeniedException(root.toString());
    }
  }

  @Override
  public Resource find(final RequestHead request) {
    final RequestTarget target = RequestTarget.parse(request.target());
    if (target == null) {
      return Resource.refusal(400);
    }
    try {
      return find(target);
    } catch (final AccessDeniedException e) {
      return Resource.refusal(403);
    } catch (final IOException | InvalidPathException e) {
      // Not there, a loop of links, a name too long or not a name in this machine's character set.
      return Resource.refusal(404);
    }
  }

  private Resource find(final RequestTarget target) throws IOException {
    final Path place = inside(root.resolve(String.join("/", target.segments())));
    if (place == null) {
      return Resource.refusal(404);
    }
    final BasicFileAttributes attributes = attributes(place);
    if (attributes.isRegularFile() && !target.directory()) {
      return file(place, attributes);
    }
    if (!attributes.isDirectory()) {
      // Opening a pipe or a device would block, or worse.
      return Resource.refusal(404);
    }
    return target.directory() ? directory(place, target) : Resource.elsewhere(target.asDirectory());
  }

  private Resource directory(final Path place, final RequestTarget target) throws IOException {
    if (Files.exists(place.resolve(INDEX))) {
      final Path index = inside(place.resolve(INDEX));
      if (index != null && Files.isRegularFile(index)) {
        return file(index, attributes(index));
      }
    }
    try {
      return Resource.page(ContentType.HTML, DirectoryListing.html(target, place));
    } catch (final DirectoryIteratorException e) {
      return Resource.refusal(500);
    } catch (final IOException e) {
      return notOpened(e);
    }
  }

  private Resource file(final Path place, final BasicFileAttributes attributes) {
    final FileContent content;
    try {
      content = files.open(place);
    } catch (final IOException e) {
      return notOpened(e);
    }
    if (content == null) {
      return Resource.refusal(503);
    }
    final Path name = place.getFileName();
    return Resource.dated(
        ContentType.of(name == null ? "" : name.toString()),
        content,
        attributes.lastModifiedTime().to(TimeUnit.SECONDS));
  }

  /**
   * What was there a moment ago can't be opened. Unless it has gone since, or was never for us, it
   * is not the request's fault but the machine's, which has no descriptor left (EMFILE, ENFILE) or
   * no memory: another time it may work.
   */
  private static Resource notOpened(final IOException reason) {
    if (reason instanceof AccessDeniedException) {
      return Resource.refusal(403);
    }
    final boolean gone =
        reason instanceof NoSuchFileException || reason instanceof NotDirectoryException;
    return Resource.refusal(gone ? 404 : 503);
  }

  /** The real place of {@code path}, or null when that is outside the root. */
  private @Nullable Path inside(final Path path) throws IOException {
    final Path real = path.toRealPath();
    return real.startsWith(root) ? real : null;
  }

  private static BasicFileAttributes attributes(final Path place) throws IOException {
    return Files.readAttributes(place, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }
}
