package lyceum.models.task;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.ColumnType;
import lyceum.data.Dataset;
import lyceum.nn.InputBatch;
import lyceum.nn.InputField;
import lyceum.nn.InputLayer;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.nn.loss.Loss;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.TrainingRun;
import lyceum.train.task.TrainingSettings;
import lyceum.train.task.TrainingTask;

/**
 * {@code task: table}: a column of a CSV file from the others, by an {@link Mlp}. Numbers are standardised, texts become one column a value, what is missing
 * has a column of its own.
 *
 * <table>
 * <caption>Its names</caption>
 * <tr><td>{@code data.train}</td><td>a CSV file with a header</td></tr>
 * <tr><td>{@code data.target}</td><td>the column to predict: classes where it holds texts or truth values</td></tr>
 * <tr><td>{@code data.kind}</td><td>auto, classification or regression; auto</td></tr>
 * <tr><td>{@code data.drop}</td><td>columns that are not looked at</td></tr>
 * <tr><td>{@code data.validation}</td><td>share of the rows that is held out: each epoch is judged by them</td></tr>
 * <tr><td>{@code data.test}</td><td>a CSV file that is judged once, in the end</td></tr>
 * <tr><td>{@code data.damaged}</td><td>fatal, or skip: each row is named; fatal</td></tr>
 * <tr><td>{@code model.from}</td><td>instead: a trained folder to go on from, whose columns, scales and layers stay; a head for another number of classes is new</td></tr>
 * <tr><td>{@code model}</td><td>components of {@link MlpConfig}: hidden ([128, 64]), dropout, activation, norm, residual</td></tr>
 * <tr><td>{@code loss.labelSmoothing}</td><td>of classes, 0 by default</td></tr>
 * </table>
 */
public final class TabularTask implements TrainingTask {
    @Override public String name() { return "table"; }

    @Override public String description() { return "a column of a CSV file from the others"; }

    @Override public Prepared prepare(TrainingSettings settings, Path out, Rng rng, Progress progress) throws IOException {
        var data = settings.section("data");
        boolean skips = data.oneOf("damaged", "fatal", "fatal", "skip").equals("skip");
        var target = data.text("target");
        var model = settings.section("model");
        var before = model.has("from") ? TabularModel.load(model.path("from")) : null;
        var all = TableRows.read(data, "train", target, skips, before == null ? Map.of() : before.types());
        var notes = new ArrayList<>(all.notes());
        double share = data.number("validation", 0, 0, 0.999999);
        int[] order = rng.split(1).permutation(all.frame().size());
        int held = share == 0 ? 0 : Math.clamp(Math.round(share * order.length), 1, order.length - 1);
        var train = all.rows(Arrays.stream(order, held, order.length).sorted().toArray());
        var validation = held == 0 ? null : all.rows(Arrays.stream(order, 0, held).sorted().toArray());
        var test = data.has("test") ? TableRows.read(data, "test", target, skips, all.types()) : null;
        if (test != null) notes.addAll(test.notes());
        var column = all.frame().column(target);
        boolean classified = switch (data.oneOf("kind", "auto", "auto", "classification", "regression")) {
            case "auto" -> column.type().isText() || column.type() == ColumnType.BOOL;
            case "regression" -> false;
            default -> true;
        };
        if (!classified && !column.type().isNumeric())
            throw data.wrong("target", target + " is " + column.type() + " and no number to predict");
        var dropped = data.texts("drop");
        for (var name : dropped)
            if (!all.frame().has(name)) throw data.wrong("drop", "there is no column " + name + "; there are " + all.frame().names());
        if (before != null) goesOn(data, before, all, target, dropped);
        var fields = before == null ? train.fields(target, dropped, notes) : before.inputs().fields();
        if (fields.isEmpty()) throw data.wrong("train", "it has no column to predict " + target + " from");
        var names = fields.stream().map(InputField::name).toArray(String[]::new);
        var inputs = before == null ? InputLayer.fit(fields, InputBatch.of(train.frame().select(names)), rng.split(2)) : before.inputs();
        var classes = classified ? TableRows.classes(column) : List.<String>of();
        double shift = 0, scale = 1;
        if (!classified && before != null && before.classes().isEmpty() && before.target().equals(target)) {
            shift = before.shift();
            scale = before.scale();
        } else if (!classified) {
            var y = Tensor.of(train.frame().column(target).numbers());
            shift = y.mean().item();
            scale = Math.sqrt(y.sub(shift).square().mean().item());
            if (!(scale > 0)) throw data.wrong("target", target + " has one value alone");
        }
        var usual = classified ? MlpConfig.classifier(inputs.width(), classes.size(), 128, 64)
                : MlpConfig.regressor(inputs.width(), 1, 128, 64);
        var config = before == null ? model.record(usual, "inputs", "outputs", "head")
                : before.network().config().withOutputs(usual.outputs()).withHead(usual.head());
        var network = new Mlp(config, rng.split(3));
        if (before != null) notes.addAll(Beginnings.taken(before.network(), network, model.path("from"), before.classes(), classes,
                () -> new Mlp(config.withOutputs(usual.outputs() + 1), rng.split(3))));
        var ready = new TabularModel(inputs, network, target, classes, shift, scale);
        var loss = new CrossEntropy().withLabelSmoothing(settings.section("loss").number("labelSmoothing", 0, 0, 1));
        return new Ready(ready, train, dataset(ready, train), loss, validation == null ? null : dataset(ready, validation),
                test == null ? null : dataset(ready, test), notes);
    }

