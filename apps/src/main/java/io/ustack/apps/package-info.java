/**
 * The commands of {@code ./ustack}: one class each, named after it, and {@link
 * io.ustack.apps.Main}, which picks one. What a command does lives in a package of its own where it
 * is more than a page ({@code http}, {@code echo}, {@code replay}, {@code demo}); what they share
 * lives here.
 *
 * <p>Exit codes: 0 done, also when a signal has ended a command that runs until then; 1 it could
 * not be done, and one line on standard error says why and what to do; 2 the command line is wrong,
 * and one line says how.
 */
@NullMarked
package io.ustack.apps;

import org.jspecify.annotations.NullMarked;
