package io.ustack.apps.resp;

import java.util.HashMap;
import java.util.Map;

/** The commands by name: how many words each has, and what it does. */
final class CommandTable {
  /** Does a command; throws RespException for what can't be done. */
  @FunctionalInterface
  interface Action {
    void run(RespRequest request, RespReply reply);
  }

  private record Entry(int words, boolean stores, Action action) {
    boolean takes(final int count) {
      return words >= 0 ? count == words : count >= -words;
    }
  }

  private final Map<String, Entry> entries = new HashMap<>();
  private final Keyspace keys;

  CommandTable(final Keyspace keys) {
    this.keys = keys;
  }

  /**
   * Adds a command.
   *
   * @param words of it, its name among them; negative: that many at least
   */
  void add(final String name, final int words, final Action action) {
    entries.put(name, new Entry(words, false, action));
  }

  /**
   * Adds a command that may keep what it is given: done only when there is memory for all of it.
   */
  void addStoring(final String name, final int words, final Action action) {
    entries.put(name, new Entry(words, true, action));
  }

  int size() {
    return entries.size();
  }

  /** Does what a request asks for; an error is a reply like others. */
  void run(final RespRequest request, final RespReply reply) {
    final int mark = reply.length();
    try {
      final Entry entry = find(request);
      if (entry.stores()) {
        keys.require(request.sizeBytes() + (long) Keyspace.ENTRY_BYTES * request.words());
      }
      entry.action().run(request, reply);
    } catch (final RespException e) {
      reply.cut(mark);
      reply.error(e.reply());
    }
  }

  private Entry find(final RespRequest request) {
    final Entry entry = entries.get(request.name());
    if (entry == null) {
      final StringBuilder message = new StringBuilder("unknown command '").append(request.text(0));
      message.append("', with args beginning with: ");
      for (int i = 1; i < request.words() && message.length() < 128; i++) {
        message.append('\'').append(request.text(i)).append("' ");
      }
      throw RespException.error(message.substring(0, Math.min(message.length(), 256)));
    }
    if (!entry.takes(request.words())) {
      throw RespException.error("wrong number of arguments for '" + request.name() + "' command");
    }
    return entry;
  }
}
