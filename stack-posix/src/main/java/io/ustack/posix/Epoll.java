package io.ustack.posix;

/** The numbers of epoll(7), with Linux's values (sys/epoll.h). */
public final class Epoll {
  public static final int EPOLLIN = 0x001;
  public static final int EPOLLPRI = 0x002;
  public static final int EPOLLOUT = 0x004;
  public static final int EPOLLERR = 0x008;
  public static final int EPOLLHUP = 0x010;

  /** Of poll(2) only: what was asked about is no descriptor. */
  public static final int POLLNVAL = 0x020;

  public static final int EPOLLRDNORM = 0x040;
  public static final int EPOLLRDBAND = 0x080;
  public static final int EPOLLWRNORM = 0x100;
  public static final int EPOLLWRBAND = 0x200;
  public static final int EPOLLRDHUP = 0x2000;

  /**
   * Of the sets that watch a descriptor this way, those are told up to the first in which a thread
   * waits.
   */
  public static final int EPOLLEXCLUSIVE = 1 << 28;

  /** Accepted and without effect: there is no suspend here. */
  public static final int EPOLLWAKEUP = 1 << 29;

  public static final int EPOLLONESHOT = 1 << 30;
  public static final int EPOLLET = 1 << 31;

  public static final int EPOLL_CTL_ADD = 1;
  public static final int EPOLL_CTL_DEL = 2;
  public static final int EPOLL_CTL_MOD = 3;

  public static final int EPOLL_CLOEXEC = 0x80000;

  /** Bits that say how to watch, not what for. */
  static final int HOW = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;

  /** What may be asked for together with EPOLLEXCLUSIVE (Linux EPOLLEXCLUSIVE_OK_BITS). */
  static final int WITH_EXCLUSIVE =
      EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;

  /** What a change of readability concerns. */
  static final int READ_KEY = EPOLLIN | EPOLLRDNORM;

  /** What data that came concerns, urgent or not (Linux sock_def_readable). */
  static final int DATA_KEY = READ_KEY | EPOLLPRI;

  /** What a change of writability concerns. */
  static final int WRITE_KEY = EPOLLOUT | EPOLLWRNORM;

  private Epoll() {}

  /** A mask in words, for messages: {@code IN|OUT|HUP}. */
  public static String describe(final int events) {
    if (events == 0) {
      return "0";
    }
    final StringBuilder words = new StringBuilder();
    int rest = events;
    rest = word(words, rest, EPOLLIN, "IN");
    rest = word(words, rest, EPOLLPRI, "PRI");
    rest = word(words, rest, EPOLLOUT, "OUT");
    rest = word(words, rest, EPOLLERR, "ERR");
    rest = word(words, rest, EPOLLHUP, "HUP");
    rest = word(words, rest, POLLNVAL, "NVAL");
    rest = word(words, rest, EPOLLRDNORM, "RDNORM");
    rest = word(words, rest, EPOLLWRNORM, "WRNORM");
    rest = word(words, rest, EPOLLWRBAND, "WRBAND");
    rest = word(words, rest, EPOLLRDHUP, "RDHUP");
    if (rest != 0) {
      words.append(words.isEmpty() ? "" : "|").append("0x").append(Integer.toHexString(rest));
    }
    return words.toString();
  }

  private static int word(
      final StringBuilder words, final int rest, final int bit, final String word) {
    if ((rest & bit) != 0) {
      words.append(words.isEmpty() ? "" : "|").append(word);
    }
    return rest & ~bit;
  }
}
