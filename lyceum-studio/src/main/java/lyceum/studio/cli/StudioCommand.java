package lyceum.studio.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum studio}: the encyclopedia in the browser. */
@Command(name = "studio", description = "Open the encyclopedia in the browser.", footer = {"", "Example:", "  lyceum studio --port 9000"})
final class StudioCommand implements Callable<Integer> {

    @ParentCommand
    private LyceumCommand lyceum;

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "8080", description = "8080 by default; 0 takes a free one.")
    private int port = 8080;

    @Option(names = "--host", paramLabel = "HOST", defaultValue = "127.0.0.1", description = "127.0.0.1 by default: nobody else reaches it.")
    private String host = "127.0.0.1";

    @Option(names = "--no-browser", description = "Do not open a browser.")
    private boolean noBrowser;

    StudioCommand() { }

    StudioCommand(LyceumCommand lyceum) {
        this.lyceum = lyceum;
    }

    @Override
    public Integer call() throws InterruptedException {
        return LyceumCommand.DONE;
    }
}
