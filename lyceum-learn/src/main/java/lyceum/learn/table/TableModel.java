package lyceum.learn.table;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import lyceum.data.Column;
import lyceum.data.Frame;
import lyceum.learn.explain.Attribution;
import lyceum.learn.explain.CoalitionGame;
import lyceum.learn.explain.FeatureAttribution;
import lyceum.random.Rng;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Model;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * A model that takes frames: columns by name, texts and dates as they are. Saved and loaded as any {@link Model}, in one file.
 *
 * @param target the column that it predicts
 * @param classes by label, empty for numbers
 * @param model of the encoded rows
 * @param background encoded training rows that explanations compare with
 * @param about what a reader of the file should know: when and from how many rows it was made, and how good it was
 */
public record TableModel(String target, TableTask task, TableEncoder encoder, List<String> classes, Model model, Tensor background,
        Map<String, String> about) implements Model {
    /** Up to so many columns all coalitions are valued; else random orders; and no more can be told apart. */
    private static final int EXACT = 10, ORDERS = 200, PLAYERS = 62;

    public TableModel {
        classes = List.copyOf(classes);
        about = Map.copyOf(about);
    }

    @Override public int nFeatures() { return encoder.parts().size(); }

    /** Reads a CSV file of rows, every column as the type that it had, whole numbers as numbers. @throws IllegalArgumentException if columns are missing */
    public Frame read(Path file) throws IOException { return encoder.read(file); }

    /** The probability of each class (n x classes), or the numbers (n). */
    public Tensor outputs(Frame rows) { return outputs(encoder.encode(rows)); }

    Tensor outputs(Tensor encoded) {
        return model instanceof ClassificationModel classifier ? classifier.predictProba(encoded)
                : ((RegressionModel) model).predict(encoded);
    }

    /** A column {@code prediction}, and for classes one {@code P(name)} each. */
    public Frame predict(Frame rows) {
        var outputs = outputs(rows);
        if (task == TableTask.REGRESSION) return Frame.of(Column.of("prediction", outputs));
        long[] best = outputs.argmax(-1).toLongArray();
        var said = new String[best.length];
        for (int i = 0; i < said.length; i++) said[i] = classes.get((int) best[i]);
        var columns = new ArrayList<>(List.of(Column.categories("prediction", said)));
        for (int c = 0; c < classes.size(); c++) columns.add(Column.of("P(" + classes.get(c) + ")", outputs.select(1, c).contiguous()));
        return Frame.of(columns);
    }

    /**
     * What each column of the table does to the output for a row: Shapley values against the background rows, exact for up to ten columns, else from 200 random
     * orders. For classes it is the probability of the one that is predicted.
     *
     * @param row a frame of one row
     * @throws IllegalArgumentException if it has another number of rows, or the model has more than 62 columns
     */
    public Attribution explain(Frame row) {
        if (row.size() != 1) throw new IllegalArgumentException("explain: " + row.size() + " rows; one at a time");
        var encoded = encoder.encode(row);
        int[][] groups = encoder.groups();
        if (groups.length > PLAYERS) throw new IllegalArgumentException(
                "explain: the model has " + groups.length + " columns; Shapley values are told for up to " + PLAYERS);
        int label = task == TableTask.REGRESSION ? 0 : (int) outputs(encoded).argmax(-1).itemLong(0);
        UnaryOperator<Tensor> output = x -> task == TableTask.REGRESSION ? outputs(x) : outputs(x).select(1, label);
        double[] x = encoded.toDoubleArray(), others = background.toDoubleArray();
        int width = x.length, m = others.length / width;
        var game = new CoalitionGame(groups.length, coalition -> {
            var mixed = others.clone();
            for (int g = 0; g < groups.length; g++)
                if ((coalition >> g & 1) == 1) for (int j : groups[g]) for (int i = 0; i < m; i++) mixed[i * width + j] = x[j];
            return output.apply(Tensor.of(mixed, m, width)).mean().item();
        });
        return groups.length <= EXACT ? FeatureAttribution.shapley(game) : FeatureAttribution.permutationShapley(game, ORDERS, Rng.of(0));
    }

    /** Names of the columns, in the order of an explanation's shares. */
    public List<String> columns() { return encoder.parts().stream().map(TableEncoder.Part::name).toList(); }
}
