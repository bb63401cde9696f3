package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.decomposition.CanonicalCorrelation;
import lyceum.learn.decomposition.CanonicalModel;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;

/** Two tables that share two hidden causes, and two that share nothing: what canonical correlations say of each, in the sample and outside. */
@Lab(topics = "cca", title = "Two tables, one cause, and none")
final class CanonicalLab implements LabBody {
    @Override public void run(LabContext lab) {
        int rows = lab.param("rows", 100, 30, 2000), columns = lab.param("columns of each table", 10, 2, 30);
        double signal = lab.param("signal", 0.7, 0.0, 2.0), ridge = lab.param("ridge", 1.0, 0.0, 10.0);
        Tensor cause = Tensor.randn(lab.rng(0), DType.F64, 2 * rows, 2), a = Tensor.randn(lab.rng(1), DType.F64, 2, columns).mul(signal),
                b = Tensor.randn(lab.rng(2), DType.F64, 2, columns).mul(signal);
        var x = cause.matmul(a).add(Tensor.randn(lab.rng(3), DType.F64, 2 * rows, columns)).compute();
        var y = cause.matmul(b).add(Tensor.randn(lab.rng(4), DType.F64, 2 * rows, columns)).compute();
        var noise = Tensor.randn(lab.rng(5), DType.F64, 2 * rows, columns);
        Tensor x1 = x.narrow(0, 0, rows), y1 = y.narrow(0, 0, rows), x2 = x.narrow(0, rows, rows), y2 = y.narrow(0, rows, rows),
                n1 = noise.narrow(0, 0, rows), n2 = noise.narrow(0, rows, rows);

        var plain = new CanonicalCorrelation();
        CanonicalModel shared = plain.fit(x1, y1), none = plain.fit(x1, n1);
        lab.figure(Figure.row("The first pair of scores", cloud("Tables that share two causes", shared, x1, y1, x2, y2),
                cloud("Tables that share nothing", none, x1, n1, x2, n2)).describedAs(
                        "In the sample both pairs of scores lie along a line; in new rows the line remains on the left and is gone on the right."));

        var names = IntStream.rangeClosed(1, Math.min(5, columns)).mapToObj(c -> "pair " + c).toArray(String[]::new);
        lab.figure(Figure.row("Correlations in the sample, in new rows, and with a ridge",
                bars("Two causes", names, shared, shared.heldOut(x2, y2), new CanonicalCorrelation(0, ridge).fit(x1, y1).heldOut(x2, y2)),
                bars("Nothing shared", names, none, none.heldOut(x2, n2), new CanonicalCorrelation(0, ridge).fit(x1, n1).heldOut(x2, n2)))
                .describedAs(
                        "What the sample shows is too high for every pair; only pairs with a cause behind them keep a correlation in new rows."));

        double[] byShuffling = plain.permutationPValues(x1, y1, 199, lab.rng(6)),
                byChance = plain.permutationPValues(x1, n1, 199, lab.rng(7));
        lab.table("Is it more than chance?",
                List.of("tables", "first correlation", "p-value by 199 shuffles", "pairs that Bartlett's test finds"),
                List.of(List.of("two causes", shared.correlations()[0], byShuffling[0], found(shared)),
                        List.of("nothing shared", none.correlations()[0], byChance[0], found(none))));

        var grow = new ArrayList<Double>();
        for (int r : new int[] {30, 60, 120, 250, 500, 1000}) grow.add(chance(lab, r, columns));
        lab.figure(Figure
                .line("First correlation of unrelated tables", new double[] {30, 60, 120, 250, 500, 1000},
                        grow.stream().mapToDouble(v -> v).toArray())
                .axes("rows", "mean first correlation").limitY(0, 1)
                .describedAs("With few rows for the columns pure noise correlates strongly, and with too few perfectly."));
        if (!none.warning().isEmpty()) lab.say("Warning of the fit: %s.", none.warning());
        lab.say("Unrelated tables show a first correlation of %.2f in the sample and %.2f in new rows.", none.correlations()[0],
                none.heldOut(x2, n2)[0]);
        lab.shows("first correlation of two causes in new rows", shared.heldOut(x2, y2)[0], atLeast(0.5));
        lab.shows("p-value of unrelated tables by shuffling", byChance[0], above(0.005));
        lab.shows("p-value of two causes by shuffling", byShuffling[0], below(0.05));
    }

    private static String found(CanonicalModel model) {
        return model.warning().isEmpty() ? Integer.toString(model.significant(0.05)) : "too few rows";
    }

    private static double chance(LabContext lab, int rows, int columns) {
        double sum = 0;
        for (int r = 0; r < 5; r++) {
            var rng = lab.rng(100 + 10 * rows + r);
            sum += new CanonicalCorrelation().fit(Tensor.randn(rng, DType.F64, rows, columns), Tensor.randn(rng, DType.F64, rows, columns))
                    .correlations()[0] / 5;
        }
        return sum;
    }

    private static Plot cloud(String title, CanonicalModel m, Tensor x1, Tensor y1, Tensor x2, Tensor y2) {
        return Figure.plot(title).points("sample", m.transform(x1).select(1, 0), m.yScores(y1).select(1, 0))
                .points("new rows", m.transform(x2).select(1, 0), m.yScores(y2).select(1, 0))
                .axes("score of x, in deviations", "score of y, in deviations");
    }

    private static Plot bars(String title, String[] names, CanonicalModel model, double[] fresh, double[] ridged) {
        int k = names.length;
        return Figure
                .bars(title, names, Series.of("sample", Arrays.copyOf(model.correlations(), k)),
                        Series.of("new rows", Arrays.copyOf(fresh, k)), Series.of("new rows, ridge", Arrays.copyOf(ridged, k)))
                .axes("pair", "correlation");
    }
}
