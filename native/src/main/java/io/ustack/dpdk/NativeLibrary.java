package io.ustack.dpdk;

import com.sun.jna.Native;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Finds and loads the C shim: where the system property {@value #PROPERTY} says, else beside the
 * classes (a build tree), else out of the jar by way of a temporary file that is gone once it is
 * loaded.
 */
final class NativeLibrary {
  static final String PROPERTY = "ustack.native.library";

  private static final String FILE = "libustack.so";
  private static final int ABI = 5;

  private static boolean loaded;

  private NativeLibrary() {}

  /** Loads the library once; later calls do nothing. */
  static synchronized void load() throws DpdkException {
    if (loaded) {
      return;
    }
    final String path = System.getProperty(PROPERTY);
    if (path != null) {
      bind(Path.of(path).toAbsolutePath());
    } else {
      loadResource();
    }
    final int abi = DpdkCalls.ustack_layout(0);
    if (abi != ABI) {
      throw new DpdkException(
          FILE + " is of another build (ABI " + abi + ", wanted " + ABI + "): build again");
    }
    loaded = true;
  }

  private static void loadResource() throws DpdkException {
    final URL url = NativeLibrary.class.getResource(FILE);
    if (url == null) {
      throw new DpdkException(
          "the native library was not built: run dpdk-setup/install.sh and build again, or name it"
              + " with -D"
              + PROPERTY
              + "=FILE");
    }
    try {
      if (url.getProtocol().equals("file")) {
        bind(Path.of(url.toURI()));
        return;
      }
      final Path copy = Files.createTempFile("ustack", ".so");
      try (InputStream in = url.openStream()) {
        Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
        bind(copy);
      } finally {
        // What is mapped needs no name: not even a killed process leaves the file behind.
        Files.delete(copy);
      }
    } catch (final IOException | URISyntaxException e) {
      throw new DpdkException("the native library can't be unpacked: " + e);
    }
  }

  private static void bind(final Path file) throws DpdkException {
    if (!Files.isReadable(file)) {
      throw new DpdkException("no native library at " + file + " (-D" + PROPERTY + ")");
    }
    try {
      System.load(file.toString());
      Native.register(DpdkCalls.class, file.toString());
    } catch (final UnsatisfiedLinkError e) {
      throw new DpdkException(explain(file, String.valueOf(e.getMessage())));
    }
  }

  private static String explain(final Path file, final String reason) {
    if (reason.contains("librte_")) {
      final int at = reason.indexOf("librte_");
      final int colon = reason.indexOf(':', at);
      return "DPDK is not installed, "
          + reason.substring(at, colon < 0 ? reason.length() : colon)
          + " is missing: run dpdk-setup/install.sh (Debian: apt-get install dpdk libdpdk-dev)";
    }
    return "the native library can't be loaded from " + file + ": " + reason.replace('\n', ' ');
  }
}
