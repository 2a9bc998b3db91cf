package io.ustack.apps.resp;

import io.ustack.apps.resp.Value.Fields;
import io.ustack.apps.resp.Value.Members;
import io.ustack.apps.resp.Value.Ranked;
import io.ustack.apps.resp.Value.Ranking;
import java.util.Iterator;

/** Sets, hashes and sorted sets. */
final class SetCommands {
  private final Keyspace keys;

  private SetCommands(final Keyspace keys) {
    this.keys = keys;
  }

  static void addTo(final CommandTable table, final Keyspace keys) {
    final SetCommands commands = new SetCommands(keys);
    table.addStoring("sadd", -3, commands::sadd);
    table.add("spop", -2, commands::spop);
    table.add("scard", 2, commands::scard);
    table.addStoring("hset", -4, commands::hset);
    table.add("hget", 3, commands::hget);
    table.add("hlen", 2, commands::hlen);
    table.addStoring("zadd", -4, commands::zadd);
    table.add("zpopmin", -2, commands::zpopmin);
    table.add("zcard", 2, commands::zcard);
  }

  // ---- Sets

  private void sadd(final RespRequest request, final RespReply reply) {
    final Members set = keys.obtain(request.key(1), Members.class, Members::new);
    int added = 0;
    for (int i = 2; i < request.words(); i++) {
      final Bytes member = request.key(i);
      if (!set.members.contains(member)) {
        keys.charge(set, member.length() + Keyspace.ENTRY_BYTES);
        set.members.add(member);
        added++;
      }
    }
    reply.integer(added);
  }

  /** Any member will do. */
  private void spop(final RespRequest request, final RespReply reply) {
    if (request.words() > 3) {
      throw RespException.error("syntax error");
    }
    final boolean counted = request.words() == 3;
    final long wanted = counted ? request.integer(2) : 1;
    if (wanted < 0) {
      throw RespException.error("value is out of range, must be positive");
    }
    final Bytes key = request.key(1);
    final Members set = keys.find(key, Members.class);
    final int count = set == null ? 0 : (int) Math.min(wanted, set.members.size());
    if (counted) {
      reply.array(count);
    } else if (count == 0) {
      reply.nothing();
    }
    if (set == null) {
      return;
    }
    final Iterator<Bytes> members = set.members.iterator();
    for (int i = 0; i < count; i++) {
      final Bytes member = members.next();
      members.remove();
      keys.charge(set, -member.length() - Keyspace.ENTRY_BYTES);
      reply.bulk(member.content());
    }
    keys.trim(key, set);
  }

  private void scard(final RespRequest request, final RespReply reply) {
    final Members set = keys.find(request.key(1), Members.class);
    reply.integer(set == null ? 0 : set.members.size());
  }

  // ---- Hashes

  private void hset(final RespRequest request, final RespReply reply) {
    if (request.words() % 2 != 0) {
      throw RespException.error("wrong number of arguments for 'hset' command");
    }
    final Fields hash = keys.obtain(request.key(1), Fields.class, Fields::new);
    int added = 0;
    for (int i = 2; i < request.words(); i += 2) {
      final Bytes field = request.key(i);
      final byte[] value = request.bytes(i + 1);
      final byte[] before = hash.fields.get(field);
      final int entry = before == null ? field.length() + Keyspace.ENTRY_BYTES : -before.length;
      keys.charge(hash, entry + value.length);
      hash.fields.put(field, value);
      added += before == null ? 1 : 0;
    }
    reply.integer(added);
  }

  private void hget(final RespRequest request, final RespReply reply) {
    final Fields hash = keys.find(request.key(1), Fields.class);
    final byte[] value = hash == null ? null : hash.fields.get(request.key(2));
    if (value == null) {
      reply.nothing();
    } else {
      reply.bulk(value);
    }
  }

  private void hlen(final RespRequest request, final RespReply reply) {
    final Fields hash = keys.find(request.key(1), Fields.class);
    reply.integer(hash == null ? 0 : hash.fields.size());
  }

  // ---- Sorted sets

  private void zadd(final RespRequest request, final RespReply reply) {
    if (request.words() % 2 != 0) {
      throw RespException.error("syntax error");
    }
    for (int i = 2; i < request.words(); i += 2) {
      score(request.text(i));
    }
    final Ranking ranking = keys.obtain(request.key(1), Ranking.class, Ranking::new);
    int added = 0;
    for (int i = 2; i < request.words(); i += 2) {
      added += rank(ranking, request.key(i + 1), score(request.text(i))) ? 1 : 0;
    }
    reply.integer(added);
  }

  private boolean rank(final Ranking ranking, final Bytes member, final double score) {
    final Double before = ranking.scores.get(member);
    if (before == null) {
      keys.charge(ranking, member.length() + 2 * Keyspace.ENTRY_BYTES);
    } else {
      ranking.order.remove(new Ranked(before, member));
    }
    ranking.scores.put(member, score);
    ranking.order.add(new Ranked(score, member));
    return before == null;
  }

  private static double score(final String text) {
    final String plain = text.replaceFirst("^[+-]", "");
    if (plain.equalsIgnoreCase("inf")) {
      return text.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    if (text.length() > 32 || !plain.matches("([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?")) {
      throw RespException.error("value is not a valid float");
    }
    return Double.parseDouble(text) + 0.0; // no negative zero
  }

  private void zpopmin(final RespRequest request, final RespReply reply) {
    if (request.words() > 3) {
      throw RespException.error("syntax error");
    }
    final long wanted = request.words() == 3 ? request.integer(2) : 1;
    if (wanted < 0) {
      throw RespException.error("value is out of range, must be positive");
    }
    final Bytes key = request.key(1);
    final Ranking ranking = keys.find(key, Ranking.class);
    final int count = ranking == null ? 0 : (int) Math.min(wanted, ranking.scores.size());
    reply.array(2 * count);
    if (ranking == null) {
      return;
    }
    for (int i = 0; i < count; i++) {
      final Ranked least = ranking.order.first();
      ranking.order.remove(least);
      ranking.scores.remove(least.member());
      keys.charge(ranking, -least.member().length() - 2 * Keyspace.ENTRY_BYTES);
      reply.bulk(least.member().content());
      reply.bulk(format(least.score()));
    }
    keys.trim(key, ranking);
  }

  private static String format(final double score) {
    if (Double.isInfinite(score)) {
      return score > 0 ? "inf" : "-inf";
    }
    return score == Math.rint(score) && Math.abs(score) < 1e15
        ? Long.toString((long) score)
        : Double.toString(score);
  }

  private void zcard(final RespRequest request, final RespReply reply) {
    final Ranking ranking = keys.find(request.key(1), Ranking.class);
    reply.integer(ranking == null ? 0 : ranking.scores.size());
  }
}
