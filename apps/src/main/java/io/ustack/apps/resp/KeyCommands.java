package io.ustack.apps.resp;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Strings, keys in general, and what clients ask of the server itself. */
final class KeyCommands {
  private final Keyspace keys;

  private KeyCommands(final Keyspace keys) {
    this.keys = keys;
  }

  static void addTo(final CommandTable table, final Keyspace keys) {
    final KeyCommands commands = new KeyCommands(keys);
    table.add("ping", -1, KeyCommands::ping);
    table.add("echo", 2, (request, reply) -> reply.bulk(request.bytes(1)));
    table.add("select", 2, KeyCommands::select);
    table.add("config", -2, KeyCommands::config);
    table.add("command", -1, (request, reply) -> command(table, request, reply));
    table.add("client", -2, (request, reply) -> reply.simple("OK"));
    table.add("dbsize", 1, (request, reply) -> reply.integer(keys.size()));
    table.add("flushall", -1, commands::flush);
    table.add("flushdb", -1, commands::flush);
    table.add("del", -2, commands::del);
    table.add("exists", -2, commands::exists);
    table.addStoring("set", -3, commands::set);
    table.add("get", 2, commands::get);
    table.addStoring("mset", -3, commands::mset);
    table.add("mget", -2, commands::mget);
    table.add("strlen", 2, commands::strlen);
    table.addStoring("incr", 2, (request, reply) -> commands.add(request, 1, reply));
    table.addStoring("decr", 2, (request, reply) -> commands.add(request, -1, reply));
    table.addStoring(
        "incrby", 3, (request, reply) -> commands.add(request, request.integer(2), reply));
  }

  private static void ping(final RespRequest request, final RespReply reply) {
    if (request.words() > 2) {
      throw RespException.error("wrong number of arguments for 'ping' command");
    }
    if (request.words() == 2) {
      reply.bulk(request.bytes(1));
    } else {
      reply.simple("PONG");
    }
  }

  private static void select(final RespRequest request, final RespReply reply) {
    if (request.integer(1) != 0) {
      throw RespException.error("DB index is out of range");
    }
    reply.simple("OK");
  }

  /** The two that redis-benchmark asks for, at what they are here: nothing is ever saved. */
  private static void config(final RespRequest request, final RespReply reply) {
    if (!request.text(1).equalsIgnoreCase("get")) {
      throw RespException.error("unknown subcommand '" + request.text(1) + "'. Try CONFIG HELP.");
    }
    final String name = request.words() == 3 ? request.text(2) : "";
    switch (name) {
      case "save" -> setting(reply, name, "");
      case "appendonly" -> setting(reply, name, "no");
      default -> reply.array(0);
    }
  }

  private static void setting(final RespReply reply, final String name, final String value) {
    reply.array(2);
    reply.bulk(name);
    reply.bulk(value);
  }

  private static void command(
      final CommandTable table, final RespRequest request, final RespReply reply) {
    if (request.words() == 2 && request.text(1).equalsIgnoreCase("count")) {
      reply.integer(table.size());
    } else {
      reply.array(0); // redis-cli then does without hints
    }
  }

  private void flush(final RespRequest request, final RespReply reply) {
    keys.clear();
    reply.simple("OK");
  }

  private void del(final RespRequest request, final RespReply reply) {
    int removed = 0;
    for (int i = 1; i < request.words(); i++) {
      removed += keys.remove(request.key(i)) ? 1 : 0;
    }
    reply.integer(removed);
  }

  private void exists(final RespRequest request, final RespReply reply) {
    int there = 0;
    for (int i = 1; i < request.words(); i++) {
      there += keys.has(request.key(i)) ? 1 : 0;
    }
    reply.integer(there);
  }

  private void set(final RespRequest request, final RespReply reply) {
    if (request.words() != 3) {
      throw RespException.error("syntax error"); // no expiry, no conditions here
    }
    store(request.key(1), request.bytes(2));
    reply.simple("OK");
  }

  private void mset(final RespRequest request, final RespReply reply) {
    if (request.words() % 2 == 0) {
      throw RespException.error("wrong number of arguments for 'mset' command");
    }
    for (int i = 1; i < request.words(); i += 2) {
      store(request.key(i), request.bytes(i + 1));
    }
    reply.simple("OK");
  }

  private void store(final Bytes key, final byte[] bytes) {
    if (keys.has(key) && !isText(key)) {
      keys.remove(key); // SET takes the place of whatever there was
    }
    final Value.Text text = keys.obtain(key, Value.Text.class, Value.Text::new);
    keys.charge(text, bytes.length - text.bytes.length);
    text.bytes = bytes;
  }

  private boolean isText(final Bytes key) {
    try {
      keys.find(key, Value.Text.class);
      return true;
    } catch (final RespException e) {
      return false;
    }
  }

  private void get(final RespRequest request, final RespReply reply) {
    bulk(keys.find(request.key(1), Value.Text.class), reply);
  }

  private void mget(final RespRequest request, final RespReply reply) {
    reply.array(request.words() - 1);
    for (int i = 1; i < request.words(); i++) {
      final Bytes key = request.key(i);
      bulk(isText(key) ? keys.find(key, Value.Text.class) : null, reply);
    }
  }

  private static void bulk(final Value.@Nullable Text text, final RespReply reply) {
    if (text == null) {
      reply.nothing();
    } else {
      reply.bulk(text.bytes);
    }
  }

  private void strlen(final RespRequest request, final RespReply reply) {
    final Value.Text text = keys.find(request.key(1), Value.Text.class);
    reply.integer(text == null ? 0 : text.bytes.length);
  }

  private void add(final RespRequest request, final long amount, final RespReply reply) {
    final Bytes key = request.key(1);
    final Value.Text text = keys.find(key, Value.Text.class);
    final long before = text == null ? 0 : RespRequest.integer(text.bytes);
    final long after = before + amount;
    if (((before ^ after) & (amount ^ after)) < 0) {
      throw RespException.error("increment or decrement would overflow");
    }
    store(key, Long.toString(after).getBytes(StandardCharsets.ISO_8859_1));
    reply.integer(after);
  }
}
