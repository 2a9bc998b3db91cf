package io.ustack.apps.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The kernel's sockets, through a NIO selector: what a Java program without this stack would use.
 */
final class NioSockets implements Sockets {
  private static final int BACKLOG = 4096;

  private final String serverAddress;
  private final Selector selector;
  private final ArrayDeque<Integer> free = new ArrayDeque<>();
  private final Consumer<SelectionKey> collector = this::collect;
  private SelectionKey[] keys = new SelectionKey[64];
  private int[] ready = new int[64];
  private boolean[] writable = new boolean[64];
  private int used;
  private int readyCount;

  NioSockets(final String serverAddress) throws IOException {
    this.serverAddress = serverAddress;
    selector = Selector.open();
  }

  private int keep(final SelectableChannel channel, final int interest) throws IOException {
    channel.configureBlocking(false);
    final int descriptor = free.isEmpty() ? used++ : free.pop();
    if (descriptor == keys.length) {
      keys = Arrays.copyOf(keys, 2 * used);
      ready = Arrays.copyOf(ready, 2 * used);
      writable = Arrays.copyOf(writable, 2 * used);
    }
    keys[descriptor] = channel.register(selector, interest, descriptor);
    return descriptor;
  }

  @Override
  public int listen(final int port) {
    try {
      final ServerSocketChannel channel = ServerSocketChannel.open();
      channel.bind(new InetSocketAddress(port), BACKLOG);
      return keep(channel, SelectionKey.OP_ACCEPT);
    } catch (final IOException e) {
      throw failed("listen", e);
    }
  }

  @Override
  public int accept(final int listener) {
    try {
      final SocketChannel channel = ((ServerSocketChannel) keys[listener].channel()).accept();
      if (channel == null) {
        return AGAIN;
      }
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      return keep(channel, SelectionKey.OP_READ);
    } catch (final IOException e) {
      throw failed("accept", e);
    }
  }

  @Override
  public int connect(final int port) {
    try {
      final SocketChannel channel = SocketChannel.open();
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      // Else the JDK sends a FIN, read or unread, and the client runs out of ports in TIME_WAIT.
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      channel.configureBlocking(false);
      channel.connect(new InetSocketAddress(serverAddress, port));
      return keep(channel, SelectionKey.OP_CONNECT);
    } catch (final IOException e) {
      throw failed("connect", e);
    }
  }

  @Override
  public int await(final int timeoutMs) {
    readyCount = 0;
    try {
      if (timeoutMs == 0) {
        selector.selectNow(collector);
      } else {
        selector.select(collector, timeoutMs);
      }
    } catch (final IOException e) {
      throw failed("select", e);
    }
    return readyCount;
  }

  private void collect(final SelectionKey key) {
    if (key.isValid()) {
      if (key.isConnectable()) {
        finishConnect((SocketChannel) key.channel());
      }
      writable[readyCount] = key.isConnectable() || key.isWritable();
      ready[readyCount++] = (Integer) key.attachment();
    }
  }

  private static void finishConnect(final SocketChannel channel) {
    try {
      channel.finishConnect();
    } catch (final IOException e) {
      throw failed("connect", e);
    }
  }

  @Override
  public int ready(final int index) {
    return ready[index];
  }

  @Override
  public boolean isWritable(final int index) {
    return writable[index];
  }

  @Override
  public void expectToRead(final int descriptor) {
    keys[descriptor].interestOps(SelectionKey.OP_READ);
  }

  @Override
  public void expectToWrite(final int descriptor) {
    keys[descriptor].interestOps(SelectionKey.OP_WRITE);
  }

  @Override
  public int send(final int descriptor, final ByteBuffer from, final int lengthBytes) {
    try {
      final int sent = channel(descriptor).write(from.clear().limit(lengthBytes));
      return sent == 0 ? AGAIN : sent;
    } catch (final IOException e) {
      return 0; // reset, or the peer has closed
    }
  }

  @Override
  public int receive(final int descriptor, final ByteBuffer into, final int maxBytes) {
    try {
      final int received = channel(descriptor).read(into.clear().limit(maxBytes));
      return received == 0 ? AGAIN : Math.max(0, received);
    } catch (final IOException e) {
      return 0; // reset: how the other end closes with unread data
    }
  }

  private SocketChannel channel(final int descriptor) {
    return (SocketChannel) keys[descriptor].channel();
  }

  @Override
  public void close(final int descriptor) {
    try {
      keys[descriptor].channel().close();
    } catch (final IOException e) {
      throw failed("close", e);
    }
    free.push(descriptor);
  }

  @Override
  public void close() {
    try {
      for (final SelectionKey key : selector.keys()) {
        key.channel().close();
      }
      selector.close();
    } catch (final IOException e) {
      throw failed("close", e);
    }
  }

  private static IllegalStateException failed(final String call, final IOException cause) {
    return new IllegalStateException(call + ": " + cause.getMessage(), cause);
  }
}
