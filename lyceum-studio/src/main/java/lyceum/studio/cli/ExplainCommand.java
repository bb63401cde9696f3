package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import lyceum.learn.table.TableTask;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code lyceum explain}: what each column does to one prediction. */
@Command(name = "explain", description = "Show what each column contributes to one row's prediction (Shapley values).",
        footer = {"", "Example:", "  lyceum explain model new.csv --row 17"})
final class ExplainCommand implements Callable<Integer> {

    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MODEL", description = "The folder that lyceum fit wrote.")
    private Path folder;

    @Parameters(index = "1", paramLabel = "FILE", description = "A CSV file with the row.")
    private Path file;

    @Option(names = "--row", paramLabel = "N", defaultValue = "1",
            description = "Which row, counted from 1; the first by default.") private int row;

    @Override public Integer call() throws IOException {
        var model = PredictCommand.load(folder);
        var rows = model.read(FitCommand.existing(file));
        if (row < 1 || row > rows.size()) throw new ParameterException(spec.commandLine(),
                "--row is " + row + "; " + file.getFileName() + (rows.size() == 0 ? " has none" : " has rows 1 to " + rows.size()));
        var one = rows.rows(row - 1);
        var why = model.explain(one);
        double[] shares = why.shares();
        var lines = new ArrayList<List<String>>(List.of(List.of("column", "value", "share")));
        IntStream.range(0, shares.length).boxed().sorted((a, b) -> Double.compare(Math.abs(shares[b]), Math.abs(shares[a]))).forEach(j -> {
            var name = model.columns().get(j);
            var value = one.column(name).get(0);
            lines.add(List.of(name, value == null ? "missing" : text(value), String.format(Locale.ROOT, "%+.4g", shares[j])));
        });
        var terminal = lyceum.terminal();
        var said = model.predict(one).column("prediction").get(0);
        terminal.out().println(model.target() + " is predicted as " + said
                + (model.task() == TableTask.REGRESSION ? "" : String.format(Locale.ROOT, ", with probability %.4g", why.output())) + ".");
        terminal.out()
                .println(String.format(Locale.ROOT, "Over the rows the model compares with it is %.4g; the columns add:", why.baseline()));
        TextTable.of(lines).lines(terminal, terminal.columns()).forEach(terminal.out()::println);
        return LyceumCommand.DONE;
    }

    private static String text(Object value) {
        return value instanceof Double d && d == Math.rint(d) && Math.abs(d) < 1e15 ? String.valueOf(d.longValue()) : value.toString();
    }
}
