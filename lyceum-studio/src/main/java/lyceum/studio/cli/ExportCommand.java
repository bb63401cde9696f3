package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import lyceum.studio.cli.Terminal.Style;
import lyceum.studio.web.StaticSite;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum export}: the encyclopedia as files. */
@Command(name = "export", description = "Write the encyclopedia as static pages.",
        footer = {"", "Example:", "  lyceum export --html lyceum-pages"})
final class ExportCommand implements Callable<Integer> {

    @ParentCommand private LyceumCommand lyceum;

    @Option(names = "--html", paramLabel = "DIR", required = true,
            description = "The folder to write into; files of the same names are replaced.")
    private Path folder;

    @Override public Integer call() throws IOException {
        var written = StaticSite.write(folder);
        var terminal = lyceum.terminal();
        terminal.out().println(written.files() + " files, " + String.format(Locale.ROOT, "%.1f MB", written.bytes() / 1e6) + ". Open "
                + terminal.styled(Style.ACCENT, folder.resolve("index.html").toAbsolutePath().toUri().toString()));
        return LyceumCommand.DONE;
    }
}
