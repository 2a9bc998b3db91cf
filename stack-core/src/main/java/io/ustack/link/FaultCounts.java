package io.ustack.link;

/**
 * What a {@link FaultInjector} did to one direction so far.
 *
 * @param frames frames that came in
 * @param lost frames that vanished by chance
 * @param queueDrops frames that found the queue of the line full
 * @param duplicated copies made
 * @param corrupted frames with flipped bits
 * @param reordered frames held back
 * @param marked ECN-capable packets that were marked
 */
public record FaultCounts(
    long frames,
    long lost,
    long queueDrops,
    long duplicated,
    long corrupted,
    long reordered,
    long marked) {}
