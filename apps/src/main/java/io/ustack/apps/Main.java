package io.ustack.apps;

import io.ustack.apps.bench.BenchCommand;
import io.ustack.tcp.congestion.UnusableAlgorithmException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The way in: picks the command, keeps every complaint to one line, and turns its end into an exit
 * code.
 */
public final class Main {
  /** Everything went well, or a signal ended a command that runs until then. */
  public static final int EXIT_OK = 0;

  /** It could not be done. */
  public static final int EXIT_FAILURE = 1;

  /** The command line is wrong. */
  public static final int EXIT_USAGE = 2;

  /** A signal ended it before it was done; as a shell says of SIGINT. */
  static final int EXIT_INTERRUPTED = 130;

  private static final String EAL_DELIMITER = "--";

  private Main() {}

  /** Runs a command and exits. */
  public static void main(final String[] arguments) {
    final StopSignal stop = new StopSignal();
    stop.watchProcess();
    final int code = run(List.of(arguments), System.out, System.err, stop);
    System.out.flush();
    stop.finished(code);
    System.exit(code);
  }

  /**
   * Runs a command; never throws.
   *
   * @return the exit code
   */
  static int run(
      final List<String> arguments,
      final PrintStream out,
      final PrintStream err,
      final StopSignal stop) {
    final int delimiter = arguments.indexOf(EAL_DELIMITER);
    final List<String> own = delimiter < 0 ? arguments : arguments.subList(0, delimiter);
    final List<String> eal =
        delimiter < 0 ? List.of() : arguments.subList(delimiter + 1, arguments.size());
    final CommandLine commandLine = commandLine(new Invocation(out, err, List.copyOf(eal), stop));
    final int code = commandLine.execute(own.toArray(String[]::new));
    final String failure = stop.failure();
    if (failure == null) {
      return code;
    }
    err.println("ustack " + own.get(0) + ": " + failure);
    return EXIT_FAILURE;
  }

  private static CommandLine commandLine(final Invocation invocation) {
    final CommandLine commandLine = new CommandLine(new Root());
    commandLine.addSubcommand(new DemoCommand(invocation));
    commandLine.addSubcommand(new HttpCommand(invocation));
    commandLine.addSubcommand(new EchoCommand(invocation));
    commandLine.addSubcommand(new ProxyCommand(invocation));
    commandLine.addSubcommand(new RedisCommand(invocation));
    commandLine.addSubcommand(new Iperf3Command(invocation));
    commandLine.addSubcommand(new PingCommand(invocation));
    commandLine.addSubcommand(new LoadCommand(invocation));
    commandLine.addSubcommand(new ReplayCommand(invocation));
    commandLine.addSubcommand(new SimCommand(invocation));
    commandLine.addSubcommand(new DoctorCommand(invocation));
    commandLine.addSubcommand(new BenchCommand(invocation));
    commandLine.setOut(new PrintWriter(invocation.out(), true, Charset.defaultCharset()));
    commandLine.setErr(new PrintWriter(invocation.err(), true, Charset.defaultCharset()));
    commandLine.setParameterExceptionHandler((e, arguments) -> wrongUsage(e, invocation.err()));
    commandLine.setExecutionExceptionHandler((e, line, result) -> failure(e, line, invocation));
    commandLine.setExpandAtFiles(false);
    return commandLine;
  }

  private static int wrongUsage(final ParameterException e, final PrintStream err) {
    final CommandSpec command = e.getCommandLine().getCommandSpec();
    err.println(
        "ustack: " + oneLine(e.getMessage()) + "; see ./" + command.qualifiedName() + " --help");
    return EXIT_USAGE;
  }

  private static int failure(
      final Exception e, final CommandLine line, final Invocation invocation) {
    final PrintStream err = invocation.err();
    if (invocation.stop().failure() != null) {
      return EXIT_FAILURE; // whose reason is said at the end
    }
    if (invocation.stop().isRequested()) {
      // Whatever broke, it broke because everything was being taken down.
      err.println("ustack " + line.getCommandName() + ": interrupted");
      return EXIT_INTERRUPTED;
    }
    if (e instanceof CommandFailure failure) {
      err.println("ustack " + line.getCommandName() + ": " + oneLine(e.getMessage()));
      return failure.exitCode();
    } else if (e instanceof UnusableAlgorithmException) {
      err.println("ustack " + line.getCommandName() + ": " + oneLine(e.getMessage()));
    } else {
      err.println(
          "ustack "
              + line.getCommandName()
              + ": internal error, please report it: "
              + oneLine(e.toString())
              + " at "
              + origin(e));
    }
    return EXIT_FAILURE;
  }

  private static String origin(final Exception e) {
    return Arrays.stream(e.getStackTrace())
        .findFirst()
        .map(StackTraceElement::toString)
        .orElse("?");
  }

  private static String oneLine(final @Nullable String text) {
    return text == null ? "no reason given" : text.strip().replaceAll("\\s*[\\r\\n]+\\s*", "; ");
  }

  @Command(
      name = "ustack",
      mixinStandardHelpOptions = true,
      versionProvider = BuildVersion.class,
      synopsisSubcommandLabel = "COMMAND",
      description = "A TCP/IP stack in user space: Java over DPDK.",
      footer = {
        "",
        "Exit codes: 0 done (also when Ctrl-C has ended a server), 1 it could not be done, 2 wrong"
            + " command line, 130 interrupted before it was done.",
        "A command's own help: ./ustack COMMAND --help"
      })
  private static final class Root implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public void run() {
      throw new ParameterException(spec.commandLine(), "which command?");
    }
  }

  /** What the build has written into the jar. */
  static final class BuildVersion implements IVersionProvider {
    @Override
    public String[] getVersion() {
      final String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"ustack " + (version == null ? "(not out of a jar)" : version)};
    }
  }
}
