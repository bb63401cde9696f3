package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import lyceum.data.labelled.SampleFiles;
import lyceum.random.Rng;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum samples}: small data as files, in the forms in which a training takes one's own. */
@Command(name = "samples", description = "Write small sample data in the formats of lyceum train: shapes, speech, a graph, captions.",
        footer = {"", "Examples:", "  lyceum samples shapes --out shapes", "  lyceum samples speech --out speech --n 400"})
final class SamplesCommand implements Callable<Integer> {
    @ParentCommand private LyceumCommand lyceum;

    @Parameters(paramLabel = "KIND",
            description = "shapes (pictures with boxes and masks), speech (clips with texts), graph (tables of nodes and"
                    + " edges), captions (pictures with sentences).")
    private String kind;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "A new folder.")
    private Path out;

    @Option(names = "--n", paramLabel = "N", defaultValue = "200",
            description = "How many pictures, clips or nodes, 200 by default.") private int n;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
            description = "The same seed writes the same files; 0 by default.") private long seed;

    @Override public Integer call() throws IOException {
        for (var sample : SampleFiles.values()) {
            if (!sample.name().equalsIgnoreCase(kind)) continue;
            if (Files.exists(out)) throw new IOException(out + " already exists; name a new folder");
            sample.write(out, n, Rng.of(seed));
            lyceum.terminal().out().println("Written: " + out + ", with " + sample.written());
            return LyceumCommand.DONE;
        }
        lyceum.terminal().err().println("There are no samples of '" + kind + "'; there are shapes, speech, graph and captions.");
        return LyceumCommand.USAGE;
    }
}
