package io.ustack.apps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.echo.EchoServer;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class EventLoopTest {
  /** A server whose stack is gone must not turn in an empty loop. */
  @Test
  void endsWithItsStack() throws IOException {
    try (TwoHosts hosts = new TwoHosts()) {
      final EventLoop loop = new EventLoop(hosts.serverPosix(), hosts.clock());
      final EchoServer server =
          new EchoServer(hosts.serverPosix(), loop, ConnectionLimits.USUAL, 7);
      assertEquals(0, loop.step(0));
      hosts.serverStack().close();
      final Exception end = assertThrows(IllegalStateException.class, () -> loop.step(1000));
      assertEquals("epoll_wait: EIO", end.getMessage());
      server.close();
    }
  }

  @Test
  void isNotEndedByAnInterrupt() {
    try (TwoHosts hosts = new TwoHosts()) {
      final EventLoop loop = new EventLoop(hosts.serverPosix(), hosts.clock());
      Thread.currentThread().interrupt();
      assertEquals(0, loop.step(1000));
      assertTrue(Thread.interrupted());
    }
  }
}
