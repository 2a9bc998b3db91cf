package io.ustack.apps;

import java.io.PrintStream;
import java.util.List;

/**
 * What a command gets beside its options.
 *
 * @param out standard output
 * @param err standard error
 * @param ealArguments what stood behind {@code --}
 * @param stop whether it shall end
 */
public record Invocation(
    PrintStream out, PrintStream err, List<String> ealArguments, StopSignal stop) {}
