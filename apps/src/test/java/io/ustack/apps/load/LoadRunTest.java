package io.ustack.apps.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventLoop;
import io.ustack.apps.TwoHosts;
import io.ustack.apps.echo.EchoServer;
import io.ustack.counter.Counter;
import io.ustack.posix.Epoll;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A load on one host of two, on a manual clock. */
final class LoadRunTest {
  private static final int PORT = 7;
  private static final long MS = 1_000_000;
  private static final long SECOND = 1000 * MS;

  private final TwoHosts hosts = new TwoHosts();
  private final EventLoop loop = new EventLoop(hosts.peerPosix(), hosts.clock());
  private EventLoop server;
  private boolean serverSleeps;
  private final List<Integer> accepted = new ArrayList<>();

  @AfterEach
  void close() {
    loop.close();
    hosts.close();
  }

  private void echo() throws IOException {
    server = new EventLoop(hosts.serverPosix(), hosts.clock());
    new EchoServer(hosts.serverPosix(), server, new ConnectionLimits(1000, 1000 * SECOND), PORT);
    hosts.serve(
        () -> {
          if (!serverSleeps) {
            server.step(0);
          }
        });
  }

  static LoadPlan plan(
      final LoadPlan.Kind kind, final int connections, final long requests, final long durationNs) {
    return new LoadPlan(
        kind,
        TwoHosts.SERVER_ADDRESS,
        PORT,
        connections,
        requests,
        durationNs,
        0,
        ByteBuffer.allocateDirect(64),
        64,
        5 * SECOND);
  }

  private static LoadPlan atRate(final LoadPlan plan, final double rate) {
    return new LoadPlan(
        plan.kind(),
        plan.address(),
        plan.port(),
        plan.connections(),
        plan.requests(),
        plan.durationNs(),
        rate,
        plan.request(),
        plan.answerBytes(),
        plan.timeoutNs());
  }

  private LoadTally run(final LoadPlan plan) {
    return run(plan, () -> {});
  }

  private LoadTally run(final LoadPlan plan, final Runnable eachTurn) {
    try (LoadRun run = new LoadRun(hosts.peerPosix(), loop, plan, hosts.clock())) {
      hosts.until(
          () -> {
            eachTurn.run();
            run.step(0);
            return run.isOver();
          });
      return run.tally();
    }
  }

  @Test
  void asksUntilSoManyAreAnswered() throws IOException {
    echo();
    final LoadTally tally = run(plan(LoadPlan.Kind.RR, 8, 1000, 0));
    assertEquals(1000, tally.successes());
    assertEquals(0, tally.failures());
    assertTrue(tally.isGood());
    assertTrue(tally.line(false).startsWith("success 1000, failed 0, time 0."), tally.line(false));
  }

  @Test
  void asksUntilTimeIsUp() throws IOException {
    echo();
    final long beforeNs = hosts.clock().nanoTime();
    final LoadTally tally = run(plan(LoadPlan.Kind.RR, 1, 0, 50 * MS));
    final long tookNs = hosts.clock().nanoTime() - beforeNs;
    assertTrue(tookNs >= 50 * MS && tookNs < 60 * MS, "took " + tookNs);
    assertTrue(tally.successes() > 100, tally.line(false));
  }

  @Test
  void aRequestOfManySegmentsGoesAndComesInPieces() throws IOException {
    echo();
    final LoadPlan plan =
        new LoadPlan(
            LoadPlan.Kind.RR,
            TwoHosts.SERVER_ADDRESS,
            PORT,
            2,
            6,
            0,
            0,
            ByteBuffer.allocateDirect(1 << 20),
            1 << 20,
            30 * SECOND);
    assertEquals(6, run(plan).successes());
  }

  @Test
  void whereNobodyListensItEndsAndSaysSo() {
    hosts.serve(hosts.serverPosix()::poll);
    final LoadTally tally = run(plan(LoadPlan.Kind.RR, 3, 0, SECOND));
    assertEquals(3, tally.failures());
    assertFalse(tally.isGood());
    assertTrue(tally.line(false).endsWith("(failed: 3 x ECONNREFUSED)"), tally.line(false));
  }

  @Test
  void jsonSaysWhatWasAskedOfWhomAndWhatFailedWhy() {
    hosts.serve(hosts.serverPosix()::poll);
    final LoadPlan plan = plan(LoadPlan.Kind.BULK_DOWN, 3, 0, SECOND);
    final String json = run(plan).json(plan);
    assertTrue(json.startsWith("{\"success\":0,\"failed\":3,\"notBegun\":0,\"bytes\":0,"), json);
    assertTrue(
        json.contains(
            "\"kind\":\"bulk-down\",\"server\":\"10.99.0.2:7\",\"failures\":{\"ECONNREFUSED\":3}"),
        json);
  }

