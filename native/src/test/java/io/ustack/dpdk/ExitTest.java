package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A JVM that ends in the middle of the traffic ends quietly. */
@Tag("live")
class ExitTest {
  private static final int PORTS = 2;

  @TempDir Path directory;

  /** Runs frames over one port per thread and leaves, or waits to be killed. */
  public static void main(final String[] arguments) throws Exception {
    final DpdkEal eal =
        DpdkEal.start(
            List.of("--no-huge", "-m", "128", "-l", "0,1", "--vdev=net_null0", "--vdev=net_null1"));
    final CountDownLatch running = new CountDownLatch(PORTS);
    for (int i = 0; i < PORTS; i++) {
      final Transport transport = i == 0 ? Transport.DIRECT : Transport.RING;
      final DpdkPort port =
          DpdkPort.open(
              eal,
              PortConfig.of("net_null" + i).withTransport(transport).withSizes(256, 256, 4095));
      final Thread thread = new Thread(() -> circulate(port.link(0), running), "circulate-" + i);
      thread.setDaemon(true);
      thread.start();
    }
    running.await();
    System.out.println("running");
    if (arguments[0].equals("return")) {
      return;
    }
    if (arguments[0].equals("exit")) {
      System.exit(7);
    }
    Thread.sleep(Long.MAX_VALUE);
  }

  private static void circulate(final DpdkLink link, final CountDownLatch running) {
    final Packet[] frames = new Packet[32];
    for (long bursts = 0; ; bursts++) {
      final int count = link.receive(frames, frames.length, 0);
      final int sent = link.transmit(frames, count, 0);
      for (int i = sent; i < count; i++) {
        frames[i].release();
      }
      if (bursts == 1000) {
        running.countDown();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"return", "exit", "terminate"})
  void endsQuietly(final String way) throws IOException, InterruptedException {
    for (int round = 0; round < 5; round++) {
      final Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx128m",
                  "-cp",
                  System.getProperty("java.class.path"),
                  ExitTest.class.getName(),
                  way)
              .directory(directory.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      final byte[] said = process.getInputStream().readNBytes("running\n".length());
      assertEquals("running\n", new String(said, StandardCharsets.UTF_8));
      if (way.equals("terminate")) {
        process.destroy();
      }
      assertTrue(process.waitFor(30, TimeUnit.SECONDS), "still running after " + way);
      final int expected = way.equals("return") ? 0 : way.equals("exit") ? 7 : 128 + 15;
      assertEquals(expected, process.exitValue());
    }
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(List.of(), left.toList()); // no crash report
    }
  }
}
