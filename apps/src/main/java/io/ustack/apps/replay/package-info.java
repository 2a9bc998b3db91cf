/**
 * A capture's frames into a fresh stack on a clock that the capture drives: the same capture, seed
 * and options give the same answers, byte by byte. {@link io.ustack.apps.replay.CaptureSurvey}
 * looks through the capture first, {@link io.ustack.apps.replay.Replay} plays it.
 */
@NullMarked
package io.ustack.apps.replay;

import org.jspecify.annotations.NullMarked;