  @Test
  void connectionsThatAreRefusedAreRequestsThatFailed() {
    hosts.serve(hosts.serverPosix()::poll);
    final long beforeNs = hosts.clock().nanoTime();
    final LoadTally tally = run(plan(LoadPlan.Kind.CPS, 2, 10, 0));
    assertEquals(10, tally.failures());
    assertEquals(0, tally.successes());
    final long tookNs = hosts.clock().nanoTime() - beforeNs;
    assertTrue(tookNs >= 400 * MS, "five attempts each, with rests of 100 ms: " + tookNs);
  }

  /** A server that does so with each connection, each time that it can be read or written. */
  private void serve(final int events, final IntConsumer ready) {
    final Posix posix = hosts.serverPosix();
    server = new EventLoop(posix, hosts.clock());
    final int listener =
        posix.socket(
            SocketOption.AF_INET, SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK, 0);
    assertEquals(0, posix.bind(listener, 0, PORT));
    assertEquals(0, posix.listen(listener, 100));
    server.add(
        listener,
        Epoll.EPOLLIN,
        (accepted, nowNs) -> {
          final int fd = posix.accept4(listener, null, SocketOption.SOCK_NONBLOCK);
          this.accepted.add(fd);
          server.add(fd, events, (bits, thenNs) -> ready.accept(fd));
        });
    hosts.serve(() -> server.step(0));
  }

  /** Answers twice per connection, then closes it. */
  private void answerTwice() {
    final byte[] bytes = new byte[64];
    final Map<Integer, Integer> answered = new HashMap<>();
    serve(
        Epoll.EPOLLIN,
        fd -> {
          if (hosts.serverPosix().recv(fd, bytes, 0, 64, 0) <= 0
              || answered.merge(fd, 1, Integer::sum) == 3) {
            answered.remove(fd);
            server.close(fd);
          } else {
            hosts.serverPosix().send(fd, bytes, 0, 64, 0);
          }
        });
  }

  @Test
  void aConnectionThatTheServerClosesIsOpenedAnew() {
    answerTwice();
    final LoadTally tally = run(plan(LoadPlan.Kind.RR, 1, 9, 0));
    assertEquals(6, tally.successes());
    assertEquals(3, tally.failures());
    assertTrue(tally.line(false).endsWith("(failed: 3 x closed by the server)"), tally.line(false));
  }

  /** Of four connections one works; the others are refused, or closed while it does. */
  @Test
  void successesAndFailuresAreAsManyAsWereToBe() {
    final byte[] bytes = new byte[64];
    final int[] first = {-1};
    serve(
        Epoll.EPOLLIN,
        fd -> {
          first[0] = first[0] < 0 ? fd : first[0];
          if (hosts.serverPosix().recv(fd, bytes, 0, 64, 0) <= 0 || fd != first[0]) {
            server.close(fd);
          } else {
            hosts.serverPosix().send(fd, bytes, 0, 64, 0);
          }
        });
    for (final int requests : new int[] {3, 4, 5, 20}) {
      first[0] = -1;
      final LoadTally tally = run(plan(LoadPlan.Kind.RR, 4, requests, 0));
      assertTrue(tally.failures() > 0, tally.line(false));
      assertEquals(requests, tally.successes() + tally.failures(), tally.line(false));
    }
  }

  /** The time is up, the third and last request has no answer yet, and the other one is closed. */
  @Test
  void whoIsLostWhenNothingCanBeginAnyMoreHasNotFailed() {
    final byte[] bytes = new byte[64];
    final List<Integer> asked = new ArrayList<>();
    serve(
        Epoll.EPOLLIN,
        fd -> {
          if (hosts.serverPosix().recv(fd, bytes, 0, 64, 0) == 64) {
            asked.add(fd);
            if (asked.size() < 3) {
              hosts.serverPosix().send(fd, bytes, 0, 64, 0);
            }
          }
        });
    final long beginNs = hosts.clock().nanoTime();
    final boolean[] closed = {false};
    final LoadTally tally =
        run(
            atRate(plan(LoadPlan.Kind.RR, 2, 0, 120 * MS), 20),
            () -> {
              final long elapsedNs = hosts.clock().nanoTime() - beginNs;
              if (!closed[0] && elapsedNs > 200 * MS) {
                closed[0] = true;
                server.close(asked.get(1));
              }
              if (closed[0] && elapsedNs > 300 * MS && asked.size() == 3) {
                hosts.serverPosix().send(asked.get(2), bytes, 0, 64, 0);
                asked.add(0); // once
              }
            });
    assertEquals(3, tally.successes(), tally.line(false));
    assertEquals(0, tally.failures(), tally.line(false));
  }

  @Test
  void connectionsThatAreRefusedCountAsRequestsAsLongAsOneIsLeft() {
    hosts.serve(hosts.serverPosix()::poll);
    assertEquals(2, run(plan(LoadPlan.Kind.RR, 5, 2, 0)).failures());
  }

