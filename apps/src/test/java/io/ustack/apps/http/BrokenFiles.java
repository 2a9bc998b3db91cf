package io.ustack.apps.http;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** This machine's files, of which some can't be had when a test says so. */
final class BrokenFiles extends FileSystemProvider {
  /** What opening a file or a directory throws, or null. */
  IOException opening;

  /** What reading a directory throws once it is open, or null. */
  IOException listing;

  private final FileSystem system = new Root();

  /** The same place, seen through these. */
  Path of(final Path real) {
    return (Path)
        Proxy.newProxyInstance(
            Seen.class.getClassLoader(),
            new Class<?>[] {Seen.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("real")) {
                return real;
              }
              if (method.getName().equals("getFileSystem")) {
                return system;
              }
              try {
                final Object[] bare = arguments == null ? new Object[0] : arguments.clone();
                for (int i = 0; i < bare.length; i++) {
                  bare[i] = bare[i] instanceof Seen seen ? seen.real() : bare[i];
                }
                final Object result = method.invoke(real, bare);
                return result instanceof Path path ? of(path) : result;
              } catch (final InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** A path of these files, which knows what it stands for. */
  interface Seen extends Path {
    Path real();
  }

  private static Path real(final Path path) {
    return path instanceof Seen seen ? seen.real() : path;
  }

  @Override
  public FileChannel newFileChannel(
      final Path path, final Set<? extends OpenOption> options, final FileAttribute<?>... more)
      throws IOException {
    if (opening != null) {
      throw opening;
    }
    return FileChannel.open(real(path), options, more);
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      final Path path, final DirectoryStream.Filter<? super Path> filter) throws IOException {
    if (opening != null) {
      throw opening;
    }
    final Path real = real(path);
    return listing == null
        ? real.getFileSystem().provider().newDirectoryStream(real, filter)
        : new BrokenStream();
  }

  private final class BrokenStream implements DirectoryStream<Path> {
    @Override
    public Iterator<Path> iterator() {
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          throw new DirectoryIteratorException(listing);
        }

        @Override
        public Path next() {
          throw new DirectoryIteratorException(listing);
        }
      };
    }

    @Override
    public void close() {}
  }

  @Override
  public <A extends BasicFileAttributes> A readAttributes(
      final Path path, final Class<A> type, final LinkOption... options) throws IOException {
    return Files.readAttributes(real(path), type, options);
  }

  @Override
  public void checkAccess(final Path path, final AccessMode... modes) throws IOException {
    final Path real = real(path);
    real.getFileSystem().provider().checkAccess(real, modes);
  }

  @Override
  public String getScheme() {
    return "broken";
  }

  @Override
  public FileSystem newFileSystem(final URI uri, final Map<String, ?> environment) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileSystem getFileSystem(final URI uri) {
    return system;
  }

  @Override
  public Path getPath(final URI uri) {
    throw new UnsupportedOperationException();
  }

  @Override
  public SeekableByteChannel newByteChannel(
      final Path path, final Set<? extends OpenOption> options, final FileAttribute<?>... more) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void createDirectory(final Path path, final FileAttribute<?>... attributes) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void delete(final Path path) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void copy(final Path from, final Path to, final CopyOption... options) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void move(final Path from, final Path to, final CopyOption... options) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isSameFile(final Path one, final Path other) throws IOException {
    return Files.isSameFile(real(one), real(other));
  }

  @Override
  public boolean isHidden(final Path path) {
    return false;
  }

  @Override
  public FileStore getFileStore(final Path path) {
    throw new UnsupportedOperationException();
  }

  @Override
  public <V extends FileAttributeView> V getFileAttributeView(
      final Path path, final Class<V> type, final LinkOption... options) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Map<String, Object> readAttributes(
      final Path path, final String attributes, final LinkOption... options) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setAttribute(
      final Path path, final String attribute, final Object value, final LinkOption... options) {
    throw new UnsupportedOperationException();
  }

  /** Leads to the provider and nowhere else. */
  private final class Root extends FileSystem {
    @Override
    public FileSystemProvider provider() {
      return BrokenFiles.this;
    }

    @Override
    public void close() {}

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public boolean isReadOnly() {
      return true;
    }

    @Override
    public String getSeparator() {
      return "/";
    }

    @Override
    public Iterable<Path> getRootDirectories() {
      return List.of();
    }

    @Override
    public Iterable<FileStore> getFileStores() {
      return List.of();
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
      return Set.of("basic");
    }

    @Override
    public Path getPath(final String first, final String... more) {
      return of(Path.of(first, more));
    }

    @Override
    public PathMatcher getPathMatcher(final String pattern) {
      throw new UnsupportedOperationException();
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
      throw new UnsupportedOperationException();
    }

    @Override
    public WatchService newWatchService() {
      throw new UnsupportedOperationException();
    }
  }
}
