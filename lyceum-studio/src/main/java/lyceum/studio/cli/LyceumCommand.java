package lyceum.studio.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Stream;
import lyceum.labs.LabParameterException;
import lyceum.labs.catalogue.UnknownTopicException;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: {@code lyceum topics}, {@code topic}, {@code run}, {@code path}, {@code studio} and the rest. */
@Command(name = "lyceum", versionProvider = VersionCommand.Lines.class, sortOptions = false,
        description = "The machine-learning encyclopedia that runs.", synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        footer = {"", "Without a command: the studio. A command answers --help.",
                "Exit codes: 0 success, 1 a check does not hold or the run failed, 2 a usage error."},
        subcommands = {TopicsCommand.class, TopicCommand.class, RunCommand.class, PathCommand.class, FitCommand.class, PredictCommand.class,
                ExplainCommand.class, TokenizeCommand.class, TokenizerCommand.class, EmbedCommand.class, SearchCommand.class,
                TrainCommand.class, SamplesCommand.class, VisionCommand.class, TranscribeCommand.class, ImagineCommand.class,
                DataCommand.class, PretrainCommand.class, ChatCommand.class, PerplexityCommand.class, QuantizeCommand.class,
                MergeCommand.class, ServeCommand.class, OnnxCommand.class, ModelCommand.class, OcrCommand.class, StudioCommand.class,
                ExportCommand.class, DoctorCommand.class, CloneCommands.Test.class, CloneCommands.Bench.class, CloneCommands.Shell.class,
                CloneCommands.Javadoc.class, CloneCommands.Refresh.class, CompletionCommand.class, VersionCommand.class})
public final class LyceumCommand implements Callable<Integer> {

    /** Done. */
    public static final int DONE = 0;
    /** A check does not hold, or the run failed. */
    public static final int FAILED = 1;
    /** The command was not understood. */
    public static final int USAGE = 2;

    @Option(names = {"-h", "--help"}, usageHelp = true, scope = ScopeType.INHERIT, description = "Show this help.") private boolean help;

    @Option(names = {"-V", "--version"}, versionHelp = true, description = "Show the version.") private boolean version;

    private final Terminal terminal;
    private final Encyclopedia encyclopedia;

    LyceumCommand(Terminal terminal, Encyclopedia encyclopedia) {
        this.terminal = terminal;
        this.encyclopedia = encyclopedia;
    }

    /** Runs a command in this process's terminal and returns its exit code. */
    public static int run(String... args) {
        var output = new Output(new FileOutputStream(FileDescriptor.out));
        var terminal = Terminal.ofProcess(output);
        int code = run(terminal, Encyclopedia.shipped(), args);
        if (output.trouble().isEmpty()) return code;
        terminal.err().println("Cannot write the output: " + output.trouble());
        return FAILED;
    }

    static int run(Terminal terminal, Encyclopedia encyclopedia, String... args) {
        int code = commandLine(terminal, encyclopedia).execute(words(args));
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
        line.setExpandAtFiles(false);
        line.registerConverter(int.class, text -> whole(text, Integer::valueOf));
        line.registerConverter(long.class, text -> whole(text, Long::valueOf));
        line.setExecutionExceptionHandler((error, command, parsed) -> failed(terminal, error));
        line.setParameterExceptionHandler(usage(terminal));
        return line;
    }

    Terminal terminal() { return terminal; }

    Encyclopedia encyclopedia() { return encyclopedia; }

    /** No command opens the studio. */
    @Override public Integer call() throws InterruptedException, IOException { return new StudioCommand(this).call(); }

    /** {@code help run} asks what {@code run --help} does. An empty word, over which picocli trips, is a blank one, which says as little. */
    private static String[] words(String... args) {
        boolean help = args.length > 0 && args[0].equals("help");
        var words = Stream.of(args).skip(help ? 1 : 0).map(word -> word.isEmpty() ? " " : word);
        return (help ? Stream.concat(words, Stream.of("--help")) : words).toArray(String[]::new);
    }

    private static <T> T whole(String text, Function<String, T> parsed) {
        try {
            return parsed.apply(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not a whole number" + (text.matches("[-+]?\\d+") ? " of that size" : ""));
        }
    }

    /** One sentence; the stack only for what nobody foresaw. */
    private static int failed(Terminal terminal, Exception error) {
        // A parameter's message begins with its name.
        terminal.err().println(error instanceof LabParameterException ? error.getMessage() : sentence(error));
        if (error instanceof UnknownTopicException || error instanceof LabParameterException) return USAGE;
        if (error instanceof RuntimeException && !(error instanceof IllegalArgumentException)
                && error.getClass().getName().startsWith("java.")) {
            error.printStackTrace(terminal.err());
        }
        return FAILED;
    }

    private static String sentence(Exception error) {
        if (error instanceof FileSystemException file && file.getFile() != null && file.getReason() == null) return trouble(file);
        String message = error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
        // a name of a file stays as it is
        if (message.split(" ", 2)[0].contains(".")) return message;
        return Character.toUpperCase(message.charAt(0)) + message.substring(1);
    }

    /** Of exceptions of the JDK that say no more than the path. */
    private static String trouble(FileSystemException error) {
        return error.getMessage() + ": " + switch (error) {
            case NoSuchFileException _ -> "there is no such file or folder";
            case AccessDeniedException _ -> "access is denied";
            case NotDirectoryException _ -> "it is not a folder";
            case FileAlreadyExistsException _ -> "it already exists";
            default -> "it cannot be read or written";
        };
    }

    private static IParameterExceptionHandler usage(Terminal terminal) {
        return (error, args) -> {
            var command = error.getCommandLine();
            terminal.err().println(error.getMessage().replace("option option", "option"));
            if (!UnmatchedArgumentException.printSuggestions(error, command.getErr())) {
                terminal.err().println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
            }
            return USAGE;
        };
    }

    /** The completion script for bash and zsh. */
    String completionScript() { return AutoComplete.bash("lyceum", commandLine(terminal, encyclopedia)); }
}
