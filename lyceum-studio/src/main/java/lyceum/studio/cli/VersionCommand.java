package lyceum.studio.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum version}. */
@Command(name = "version", description = "Show the versions of Lyceum and Java.")
final class VersionCommand implements Callable<Integer> {

    @ParentCommand private LyceumCommand lyceum;

    @Override public Integer call() {
        for (var line : new Lines().getVersion()) {
            lyceum.terminal().out().println(line);
        }
        return LyceumCommand.DONE;
    }

    /** Lyceum's version as its jar says it; {@code development} outside a jar. */
    static String lyceumVersion() {
        String version = VersionCommand.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    static final class Lines implements IVersionProvider {
        @Override public String[] getVersion() {
            return new String[] {"Lyceum " + lyceumVersion(),
                    "Java " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch")};
        }
    }
}
