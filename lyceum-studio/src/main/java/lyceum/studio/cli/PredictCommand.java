package lyceum.studio.cli;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import lyceum.FormatException;
import lyceum.data.Csv;
import lyceum.data.Frame;
import lyceum.format.Durable;
import lyceum.learn.table.TableModel;
import lyceum.models.task.TabularModel;
import lyceum.stats.learner.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum predict}: what a model of {@code lyceum fit} says of new rows. */
@Command(name = "predict", description = "Predict the rows of a CSV file with a model of lyceum fit, or a table's of lyceum train.",
        footer = {"", "Example:", "  lyceum predict model new.csv --out predictions.csv"})
final class PredictCommand implements Callable<Integer> {

    @ParentCommand private LyceumCommand lyceum;

    @Parameters(index = "0", paramLabel = "MODEL", description = "The folder that lyceum fit or lyceum train wrote.")
    private Path folder;

    @Parameters(index = "1", paramLabel = "FILE", description = "A CSV file with the model's columns, in any order.")
    private Path file;

    @Option(names = "--out", paramLabel = "FILE",
            description = "Where to write the predictions; without it they are printed.")
    private Path out;

    @Override public Integer call() throws IOException {
        if (out != null && out.toAbsolutePath().getParent() != null && !Files.isDirectory(out.toAbsolutePath().getParent()))
            throw new IOException("there is no folder " + out.toAbsolutePath().getParent());
        if (out != null && Files.isDirectory(out)) throw new IOException("--out is " + out + ", which is a folder; it must be a file");
        var terminal = lyceum.terminal();
        if (TabularModel.isIn(folder)) {
            var network = TabularModel.load(folder);
            write(network.predict(network.read(FitCommand.existing(file))), terminal);
            return LyceumCommand.DONE;
        }
        var model = load(folder);
        var predictions = new Predictions(model);
        if (out == null) {
            var writer = new OutputStreamWriter(terminal.out(), StandardCharsets.UTF_8);
            predictions.write(FitCommand.existing(file), writer);
            writer.flush();
        } else if (Files.exists(out) && !Files.isRegularFile(out)) {
            // A device or a pipe stays what it is.
            try (var writer = Files.newBufferedWriter(out)) {
                predictions.write(FitCommand.existing(file), writer);
            }
        } else {
            // What is half written has another name; a link goes on leading to its file.
            var target = Files.exists(out) ? out.toRealPath() : out;
            var part = target.resolveSibling(target.getFileName() + ".part");
            try {
                try (var writer = Files.newBufferedWriter(part)) {
                    predictions.write(FitCommand.existing(file), writer);
                }
                Durable.move(part, target);
            } finally {
                Files.deleteIfExists(part);
            }
        }
        predictions.unknown.forEach((column, count) -> terminal.err().println(
                count + " of " + predictions.rows + " rows have a " + column + " that the model did not learn; it counts as none."));
        if (out != null) terminal.err().println(predictions.rows + " predictions in " + out);
        return LyceumCommand.DONE;
    }

    /** Of a file of any length, piece by piece. */
    private static final class Predictions {
        private static final int PIECE = 50_000;
        private final TableModel model;
        private final Map<String, Integer> unknown = new TreeMap<>();
        private long rows;

        Predictions(TableModel model) { this.model = model; }

        void write(Path file, Writer writer) throws IOException {
            try {
                model.encoder().read(file, PIECE, piece -> write(piece, writer));
                if (rows == 0) write(model.read(file), writer);
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        }

        private void write(Frame piece, Writer writer) {
            try {
                new Csv().withHeader(rows == 0).write(model.predict(piece), writer);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            model.encoder().unknown(piece).forEach((column, count) -> unknown.merge(column, count, Integer::sum));
            rows += piece.size();
        }
    }

    private void write(Frame predictions, Terminal terminal) throws IOException {
        if (out == null) {
            var writer = new OutputStreamWriter(terminal.out(), StandardCharsets.UTF_8);
            new Csv().write(predictions, writer);
            writer.flush();
        } else {
            predictions.writeCsv(out);
            terminal.err().println(predictions.size() + " predictions in " + out);
        }
    }

    static TableModel load(Path folder) throws IOException {
        var file = Files.isDirectory(folder) ? folder.resolve(FitCommand.MODEL) : folder;
        if (!Files.isRegularFile(file)) throw new IOException("there is no model " + file + "; lyceum fit writes one");
        try {
            return Model.load(file, TableModel.class);
        } catch (FormatException e) {
            throw new IOException(file + " is not a model from lyceum fit (" + e.getMessage() + ")", e);
        }
    }
}
