package lyceum.learn.leakage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.metrics.DeLong;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.neighbors.NeighborWeights;
import lyceum.learn.selection.BestCorrelated;
import lyceum.learn.selection.Fold;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.GroupKFold;
import lyceum.learn.selection.KFold;
import lyceum.learn.selection.TimeSeriesSplit;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.StandardScaler;
import lyceum.tensor.Tensor;

/**
 * A world with a leak in it, what an audit should call it, and 5,000 rows from live use.
 *
 * @param kind null for a world without one
 * @param honest rows to fit to when the leak's cause is gone
 * @param empty the column that is empty in live use, or -1
 */
record PlantedLeak(String name, Finding.Kind kind, Evaluation evaluation, int[] honest, int empty, double[][] fresh, long[] freshLabels) {
    static final int FRESH = 5_000;

    /** Area on fresh rows of what is fitted to all honest rows without the leak. */
    DeLong freshArea() {
        var x = new ArrayList<double[]>();
        double[][] rows = evaluation.x().toRows();
        for (int row : honest) x.add(rows[row].clone());
        for (double[] row : fresh) x.add(row.clone());
        if (empty >= 0) for (double[] row : x) row[empty] = 0;
        long[] known = evaluation.y().toLongArray();
        long[] labels = Arrays.copyOf(Arrays.stream(honest).mapToLong(row -> known[row]).toArray(), x.size());
        System.arraycopy(freshLabels, 0, labels, honest.length, freshLabels.length);
        var fold = new Fold(IntStream.range(0, honest.length).toArray(), IntStream.range(honest.length, x.size()).toArray());
        var preparation = evaluation.preparation().repaired() == null ? evaluation.preparation() : evaluation.preparation().repaired();
        var y = Tensor.of(labels);
        var prepared = preparation.prepare(Tensor.of(x.toArray(double[][]::new)), y, fold);
        var model = ((Classifier) evaluation.learner()).fit(prepared.train(), y.rows(fold.train()));
        var positive = new boolean[freshLabels.length];
        for (int i = 0; i < positive.length; i++) positive[i] = freshLabels[i] == 1;
        return DeLong.of(positive, model.predictProba(prepared.test()).select(1, 1).toDoubleArray());
    }

    private static final Classifier LOGISTIC = new LogisticRegression(),
            NEIGHBOURS = new KNeighborsClassifier(7).withWeights(NeighborWeights.DISTANCE);

    /** Sixty worlds: ten of each of six kinds. */
    static List<PlantedLeak> sixty() {
        var all = new ArrayList<PlantedLeak>();
        for (int i = 0; i < 10; i++) {
            var rng = Rng.of(7_000 + i);
            all.add(proxy(rng.split(0), i));
            all.add(late(rng.split(1), i, true));
            all.add(copies(rng.split(2), i, true));
            all.add(i < 5 ? groups(rng.split(3), i, true) : times(rng.split(4), i, true));
            all.add(i < 5 ? selection(rng.split(5), i, true) : scaling(rng.split(6), i, true));
            all.add(encoding(rng.split(7), i, true));
        }
        return all;
    }

    /** Forty without a leak. */
    static List<PlantedLeak> forty() {
        var all = new ArrayList<PlantedLeak>();
        for (int i = 0; i < 40; i++) {
            var rng = Rng.of(9_000 + i);
            all.add(switch (i % 7) {
                case 0 -> late(rng, i, false);
                case 1 -> copies(rng, i, false);
                case 2 -> groups(rng, i, false);
                case 3 -> times(rng, i, false);
                case 4 -> selection(rng, i, false);
                case 5 -> scaling(rng, i, false);
                default -> encoding(rng, i, false);
            });
        }
        return all;
    }

    /** Rows with labels. */
    private static final class World {
        final double[][] x;
        final long[] y;

        World(int n, IntFunction<double[]> row, IntFunction<Long> label) {
            x = new double[n][];
            y = new long[n];
            for (int i = 0; i < n; i++) {
                x[i] = row.apply(i);
                y[i] = label.apply(i);
            }
        }
    }

    private static long coin(Rng rng, double logit) { return rng.nextDouble() < 1 / (1 + Math.exp(-logit)) ? 1 : 0; }

    private static double[] normals(Rng rng, int p) { return IntStream.range(0, p).mapToDouble(j -> rng.nextGaussian()).toArray(); }

