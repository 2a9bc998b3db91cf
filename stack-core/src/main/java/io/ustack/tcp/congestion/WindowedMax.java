package io.ustack.tcp.congestion;

/**
 * The largest of the values seen in the last so many rounds, kept as the three best candidates of
 * its three parts (K. Nichols' algorithm, as in Linux lib/win_minmax.c): exact while values rise,
 * at most a part of the window late when they fall.
 */
final class WindowedMax {
  private long best;
  private long second;
  private long third;
  private int bestRound;
  private int secondRound;
  private int thirdRound;

  /** The largest, 0 when there was none. */
  long value() {
    return best;
  }

  /** {@code value} was seen in {@code round}; what is older than {@code length} rounds goes. */
  void update(final long value, final int round, final int length) {
    if (value >= best || round - thirdRound > length) {
      setBest(value, round);
    } else if (value >= second) {
      setSecond(value, round);
    } else if (value >= third) {
      setThird(value, round);
    }
    age(value, round, length);
  }

  private void age(final long value, final int round, final int length) {
    final int age = round - bestRound;
    if (age > length) {
      promote(value, round);
      if (round - bestRound > length) {
        promote(value, round);
      }
    } else if (secondRound == bestRound && age > length / 4) {
      setSecond(value, round);
    } else if (thirdRound == secondRound && age > length / 2) {
      setThird(value, round);
    }
  }

  private void promote(final long value, final int round) {
    best = second;
    bestRound = secondRound;
    second = third;
    secondRound = thirdRound;
    setThird(value, round);
  }

  private void setBest(final long value, final int round) {
    best = value;
    bestRound = round;
    setSecond(value, round);
  }

  private void setSecond(final long value, final int round) {
    second = value;
    secondRound = round;
    setThird(value, round);
  }

  private void setThird(final long value, final int round) {
    third = value;
    thirdRound = round;
  }
}
