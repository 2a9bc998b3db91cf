/**
 * A small server of the Redis protocol (RESP2), for the {@code redis} command: strings, lists,
 * sets, hashes and sorted sets in memory, as far as {@code redis-benchmark} asks for them. Replies
 * and errors are worded as Redis 7.0 words them. What clients can fill, keys and buffers together,
 * is bounded.
 */
@NullMarked
package io.ustack.apps.resp;

import org.jspecify.annotations.NullMarked;