    /** Four columns of which two tell the label, and room for more. */
    private static World honest(Rng rng, int n, int p) {
        var x = new double[n][];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            x[i] = Arrays.copyOf(normals(rng, 4), p);
            y[i] = coin(rng, 1.3 * x[i][0] - 0.9 * x[i][1]);
        }
        return new World(n, i -> x[i], i -> y[i]);
    }

    private static Evaluation evaluation(World w, FoldScheme scheme, int[] groups, Classifier learner) {
        return Evaluation.of(Tensor.of(w.x), Tensor.of(w.y), scheme.folds(new FoldScheme.Rows(w.y.length, w.y, groups)))
                .withLearner(learner);
    }

    private static int[] all(int n) { return IntStream.range(0, n).toArray(); }

    private static PlantedLeak proxy(Rng rng, int i) {
        var w = honest(rng, 600, 5);
        for (int r = 0; r < 600; r++) {
            boolean filled = w.y[r] == 1 != rng.nextDouble() < 0.005;
            w.x[r][4] = i % 2 == 0 ? w.y[r] + (0.15 + 0.01 * i) * rng.nextGaussian() : filled ? 1 + rng.nextDouble() : 0;
        }
        var fresh = honest(rng, FRESH, 5);
        return new PlantedLeak("proxy " + i, Finding.Kind.PROXY, evaluation(w, new KFold(5).shuffled(i), null, LOGISTIC), all(600), 4,
                fresh.x, fresh.y);
    }

    private static PlantedLeak late(Rng rng, int i, boolean leak) {
        var w = honest(rng, 600, 5);
        double[] predicted = new double[600], written = new double[600];
        for (int r = 0; r < 600; r++) {
            w.x[r][4] = w.y[r] * (0.8 + 0.1 * (i % 10)) + rng.nextGaussian();
            predicted[r] = 100 * rng.nextDouble();
            written[r] = predicted[r] + (leak && rng.nextDouble() < 0.7 ? 1 : -1) * rng.nextDoublePositive();
        }
        var fresh = honest(rng, FRESH, 5);
        return new PlantedLeak("written later " + i, leak ? Finding.Kind.WRITTEN_LATER : null,
                evaluation(w, new KFold(5).shuffled(i), null, LOGISTIC).withPredictedAt(predicted).withWrittenAt(Map.of(4, written)),
                all(600), 4, fresh.x, fresh.y);
    }

    private static PlantedLeak copies(Rng rng, int i, boolean leak) {
        int n = 500, more = leak ? 60 + 20 * i : 0;
        var base = honest(rng, n, 4);
        var of = IntStream.range(0, n + more).map(r -> r < n ? r : rng.nextInt(n)).toArray();
        var w = new World(n + more, r -> {
            double[] row = base.x[of[r]].clone();
            if (r >= n && i % 2 == 1) for (int j = 0; j < 4; j++) row[j] += 1e-4 * rng.nextGaussian();
            return row;
        }, r -> base.y[of[r]]);
        var fresh = honest(rng, FRESH, 4);
        return new PlantedLeak("copies " + i, !leak ? null : i % 2 == 1 ? Finding.Kind.NEAR_DUPLICATES : Finding.Kind.DUPLICATES,
                evaluation(w, new KFold(5).shuffled(i), null, NEIGHBOURS), all(n), -1, fresh.x, fresh.y);
    }

    private static World patients(Rng rng, int groups, int each) {
        var x = new double[groups * each][];
        var y = new long[groups * each];
        for (int g = 0; g < groups; g++) {
            double[] print = normals(rng, 3);
            double effect = 2 * rng.nextGaussian();
            for (int k = 0; k < each; k++) {
                double a = rng.nextGaussian();
                x[g * each + k] = new double[] {a, print[0] + 0.05 * rng.nextGaussian(), print[1] + 0.05 * rng.nextGaussian(),
                        print[2] + 0.05 * rng.nextGaussian()};
                y[g * each + k] = coin(rng, 2 * a + effect);
            }
        }
        return new World(y.length, i -> x[i], i -> y[i]);
    }

    private static PlantedLeak groups(Rng rng, int i, boolean leak) {
        var w = patients(rng, 160, 5);
        int[] groups = IntStream.range(0, 800).map(r -> r / 5).toArray();
        FoldScheme scheme = leak ? new KFold(5).shuffled(i) : new GroupKFold(5);
        var fresh = patients(rng, FRESH / 5, 5);
        return new PlantedLeak("groups " + i, leak ? Finding.Kind.SHARED_GROUPS : null,
                evaluation(w, scheme, groups, NEIGHBOURS).withGroups(groups), all(800), -1, fresh.x, fresh.y);
    }

    /** A regime that switches every 20 steps or so adds to the log odds; the time itself is a column. */
    private static World weather(Rng rng, int from, int n, double regime) {
        var x = new double[n][];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            if (rng.nextDouble() < 0.05) regime = -regime;
            double a = rng.nextGaussian();
            x[i] = new double[] {a, (from + i) / 8.0};
            y[i] = coin(rng, 1.5 * a + regime);
        }
        return new World(n, i -> x[i], i -> y[i]);
    }

    private static PlantedLeak times(Rng rng, int i, boolean leak) {
        int n = 900;
        var w = weather(rng, 0, n, 2);
        FoldScheme scheme = leak ? new KFold(5).shuffled(i) : new TimeSeriesSplit(5);
        // fifty futures of a hundred steps
        var futures = IntStream.range(0, 50).mapToObj(f -> weather(rng.split(f), n, 100, f % 2 == 0 ? 2 : -2)).toList();
        return new PlantedLeak("times " + i, leak ? Finding.Kind.TIME_ORDER : null,
                evaluation(w, scheme, null, new KNeighborsClassifier(15)).withTimes(IntStream.range(0, n).asDoubleStream().toArray()),
                all(n), -1, futures.stream().flatMap(f -> Arrays.stream(f.x)).toArray(double[][]::new),
                futures.stream().flatMapToLong(f -> Arrays.stream(f.y)).toArray());
    }

    private static World wide(Rng rng, int n, int p) {
        var x = new double[n][];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            x[i] = normals(rng, p);
            y[i] = coin(rng, 2 * x[i][0] + 2 * x[i][1]);
        }
        return new World(n, i -> x[i], i -> y[i]);
    }

    private static PlantedLeak selection(Rng rng, int i, boolean leak) {
        var w = wide(rng, 300, 500);
        var fresh = wide(rng, FRESH, 500);
        var selector = new BestCorrelated(12 + 2 * (i % 5));
        return new PlantedLeak(
                "selection " + i, leak ? Finding.Kind.FITTED_ON_TEST_LABELS : null, evaluation(w, new KFold(5).shuffled(i), null, LOGISTIC)
                        .withPreparation(leak ? Preparation.outside(selector) : Preparation.inside(selector)),
                all(300), -1, fresh.x, fresh.y);
    }

    private static PlantedLeak scaling(Rng rng, int i, boolean leak) {
        var w = honest(rng, 400 + 40 * (i % 10), 4);
        var fresh = honest(rng, FRESH, 4);
        var scaler = new StandardScaler();
        return new PlantedLeak(
                "scaling " + i, leak ? Finding.Kind.FITTED_ON_TEST_ROWS : null, evaluation(w, new KFold(5).shuffled(i), null, LOGISTIC)
                        .withPreparation(leak ? Preparation.outside(scaler) : Preparation.inside(scaler)),
                all(w.y.length), -1, fresh.x, fresh.y);
    }

    private static World kinds(Rng rng, int n, int categories) {
        var x = new double[n][];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            x[i] = new double[] {rng.nextInt(categories), rng.nextGaussian()};
            y[i] = coin(rng, 1.2 * x[i][1]);
        }
        return new World(n, i -> x[i], i -> y[i]);
    }

    private static PlantedLeak encoding(Rng rng, int i, boolean leak) {
        int categories = 150 + 40 * (i % 10);
        var w = kinds(rng, 1_000, categories);
        var fresh = kinds(rng, FRESH, categories);
        return new PlantedLeak("encoding " + i, leak ? Finding.Kind.FITTED_ON_TEST_LABELS : null,
                evaluation(w, new KFold(5).shuffled(i), null, LOGISTIC)
                        .withPreparation(leak ? Preparation.outside(new TargetMeans()) : Preparation.inside(new TargetMeans())),
                all(1_000), -1, fresh.x, fresh.y);
    }
}
