package lyceum.studio.cli;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import lyceum.FormatException;
import lyceum.data.Csv;
import lyceum.data.Frame;
import lyceum.learn.table.TableModel;
import lyceum.models.task.TabularModel;
import lyceum.stats.learner.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum predict}: what a model of {@code lyceum fit} says of new rows. */
@Command(name = "predict", description = "Predict the rows of a CSV file with a model from lyceum fit, or a table model from lyceum train.",
        footer = {"", "Example:", "  lyceum predict model new.csv --out predictions.csv"})
final class PredictCommand implements Callable<Integer> {

    @ParentCommand private LyceumCommand lyceum;

    @Parameters(index = "0", paramLabel = "MODEL", description = "The folder that lyceum fit or lyceum train wrote.")
    private Path folder;

    @Parameters(index = "1", paramLabel = "FILE", description = "A CSV file with the model's columns, in any order.")
    private Path file;

    @Option(names = "--out", paramLabel = "FILE",
            description = "Where to write the predictions; printed by default.")
    private Path out;

    @Override public Integer call() throws IOException {
        if (out != null && out.toAbsolutePath().getParent() != null && !Files.isDirectory(out.toAbsolutePath().getParent()))
            throw new IOException("there is no folder " + out.toAbsolutePath().getParent());
        var terminal = lyceum.terminal();
        if (TabularModel.isIn(folder)) {
            var network = TabularModel.load(folder);
            write(network.predict(network.read(FitCommand.existing(file))), terminal);
            return LyceumCommand.DONE;
        }
        var model = load(folder);
        var rows = model.read(FitCommand.existing(file));
        var predictions = model.predict(rows);
        model.encoder().unknown(rows).forEach((column, count) -> terminal.err()
                .println(count + " of " + rows.size() + " rows have a " + column + " that the model has not seen; it counts as missing."));
        write(predictions, terminal);
        return LyceumCommand.DONE;
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