    /** The table has the columns that the network reads, and the target is none of them. */
    private static void goesOn(TrainingSettings data, TabularModel before, TableRows rows, String target, List<String> dropped) {
        var names = before.inputs().fields().stream().map(InputField::name).toList();
        if (!dropped.isEmpty()) throw data.wrong("drop", "the columns are those of the network that it goes on from: " + names);
        if (names.contains(target)) throw data.wrong("target", target + " is among what the network that it goes on from reads: " + names);
        for (var name : names)
            if (!rows.frame().has(name))
                throw data.wrong("train", "there is no column " + name + "; the network that it goes on from reads " + names);
    }

    private static Dataset dataset(TabularModel model, TableRows rows) {
        var x = model.encode(rows.frame()).to(DType.F32).compute();
        if (!model.classes().isEmpty()) return Dataset.of(x, Tensor.of(rows.labels(model.target(), model.classes())));
        var y = Tensor.of(rows.frame().column(model.target()).numbers()).sub(model.shift()).div(model.scale());
        return Dataset.of(x, y.to(DType.F32).reshape(-1, 1).compute());
    }

    private record Ready(TabularModel made, TableRows named, Dataset train, CrossEntropy entropy, Dataset validation, Dataset tested,
            List<String> untold) implements Prepared {
        @Override public Module model() { return made.network(); }

        @Override public int rows() { return train.size(); }

        @Override public List<String> classes() { return made.classes(); }

        @Override public BatchLoss loss() {
            var loss = BatchLoss.of(made.network(), made.classes().isEmpty() ? Loss::mse : entropy, train);
            return new BatchLoss() {
                @Override public Tensor of(int[] rows, Pass pass) { return loss.of(rows, pass); }

                @Override public String nameOf(int row) { return named.nameOf(row); }
            };
        }

        @Override public boolean holdsOut() { return validation != null; }

        @Override public TrainingRun.Evaluated evaluate() { return judged(validation); }

        @Override public SequencedMap<String, Double> test() { return tested == null ? new LinkedHashMap<>() : judged(tested).metrics(); }

        private TrainingRun.Evaluated judged(Dataset rows) {
            var metrics = new LinkedHashMap<String, Double>();
            var out = Autograd.noGrad(() -> made.network().forward(rows.x()));
            if (!made.classes().isEmpty()) {
                metrics.put("accuracy", out.argmax(-1).eq(rows.y()).to(DType.F64).mean().item());
                return new TrainingRun.Evaluated(new CrossEntropy().of(out, rows.y()).item(), metrics);
            }
            double square = out.sub(rows.y()).to(DType.F64).square().mean().item(),
                    y = rows.y().to(DType.F64).sub(rows.y().to(DType.F64).mean()).square().mean().item();
            metrics.put("RMSE", Math.sqrt(square) * made.scale());
            metrics.put("R2", 1 - square / y);
            return new TrainingRun.Evaluated(square, metrics);
        }

        @Override public List<String> summary() {
            return List.of(
                    String.format(Locale.ROOT, "%,d rows, %d columns as %d numbers, to predict %s (%s)%s%s", train.size(),
                            made.inputs().fields().size(), made.inputs().width(), made.target(),
                            made.classes().isEmpty() ? "a number" : made.classes().size() + " classes",
                            held(validation, "to judge epochs by"), held(tested, "to test")),
                    String.format(Locale.ROOT, "Mlp of %,d parameters", made.network().parameterCount()));
        }

        private static String held(Dataset rows, String why) {
            return rows == null ? "" : String.format(Locale.ROOT, "; %,d %s", rows.size(), why);
        }

        @Override public List<String> notes() {
            var notes = List.copyOf(untold);
            untold.clear();
            return notes;
        }

        @Override public void write(Path folder) throws IOException { made.save(folder); }
    }
}
