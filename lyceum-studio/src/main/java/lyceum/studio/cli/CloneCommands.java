package lyceum.studio.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/**
 * Commands that the launcher of a clone carries out, since they need the sources. They stand here for help and completion;
 * arriving here means that there is no launcher.
 */
final class CloneCommands {

    private CloneCommands() {}

    private abstract static sealed class CloneCommand implements Callable<Integer> permits Test, Bench, Shell, Javadoc, Refresh {

        @ParentCommand private LyceumCommand lyceum;

        abstract String name();

        @Override public Integer call() {
            lyceum.terminal().err().println("This needs a clone of the sources; run there: ./lyceum " + name());
            return LyceumCommand.USAGE;
        }
    }

    @Command(name = "test", description = "Run the tests (in a clone).")
    static final class Test extends CloneCommand {
        @Option(names = "--fast", description = "Skip browser tests and slow ones.") private boolean fast;
        @Option(names = "--full", description = "Include heavy tests; resumes where it stopped.") private boolean full;
        @Option(names = "-pl", paramLabel = "MODULE", description = "Run only these modules' tests.")
        private String modules;
        @Option(names = "-Dtest", paramLabel = "CLASS", description = "Run only these tests.")
        private String test;

        @Override String name() { return "test"; }
    }

    @Command(name = "bench", description = "Measure speed against other libraries (in a clone).")
    static final class Bench extends CloneCommand {
        @Parameters(arity = "0..1", paramLabel = "SUITE", description = "core, learn or studio.")
        private List<String> suite;
        @Option(names = "--json", description = "Rows as JSON.") private boolean json;

        @Override String name() { return "bench"; }
    }

    @Command(name = "shell", description = "Start JShell with the library imported (in a clone).")
    static final class Shell extends CloneCommand {
        @Override String name() { return "shell"; }
    }

    @Command(name = "javadoc", description = "Generate the API documentation, which the studio serves (in a clone).")
    static final class Javadoc extends CloneCommand {
        @Override String name() { return "javadoc"; }
    }

    @Command(name = "refresh", description = "Regenerate THIRD-PARTY.md and docs/house.svg (in a clone).")
    static final class Refresh extends CloneCommand {
        @Override String name() { return "refresh"; }
    }
}