  /** The last request is under way when the connections that have none are lost. */
  @Test
  void aConnectionThatIsLostWhenAllHasBegunDoesNotCount() {
    final byte[] bytes = new byte[64];
    final List<Integer> silent = new ArrayList<>();
    final int[] asked = {-1};
    serve(
        Epoll.EPOLLIN,
        fd -> {
          if (hosts.serverPosix().recv(fd, bytes, 0, 64, 0) <= 0) {
            server.close(fd);
            return;
          }
          asked[0] = fd;
          accepted.stream().filter(other -> other != fd).forEach(server::close);
          accepted.clear();
          silent.add(fd);
        });
    final int[] turns = {0};
    final LoadTally tally =
        run(
            plan(LoadPlan.Kind.RR, 4, 1, 0),
            () -> {
              if (!silent.isEmpty() && ++turns[0] == 100) {
                hosts.serverPosix().send(asked[0], bytes, 0, 64, 0);
              }
            });
    assertEquals("success 1, failed 0", tally.line(false).substring(0, 19));
  }

  private void answer(final int bytes) {
    final byte[] any = new byte[200];
    serve(
        Epoll.EPOLLIN,
        fd -> {
          if (hosts.serverPosix().recv(fd, any, 0, 200, 0) <= 0) {
            server.close(fd);
          } else {
            hosts.serverPosix().send(fd, any, 0, bytes, 0);
          }
        });
  }

  @Test
  void anAnswerThatIsTooLongHasFailed() {
    answer(65);
    for (final LoadPlan.Kind kind : List.of(LoadPlan.Kind.RR, LoadPlan.Kind.CPS)) {
      final LoadTally tally = run(plan(kind, 2, 20, 0));
      assertEquals(0, tally.successes());
      assertTrue(
          tally.line(false).endsWith("(failed: 20 x more than an answer)"), tally.line(false));
    }
  }

  /** Of an open loop: nothing is under way when it comes. */
  @Test
  void whatComesAfterAnAnswerHasFailedToo() {
    answerAndSendOneMore();
    final LoadTally tally = run(atRate(plan(LoadPlan.Kind.RR, 1, 10, 0), 1000));
    assertEquals(10, tally.successes() + tally.failures());
    assertTrue(tally.line(false).endsWith(" x more than an answer)"), tally.line(false));
  }

  private void answerAndSendOneMore() {
    final byte[] any = new byte[200];
    final int[] late = {-1, 0};
    serve(
        Epoll.EPOLLIN,
        fd -> {
          if (hosts.serverPosix().recv(fd, any, 0, 200, 0) <= 0) {
            server.close(fd);
          } else {
            hosts.serverPosix().send(fd, any, 0, 64, 0);
            late[0] = fd;
            late[1] = 10;
          }
        });
    hosts.serve(
        () -> {
          server.step(0);
          if (late[1] > 0 && --late[1] == 0) {
            hosts.serverPosix().send(late[0], any, 0, 1, 0);
          }
        });
  }

  /** A server that answers with the first byte and reads the rest later. */
  @Test
  void theNextRequestWaitsUntilTheLastHasLeft() {
    final byte[] some = new byte[10_000];
    final Map<Integer, Integer> read = new HashMap<>();
    final int requestBytes = 1 << 20;
    final long[] all = {0};
    serve(
        Epoll.EPOLLIN,
        fd -> {
          final int count = hosts.serverPosix().recv(fd, some, 0, some.length, 0);
          if (count <= 0) {
            server.close(fd);
            return;
          }
          all[0] += count;
          final int before = read.getOrDefault(fd, 0);
          if (before == 0 || before + count > requestBytes) {
            hosts.serverPosix().send(fd, some, 0, 1, 0);
          }
          read.put(fd, (before + count) % requestBytes);
        });
    final LoadTally tally =
        run(
            new LoadPlan(
                LoadPlan.Kind.RR,
                TwoHosts.SERVER_ADDRESS,
                PORT,
                1,
                5,
                0,
                0,
                ByteBuffer.allocateDirect(requestBytes),
                1,
                30 * SECOND));
    hosts.pass(SECOND);
    assertEquals(5, tally.successes(), tally.line(false));
    assertTrue(all[0] > 4L * requestBytes, "whole requests: " + all[0]);
  }

  @Test
  void whatIsNotAnsweredInTimeHasFailed() throws IOException {
    echo();
    final long beginNs = hosts.clock().nanoTime();
    final LoadTally tally =
        run(
            plan(LoadPlan.Kind.RR, 2, 100, 0),
            () -> {
              final long intoNs = hosts.clock().nanoTime() - beginNs;
              serverSleeps = intoNs > MS / 2 && intoNs < 6 * SECOND;
            });
    assertEquals(98, tally.successes());
    assertTrue(tally.line(false).endsWith("(failed: 2 x timeout)"), tally.line(false));
  }

