package io.ustack.apps.resp;

import io.ustack.apps.resp.Value.Items;
import java.util.Deque;
import java.util.Iterator;

/** Lists. */
final class ListCommands {
  private final Keyspace keys;

  private ListCommands(final Keyspace keys) {
    this.keys = keys;
  }

  static void addTo(final CommandTable table, final Keyspace keys) {
    final ListCommands commands = new ListCommands(keys);
    table.addStoring("lpush", -3, (request, reply) -> commands.push(request, true, reply));
    table.addStoring("rpush", -3, (request, reply) -> commands.push(request, false, reply));
    table.add("lpop", -2, (request, reply) -> commands.pop(request, true, reply));
    table.add("rpop", -2, (request, reply) -> commands.pop(request, false, reply));
    table.add("llen", 2, commands::length);
    table.add("lrange", 4, commands::range);
  }

  private void push(final RespRequest request, final boolean left, final RespReply reply) {
    final Items list = keys.obtain(request.key(1), Items.class, Items::new);
    for (int i = 2; i < request.words(); i++) {
      final byte[] item = request.bytes(i);
      keys.charge(list, item.length + Keyspace.ENTRY_BYTES);
      if (left) {
        list.items.addFirst(item);
      } else {
        list.items.addLast(item);
      }
    }
    reply.integer(list.items.size());
  }

  private void pop(final RespRequest request, final boolean left, final RespReply reply) {
    if (request.words() > 3) {
      throw RespException.error("wrong number of arguments for '" + request.name() + "' command");
    }
    final boolean counted = request.words() == 3;
    final long wanted = counted ? request.integer(2) : 1;
    if (wanted < 0) {
      throw RespException.error("value is out of range, must be positive");
    }
    final Bytes key = request.key(1);
    final Items list = keys.find(key, Items.class);
    if (list == null) {
      if (counted) {
        reply.noArray();
      } else {
        reply.nothing();
      }
      return;
    }
    final Deque<byte[]> items = list.items;
    final int count = (int) Math.min(wanted, items.size());
    if (counted) {
      reply.array(count);
    }
    for (int i = 0; i < count; i++) {
      final byte[] item = left ? items.removeFirst() : items.removeLast();
      keys.charge(list, -item.length - Keyspace.ENTRY_BYTES);
      reply.bulk(item);
    }
    keys.trim(key, list);
  }

  private void length(final RespRequest request, final RespReply reply) {
    final Items list = keys.find(request.key(1), Items.class);
    reply.integer(list == null ? 0 : list.items.size());
  }

  private void range(final RespRequest request, final RespReply reply) {
    final long first = request.integer(2);
    final long last = request.integer(3);
    final Items list = keys.find(request.key(1), Items.class);
    final int size = list == null ? 0 : list.items.size();
    final long from = Math.max(0, first < 0 ? first + size : first);
    final long to = Math.min(size - 1, last < 0 ? last + size : last);
    if (list == null || from > to) {
      reply.array(0);
      return;
    }
    reply.array((int) (to - from + 1));
    final Iterator<byte[]> items = list.items.iterator();
    for (long i = 0; i <= to; i++) {
      final byte[] item = items.next();
      if (i >= from) {
        reply.bulk(item);
      }
    }
  }
}
