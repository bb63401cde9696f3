package lyceum.learn.selection;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;

/**
 * Errors on the rows fitted and on rows held out, over capacity, training time or number of rows: mean squared error of regressors, share wrong of classifiers. The
 * splits are the same at each point, so that points compare pairwise.
 *
 * {@snippet :
 * Tensor x = Tensor.rand(Rng.of(1), DType.F64, 60, 1), y = x.select(1, 0).mul(6).sin();
 * var curve = FitCurve.overCapacity(d -> Pipeline.of(new PolynomialFeatures(d), new LinearRegression()), x, y, 10, 1, 2, 3, 5, 8);
 * var sizes = FitCurve.overSize(new LinearRegression(), x, y, 10, 10, 20, 40);
 * }
 *
 * @param points what varies, ascending
 * @param train [point][split]
 * @param validation likewise
 * @param baseline error held out of always answering the mean, or the commonest class, by split
 */
public record FitCurve(double[] points, double[][] train, double[][] validation, double[] baseline) {

    /** The k-th point's mean error on the rows fitted. */
    public double train(int k) { return mean(train[k]); }

    /** The k-th point's mean error on rows held out. */
    public double validation(int k) { return mean(validation[k]); }

    private static double mean(double[] values) { return Arrays.stream(values).average().orElseThrow(); }

    /** The point with the least mean error held out. */
    public int best() {
        int best = 0;
        for (int k = 1; k < points.length; k++) if (validation(k) < validation(best)) best = k;
        return best;
    }

    /** Both errors with bands of a standard deviation over splits. */
    public Plot figure(String title, String what) {
        double[][] low = new double[2][points.length], high = new double[2][points.length], mid = new double[2][points.length];
        for (int k = 0; k < points.length; k++) for (int part = 0; part < 2; part++) {
            double[] e = part == 0 ? train[k] : validation[k];
            double mean = mean(e), spread = Math.sqrt(Arrays.stream(e).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
            mid[part][k] = mean;
            low[part][k] = Math.max(mean / 10, mean - spread);
            high[part][k] = mean + spread;
        }
        return Figure.plot(title).band("validation, one deviation", points, low[1], high[1]).line("training", points, mid[0])
                .line("validation", points, mid[1]).axes(what, "error");
    }

    /** Over learners of growing capacity. @param splits of 80% and 20% of the rows, at random */
    public static FitCurve overCapacity(IntFunction<? extends Learner> learner, Tensor x, Tensor y, int splits, int... capacities) {
        return overCapacity(learner, x, y, splits, Progress.SILENT, capacities);
    }

    /** The same. @param progress hears of each split that is done, and can stop the work between two fits */
    public static FitCurve overCapacity(IntFunction<? extends Learner> learner, Tensor x, Tensor y, int splits, Progress progress,
            int... capacities) {
        return of(Arrays.stream(capacities).asDoubleStream().toArray(),
                Arrays.stream(capacities).mapToObj(c -> (Learner) learner.apply(c)).toList(), null, x, y, splits, progress);
    }

    /** Over the number of rows to fit to, the first of each split's. @param sizes from 1 to the four fifths of the rows that are not held out */
    public static FitCurve overSize(Learner learner, Tensor x, Tensor y, int splits, int... sizes) {
        return overSize(learner, x, y, splits, Progress.SILENT, sizes);
    }

    /** The same. @param progress hears of each split that is done, and can stop the work between two fits */
    public static FitCurve overSize(Learner learner, Tensor x, Tensor y, int splits, Progress progress, int... sizes) {
        return of(Arrays.stream(sizes).asDoubleStream().toArray(), Arrays.stream(sizes).mapToObj(s -> learner).toList(), sizes, x, y,
                splits, progress);
    }

    /** Of these learners, in this order. */
    static FitCurve of(double[] points, List<Learner> learners, int[] sizes, Tensor x, Tensor y, int splits, Progress progress) {
        int n = (int) x.size(0), held = Math.max(1, n / 5);
        if (y.rank() != 1 || y.size(0) != n)
            throw new ShapeException("FitCurve: x " + x.shape() + " and y " + y.shape() + "; they are (n, p) and (n)");
        if (points.length == 0 || splits < 2 || n < 5) throw new IllegalArgumentException(
                "FitCurve: " + points.length + " points, " + splits + " splits of " + n + " rows; at least 1, 2 and 5");
        if (sizes != null) for (int size : sizes)
            if (size < 1 || size > n - held) throw new IllegalArgumentException(
                    "FitCurve: a size of " + size + " rows; between 1 and the " + (n - held) + " of " + n + " that are not held out");
        double[][] train = new double[points.length][splits], validation = new double[points.length][splits];
        var baseline = new double[splits];
        var done = new Finished(progress, "split", splits);
        Parallel.range(splits, 1, (from, to) -> {
            for (int s = (int) from; s < to; s++) {
                int[] order = Rng.of(s).permutation(n), test = Arrays.copyOf(order, held), all = Arrays.copyOfRange(order, held, n);
                Tensor testX = x.rows(test), testY = y.rows(test);
                baseline[s] = baseline(y.rows(all), testY);
                for (int k = 0; k < points.length; k++) {
                    if (progress.isCancelled()) throw new CancelledException("FitCurve: stopped in split " + s);
                    int[] rows = sizes == null ? all : Arrays.copyOf(all, sizes[k]);
                    Tensor seenX = x.rows(rows), seenY = y.rows(rows);
                    if (learners.get(k) instanceof Classifier classifier) {
                        ClassificationModel model = classifier.fit(seenX, seenY);
                        train[k][s] = 1 - model.score(seenX, seenY);
                        validation[k][s] = 1 - model.score(testX, testY);
                    } else if (learners.get(k) instanceof Regressor regressor) {
                        RegressionModel model = regressor.fit(seenX, seenY);
                        train[k][s] = model.predict(seenX).sub(seenY).square().mean().item();
                        validation[k][s] = model.predict(testX).sub(testY).square().mean().item();
                    } else throw new IllegalArgumentException(
                            "FitCurve: " + learners.get(k).name() + " is neither a regressor nor a classifier");
                }
                done.one();
            }
        });
        return new FitCurve(points, train, validation, baseline);
    }

    static double baseline(Tensor seen, Tensor unseen) {
        if (seen.dtype().isFloat()) return unseen.sub(seen.mean()).square().mean().item();
        long[] labels = seen.to(DType.I64).toLongArray();
        Arrays.sort(labels);
        long commonest = labels[0];
        int most = 0, run = 0;
        for (int i = 0; i < labels.length; i++) {
            run = i > 0 && labels[i] == labels[i - 1] ? run + 1 : 1;
            if (run <= most) continue;
            most = run;
            commonest = labels[i];
        }
        return 1 - unseen.to(DType.I64).eq(commonest).to(DType.F64).mean().item();
    }
}