  @Test
  void connectionsLeaveNothingBehind() throws IOException {
    echo();
    final LoadTally tally = run(plan(LoadPlan.Kind.CPS, 4, 200, 0));
    assertEquals(200, tally.successes());
    assertTrue(tally.isGood());
    hosts.pass(SECOND);
    assertEquals(0, hosts.serverStack().tcp().connections());
    assertEquals(0, hosts.peerStack().tcp().connections(), "TIME_WAIT at who closes");
  }

  @Test
  void streamsUp() throws IOException {
    echo();
    final LoadTally tally = run(plan(LoadPlan.Kind.BULK, 2, 0, 20 * MS));
    assertTrue(tally.bytes() > 100_000, tally.line(true));
    assertTrue(tally.isGood());
  }

  /** Accepts, and reads no more than that of a connection. */
  private long[] readAtMost(final int most, final boolean thenClose) {
    final byte[] bytes = new byte[10_000];
    final long[] read = {0};
    serve(
        Epoll.EPOLLIN,
        fd -> {
          if (read[0] < most) {
            read[0] += Math.max(0, hosts.serverPosix().recv(fd, bytes, 0, bytes.length, 0));
          } else if (thenClose) {
            server.close(fd); // with unread bytes: a reset
          }
        });
    return read;
  }

  @Test
  void streamsUpCountWhatWasAcknowledged() {
    final long[] read = readAtMost(20_000, false);
    final LoadTally tally = run(plan(LoadPlan.Kind.BULK, 1, 0, 20 * MS));
    final int fd = accepted.get(0);
    final long there = read[0] + hosts.serverPosix().ioctl(fd, SocketOption.FIONREAD, 0);
    assertEquals(there, tally.bytes());
  }

  @Test
  void whatAResetForgetsWasNotDelivered() {
    readAtMost(20_000, true);
    final LoadTally tally = run(plan(LoadPlan.Kind.BULK, 1, 0, 5 * MS));
    assertTrue(tally.failures() > 0, tally.line(true));
    assertTrue(tally.bytes() > 0 && tally.bytes() <= arrived(), tally.line(true));
  }

  private long arrived() {
    return hosts.serverStack().counters().value(Counter.TCP_SEGMENTS_IN) * 1460;
  }

  @Test
  void streamsDown() {
    final byte[] bytes = new byte[10_000];
    final long[] sent = {0};
    serve(
        Epoll.EPOLLOUT,
        fd -> sent[0] += Math.max(0, hosts.serverPosix().send(fd, bytes, 0, bytes.length, 0)));
    final LoadTally tally = run(plan(LoadPlan.Kind.BULK_DOWN, 2, 0, 20 * MS));
    assertTrue(tally.bytes() > 100_000 && tally.bytes() <= sent[0], tally.line(true));
    assertTrue(tally.isGood());
  }

  @Test
  void aStallIsInTheLatencyOfAllThatWasDueMeanwhile() throws IOException {
    echo();
    final long stallNs = hosts.clock().nanoTime() + 200 * MS;
    final LoadTally tally =
        run(
            atRate(plan(LoadPlan.Kind.RR, 1, 0, SECOND), 1000),
            () -> {
              final long intoNs = hosts.clock().nanoTime() - stallNs;
              serverSleeps = intoNs >= 0 && intoNs < 500 * MS;
            });
    assertEquals(1000, tally.successes());
    assertTrue(tally.us(100) > 490_000, tally.line(false));
    assertTrue(tally.us(75) > 200_000, "half of all waited: " + tally.line(false));
    assertTrue(tally.us(25) < 1_000, tally.line(false));
  }

  @Test
  void aServerThatDoesNotKeepUpIsNamed() throws IOException {
    echo();
    final LoadTally tally = run(atRate(plan(LoadPlan.Kind.RR, 1, 0, 50 * MS), 1_000_000));
    assertTrue(tally.unsent() > 10_000, tally.line(false));
    assertFalse(tally.isGood());
    assertTrue(tally.line(false).contains("NOT BEGUN " + tally.unsent()), tally.line(false));
  }

  @Test
  void threadsShareAll() {
    final LoadPlan plan = atRate(plan(LoadPlan.Kind.RR, 10, 101, 0), 300);
    int connections = 0;
    long requests = 0;
    for (int i = 0; i < 3; i++) {
      final LoadPlan share = plan.share(i, 3);
      connections += share.connections();
      requests += share.requests();
      assertTrue(share.connections() >= 3 && share.requests() >= 33, share.toString());
      assertEquals(100, share.ratePerSecond());
    }
    assertEquals(10, connections);
    assertEquals(101, requests);
  }
}
