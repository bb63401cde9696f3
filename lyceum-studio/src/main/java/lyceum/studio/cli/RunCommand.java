package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import lyceum.labs.LabCancelledException;
import lyceum.labs.run.LabClass;
import lyceum.labs.run.LabEvent;
import lyceum.labs.LabException;
import lyceum.labs.run.LabJson;
import lyceum.labs.run.LabRequest;
import lyceum.labs.run.LabResult;
import lyceum.labs.run.LabRunner;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Status;
import lyceum.labs.catalogue.Topic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code lyceum run}: a topic's lab in the terminal. Exits with 0 when its checks hold, 1 when one fails, 2 for a usage error. */
@Command(name = "run", description = "Run a topic's lab: its figures, tables and checks.",
        footer = {"", "Examples:", "  lyceum run k-means --param k=12", "  lyceum run k-means --json", "  lyceum run k-means --out out"})
final class RunCommand implements Callable<Integer> {

    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "SLUG", completionCandidates = Slugs.class, description = "The topic, such as k-means.")
    private String slug;

    @Option(names = {"-p", "--param"}, paramLabel = "NAME=VALUE",
            description = "A parameter of the lab; --params lists them.")
    private Map<String, String> given = new LinkedHashMap<>();

    @Option(names = "--params", description = "List the lab's parameters without running it.") private boolean list;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "1 by default.") private long seed;

    @Option(names = "--budget", paramLabel = "SECONDS", defaultValue = "600",
            description = "The longest it may take, 600 s by default.") private int budget;

    @Option(names = "--json", description = "Print only the result, as JSON.") private boolean json;

    @Option(names = "--out", paramLabel = "DIR",
            description = "Write the result to this folder: JSON, figures as SVG and PNG, their data and tables as CSV.")
    private Path out;

    @Override public Integer call() throws IOException {
        var topic = lyceum.encyclopedia().catalogue().bySlug(slug);
        var lab = LabClass.of(lyceum.encyclopedia().article(topic).flatMap(Article::lab).orElseThrow(() -> noLab(topic)));
        if (list) return parameters(lab);
        if (budget < 1) {
            throw new ParameterException(spec.commandLine(), "--budget is " + budget + "; it is a number of seconds, 1 or more");
        }
        lab.values(given);
        if (out != null && out.toString().isBlank()) {
            throw new ParameterException(spec.commandLine(), "--out is empty; it names a folder");
        }
        if (out != null) {
            makeFolder(out);
        }
        return run(topic, new LabRequest(topic.slug(), lab.name(), given, seed, false, Duration.ofSeconds(budget)));
    }

    private ParameterException noLab(Topic topic) {
        var near = new ArrayList<String>();
        lyceum.encyclopedia().catalogue().path(topic.slug()).reversed().stream()
                .filter(t -> lyceum.encyclopedia().status(t) == Status.WORKS).limit(3).forEach(t -> near.add(t.slug()));
        return new ParameterException(spec.commandLine(),
                topic.slug() + " has no lab yet" + (near.isEmpty() ? "" : "; these have one and lead there: " + String.join(", ", near)));
    }

    private int parameters(LabClass lab) {
        var terminal = lyceum.terminal();
        if (json) {
            terminal.out().println(LabJson.write(lab.parameters()));
        } else if (lab.parameters().isEmpty()) {
            terminal.out().println(lab.title() + ": no parameters but the seed.");
        } else {
            var rows = new ArrayList<List<String>>(List.of(List.of("parameter", "default", "allowed")));
            lab.parameters().forEach(p -> rows.add(List.of(p.name(), RunText.value(p.defaultValue()), p.allowed())));
            TextTable.of(rows).lines(terminal, terminal.columns()).forEach(terminal.out()::println);
        }
        return LyceumCommand.DONE;
    }

    private void makeFolder(Path folder) throws IOException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new ParameterException(spec.commandLine(), "--out is " + folder + ", a file; it has to be a folder");
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new IOException("cannot make the folder " + folder + ": " + e.getMessage(), e);
        }
    }

    private int run(Topic topic, LabRequest request) throws IOException {
        var terminal = lyceum.terminal();
        var events = new ArrayList<LabEvent>();
        LabResult result;
        try (var runner = new LabRunner(1); var line = new ProgressLine(terminal, System::nanoTime)) {
            result = runner.run(request, event -> {
                if (event instanceof LabEvent.Progress p) {
                    line.show(p.name(), p.done(), p.total(), p.secondsLeft(), ProgressLine.words(p.metrics()));
                } else {
                    events.add(event);
                }
            });
        } catch (LabCancelledException e) {
            throw new IOException(topic.slug() + ": " + e.getMessage() + "; --budget allows more time", e);
        } catch (LabException e) {
            return failed(topic, e, events);
        }
        if (json) {
            terminal.out().println(RunText.json(result));
        } else {
            new RunText(terminal).print(topic, result, given.keySet(), events);
        }
        if (out != null) {
            var files = RunFiles.write(result, out);
            terminal.err().println(files.written().size() + " files in " + out + ": " + String.join(", ", files.written()));
            if (!files.note().isEmpty()) {
                terminal.err().println(files.note());
            }
        }
        return result.noneFails() ? LyceumCommand.DONE : LyceumCommand.FAILED;
    }

    private int failed(Topic topic, LabException error, List<LabEvent> events) {
        lyceum.terminal().err().println("The lab of " + topic.slug() + " failed: " + error.getMessage());
        for (var event : events) {
            if (event instanceof LabEvent.Failed f) {
                lyceum.terminal().err().println(f.stack());
            }
        }
        return LyceumCommand.FAILED;
    }
}
