package lyceum.studio.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import lyceum.labs.LabParameterException;
import lyceum.labs.catalogue.UnknownTopicException;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: {@code lyceum topics}, {@code topic}, {@code run}, {@code path}, {@code studio} and the rest. */
@Command(name = "lyceum", versionProvider = VersionCommand.Lines.class, sortOptions = false,
        description = "The machine-learning encyclopedia that runs.",
        synopsisSubcommandLabel = "COMMAND", commandListHeading = "%nCommands:%n",
        footer = {"", "Without a command: the studio. A command answers --help.",
            "Exit codes: 0 done, 1 a check does not hold or the run failed, 2 a usage error."},
        subcommands = {TopicsCommand.class, TopicCommand.class, RunCommand.class, PathCommand.class, StudioCommand.class, ExportCommand.class, DoctorCommand.class,
            CloneCommands.Test.class, CloneCommands.Bench.class, CloneCommands.Shell.class, CloneCommands.Javadoc.class,
            CloneCommands.Refresh.class, CompletionCommand.class, VersionCommand.class})
public final class LyceumCommand implements Callable<Integer> {

    /** Done. */
    public static final int DONE = 0;
    /** A check does not hold, or the run failed. */
    public static final int FAILED = 1;
    /** The command was not understood. */
    public static final int USAGE = 2;

    @Option(names = {"-h", "--help"}, usageHelp = true, scope = ScopeType.INHERIT, description = "Say what this does and what it takes.")
    private boolean help;

    @Option(names = {"-V", "--version"}, versionHelp = true, description = "Say the version.")
    private boolean version;

    private final Terminal terminal;
    private final Encyclopedia encyclopedia;

    LyceumCommand(Terminal terminal, Encyclopedia encyclopedia) {
        this.terminal = terminal;
        this.encyclopedia = encyclopedia;
    }

    /** Runs a command in this process's terminal and returns its exit code. */
    public static int run(String... args) {
        return run(Terminal.ofProcess(), Encyclopedia.shipped(), args);
    }

    static int run(Terminal terminal, Encyclopedia encyclopedia, String... args) {
        int code = commandLine(terminal, encyclopedia).execute(args);
        terminal.out().flush();
        terminal.err().flush();
        return code;
    }

    static CommandLine commandLine(Terminal terminal, Encyclopedia encyclopedia) {
        var line = new CommandLine(new LyceumCommand(terminal, encyclopedia));
        line.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8));
        line.setColorScheme(CommandLine.Help.defaultColorScheme(terminal.colour() ? Ansi.ON : Ansi.OFF));
        line.setUsageHelpWidth(Math.clamp(terminal.columns(), 60, 100));
        line.setAbbreviatedOptionsAllowed(true);
        line.setExecutionExceptionHandler((error, command, parsed) -> failed(terminal, error));
        line.setParameterExceptionHandler(usage(terminal));
        return line;
    }

    Terminal terminal() {
        return terminal;
    }

    Encyclopedia encyclopedia() {
        return encyclopedia;
    }

    /** No command opens the studio. */
    @Override
    public Integer call() throws InterruptedException, java.io.IOException {
        return new StudioCommand(this).call();
    }

    /** One sentence; the stack only for what nobody foresaw. */
    private static int failed(Terminal terminal, Exception error) {
        terminal.err().println(sentence(error));
        if (error instanceof UnknownTopicException || error instanceof LabParameterException) {
            return USAGE;
        }
        if (error instanceof RuntimeException && !(error instanceof IllegalArgumentException) && error.getClass().getName().startsWith("java.")) {
            error.printStackTrace(terminal.err());
        }
        return FAILED;
    }

    private static String sentence(Exception error) {
        String message = error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
        return Character.toUpperCase(message.charAt(0)) + message.substring(1);
    }

    private static IParameterExceptionHandler usage(Terminal terminal) {
        return (error, args) -> {
            var command = error.getCommandLine();
            terminal.err().println(error.getMessage());
            if (!UnmatchedArgumentException.printSuggestions(error, command.getErr())) {
                terminal.err().println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
            }
            return USAGE;
        };
    }

    /** The completion script for bash and zsh. */
    String completionScript() {
        return AutoComplete.bash("lyceum", commandLine(terminal, encyclopedia));
    }
}
