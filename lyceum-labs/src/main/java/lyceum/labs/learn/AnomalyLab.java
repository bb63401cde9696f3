package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import lyceum.kernel.Rbf;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.anomaly.AnomalyDetector;
import lyceum.learn.anomaly.AnomalyScorer;
import lyceum.learn.anomaly.IsolationForest;
import lyceum.learn.anomaly.LocalOutlierFactor;
import lyceum.learn.anomaly.OneClassScore;
import lyceum.learn.anomaly.Reconstruction;
import lyceum.learn.anomaly.RobustDistance;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.metrics.RocCurve;
import lyceum.learn.svm.OneClassSvm;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Four ways to be odd against five ideas of oddness: each idea has a world in which it is blind. */
@Lab(topics = "anomaly-detection", title = "No universal detector")
final class AnomalyLab implements LabBody {
    private static final int GRID = 24;

    @Override public void run(LabContext lab) {
        int n = lab.param("normal rows", 150, 50, 1000), k = lab.param("neighbours", 20, 2, 40);
        double width = lab.param("kernel width", 0.5, 0.1, 3.0), level = lab.param("false alarms allowed", 0.05, 0.01, 0.3);
        var worlds = new LinkedHashMap<String, Function<Rng, double[]>>();
        worlds.put("far", r -> polar(r, 0, 1, 0));
        worlds.put("local", r -> r.nextBoolean() ? new double[] {0.1 * r.nextGaussian() - 2, 0.1 * r.nextGaussian()}
                : new double[] {1.5 * r.nextGaussian() + 2, 1.5 * r.nextGaussian()});
        worlds.put("off the line", r -> along(3 * r.nextDouble() - 1.5, 0.1 * r.nextGaussian()));
        worlds.put("ring", r -> polar(r, 2, 0.15, 1));
        var odd = Map.<String, Function<Rng, double[]>>of("far", r -> polar(r, 5, 0.3, 1), "local", r -> {
            var row = polar(r, 0.9, 0.1, 1);
            return new double[] {row[0] - 2, row[1]};
        }, "off the line", r -> along(2 * r.nextDouble() - 1, r.nextBoolean() ? 1 : -1), "ring", r -> polar(r, 0, 0.3, 0));
        var scorers = new LinkedHashMap<String, AnomalyScorer>();
        scorers.put("robust distance", new RobustDistance());
        scorers.put("local outlier factor", new LocalOutlierFactor(k));
        scorers.put("isolation forest", new IsolationForest());
        scorers.put("one principal component", new Reconstruction(new Pca(1)));
        scorers.put("one-class SVM", new OneClassScore(new OneClassSvm(new Rbf(width), 0.05)));

        String[] rows = worlds.keySet().toArray(String[]::new), columns = scorers.keySet().toArray(String[]::new);
        var auc = new double[rows.length][columns.length];
        var maps = new ArrayList<Figure>();
        double alarms = 0;
        for (int w = 0; w < rows.length; w++) {
            Rng rng = lab.rng(w);
            Tensor train = draw(worlds.get(rows[w]), n, rng), fresh = draw(worlds.get(rows[w]), 200, rng),
                    out = draw(odd.get(rows[w]), 60, rng);
            for (int c = 0; c < columns.length; c++) {
                var model = new AnomalyDetector(scorers.get(columns[c]), 0.02).fit(train);
                auc[w][c] = auc(model.scores(fresh).toDoubleArray(), model.scores(out).toDoubleArray());
                maps.add(map(rows[w] + ": " + columns[c], train, out, model));
                double[] p = model.calibrate(draw(worlds.get(rows[w]), 199, rng)).pValues(fresh).toDoubleArray();
                alarms += Arrays.stream(p).filter(v -> v <= level).count() / (200.0 * rows.length * columns.length);
            }
        }
        lab.figure(Figure.grid("What each detector calls odd", columns.length, maps.toArray(Figure[]::new)).describedAs(
                "Each row is a world, each column a detector; the shade is the share of training rows that are less odd than a place."));
        lab.figure(Figure.heatmap("Odd rows found, as area under the ROC curve", auc, rows, columns).axes("detector", "world")
                .describedAs("No column is good in every world, and no world is hard for every detector."));
        double worstBest = 1, bestWorst = 0;
        for (var of : auc) worstBest = Math.min(worstBest, Arrays.stream(of).max().orElseThrow());
        for (int c = 0; c < columns.length; c++) {
            int column = c;
            bestWorst = Math.max(bestWorst, Arrays.stream(auc).mapToDouble(of -> of[column]).min().orElseThrow());
        }
        lab.say("Conformal thresholds raise false alarms on %.1f%% of new normal rows, in every world and for every detector.",
                100 * alarms);
        lab.shows("AUC of the best detector in the hardest world", worstBest, atLeast(0.95));
        lab.shows("AUC of a world's blindest detector", Arrays.stream(auc).flatMapToDouble(Arrays::stream).min().orElseThrow(), below(0.8));
        lab.shows("share of false alarms over what was allowed", alarms / level, atMost(1.3));
    }

    private static double[] polar(Rng rng, double radius, double spread, double shell) {
        double angle = 2 * Math.PI * rng.nextDouble(), r = radius + spread * rng.nextGaussian() * shell;
        double loose = spread * (1 - shell);
        return new double[] {r * Math.cos(angle) + loose * rng.nextGaussian(), r * Math.sin(angle) + loose * rng.nextGaussian()};
    }

    private static double[] along(double t, double off) { return new double[] {1.6 * t - 0.6 * off, 1.2 * t + 0.8 * off}; }

    private static Tensor draw(Function<Rng, double[]> world, int n, Rng rng) {
        var rows = new double[n][];
        for (int i = 0; i < n; i++) rows[i] = world.apply(rng);
        return Tensor.of(rows);
    }

    private static double auc(double[] normal, double[] odd) {
        double[] scores = Arrays.copyOf(normal, normal.length + odd.length);
        System.arraycopy(odd, 0, scores, normal.length, odd.length);
        var truth = new boolean[scores.length];
        Arrays.fill(truth, normal.length, truth.length, true);
        return RocCurve.of(truth, scores, null).auc();
    }

    private static Plot map(String title, Tensor train, Tensor out, AnomalyDetector.Fitted model) {
        double[] known = model.model().trainingScores().toDoubleArray();
        Arrays.sort(known);
        var at = Tensor.linspace(-5.5, 5.5, GRID).toDoubleArray();
        var places = new double[GRID * GRID][];
        for (int i = 0; i < places.length; i++) places[i] = new double[] {at[i % GRID], at[i / GRID]};
        double[] scores = model.scores(Tensor.of(places)).toDoubleArray();
        var share = new double[GRID][GRID];
        for (int i = 0; i < scores.length; i++) {
            int rank = Arrays.binarySearch(known, scores[i]);
            share[i / GRID][i % GRID] = (rank < 0 ? -rank - 1 : rank) / (double) known.length;
        }
        return Figure.plot(title).surface(at, at, share).points("normal", train).points("odd", out).axes("first column", "second column");
    }
}
