package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import lyceum.data.Csv;
import lyceum.learn.table.TableFit;
import lyceum.learn.table.TableTask;
import lyceum.random.Rng;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code lyceum fit}: a table to a model, with a report that says what it is worth. */
@Command(name = "fit", description = "Fit a table: a model, a report that says what it is worth, and a model card.",
        footer = {"", "Examples:", "  lyceum fit customers.csv --target left --out model",
                "  lyceum fit houses.csv --target price --model gbdt --search 30 --drop id --out model"})
final class FitCommand implements Callable<Integer> {

    static final String MODEL = "model.safetensors";

    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "A CSV file with a header.")
    private Path file;

    @Option(names = "--target", paramLabel = "COLUMN", required = true, description = "The column to predict.")
    private String target;

    @Option(names = "--task", paramLabel = "TASK", defaultValue = "auto",
            description = "auto (judged from the target), classification or regression.")
    private String task;

    @Option(names = "--model", paramLabel = "NAME", split = ",", defaultValue = "auto",
            description = "auto (all), or a comma-separated choice of linear, forest and gbdt.")
    private List<String> models;

    @Option(names = "--search", paramLabel = "N", defaultValue = "0",
            description = "How many settings to try for each model; 0, the default, uses standard ones.") private int search;

    @Option(names = "--drop", paramLabel = "COLUMN", split = ",",
            description = "Columns to ignore, separated by commas.")
    private List<String> dropped = List.of();

    @Option(names = "--group", paramLabel = "COLUMN",
            description = "Never split the rows of one group, such as a customer.")
    private String group;

    @Option(names = "--time", paramLabel = "COLUMN",
            description = "Hold out the latest rows by this column; each fold tests on later rows.")
    private String time;

    @Option(names = "--rows", paramLabel = "N", defaultValue = "200000",
            description = "Rows to sample from a longer table, which is never held as a whole; 200000 by default.") private int rows;

    @Option(names = "--max-errors", paramLabel = "N", defaultValue = "0",
            description = "Rows of the wrong width to leave out and list in the report; with 0, the default, the first one ends the run.") private int maxErrors;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "0 by default.") private long seed;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder for " + MODEL
            + ", report.html and model-card.md; files of these names are replaced.")
    private Path out;

    @Override public Integer call() throws IOException {
        var fit = new TableFit().withTask(task()).withSearch(search).withMaxRows(rows).withDropped(dropped).withGroup(group).withTime(time)
                .withSeed(seed);
        if (!models.equals(List.of("auto"))) fit = fit.withModels(models);
        if (maxErrors < 0) throw new ParameterException(spec.commandLine(), "--max-errors is " + maxErrors + "; it is 0 or more");
        var terminal = lyceum.terminal();
        var read = new Csv().withMaxErrors(maxErrors).sample(existing(file), rows, Rng.of(seed).split(4));
        var table = read.frame();
        if (!table.has(target)) throw new ParameterException(spec.commandLine(),
                "--target is " + target + "; " + file.getFileName() + " has " + String.join(", ", table.names()));
        if (Files.exists(out) && !Files.isDirectory(out))
            throw new ParameterException(spec.commandLine(), "--out is " + out + ", which is a file; it must be a folder");
        try (var line = new ProgressLine(terminal, System::nanoTime)) {
            var study = fit.fit(table, target, read.rows(), line.progress());
            var report = new FitReport(file.getFileName().toString(), study, read.rejects());
            Files.createDirectories(out);
            study.model().save(out.resolve(MODEL));
            Files.writeString(out.resolve("report.html"), report.html());
            Files.writeString(out.resolve("model-card.md"), report.card());
            line.close();
            report.summary().forEach(terminal.out()::println);
        }
        terminal.out().println("Written: " + out.resolve(MODEL) + ", report.html, model-card.md. Next: lyceum predict " + out + " NEW.csv");
        return LyceumCommand.DONE;
    }

    private TableTask task() {
        if (task.equals("auto")) return null;
        try {
            return TableTask.valueOf(task.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--task is " + task + "; it is auto, classification or regression");
        }
    }

    static Path existing(Path file) throws IOException {
        if (!Files.isRegularFile(file)) throw new IOException("there is no file " + file);
        return file;
    }
}
