package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.calibration.CalibrationMap;
import lyceum.learn.calibration.Calibrator;
import lyceum.learn.calibration.IsotonicRegression;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Two maps from a crooked score to probabilities: one too stiff to be right, one that needs many rows. */
@Lab(topics = "platt-isotonic", title = "A stiff map and a loose one")
final class PlattIsotonicLab implements LabBody {
    @Override public void run(LabContext lab) {
        double bend = lab.param("bend", 0.45, 0.0, 0.49);
        int rows = lab.param("rows", 300, 20, 10_000), draws = lab.param("draws", 20, 2, 100);
        double[] at = Tensor.linspace(-6, 6, 241).toDoubleArray();
        double[] scores = Arrays.stream(at).map(z -> score(z, bend)).toArray(),
                truth = Arrays.stream(at).map(PlattIsotonicLab::sigmoid).toArray();
        int[] sizes = {20, 50, 150, 500, 1500, 5000};
        var frames = new ArrayList<Figure>();
        for (int n : sizes) frames.add(maps(lab.rng(n), n, bend, scores, truth));
        lab.figure(Figure.frames("Fitted maps", "rows", frames)
                .labelled(Arrays.stream(sizes).mapToObj(String::valueOf).toArray(String[]::new)).startingAt(3).describedAs(
                        "With few rows the isotonic steps are wild and the sigmoid fair; with many the steps follow the bent truth, which no sigmoid can."));

        double[] platt = new double[sizes.length], isotonic = new double[sizes.length], xs = new double[sizes.length];
        var test = test(lab.rng(7));
        for (int s : lab.progress("sizes", sizes.length)) {
            xs[s] = sizes[s];
            for (int d = 0; d < draws; d++) {
                var rng = lab.rng(1000L * sizes[s] + d);
                var drawn = Drawn.of(rng, sizes[s], bend);
                platt[s] += excess(test, drawn.fit(Calibrator.platt()), bend) / draws;
                isotonic[s] += excess(test, drawn.fit(Calibrator.isotonic()), bend) / draws;
            }
        }
        lab.figure(Figure.line("What each map loses against the truth", xs, platt).named("Platt").line("isotonic", xs, isotonic).logX()
                .logY().axes("rows to calibrate on", "log loss above the best (nats)")
                .describedAs("The sigmoid's loss levels out at what its stiffness costs; the isotonic one falls on and crosses it."));

        var drawn = Drawn.of(lab.rng(1), rows, bend);
        var pooled = IsotonicRegression.fit(drawn.scores, drawn.labels(), null);
        lab.say("Of %d rows the isotonic fit makes %d levels. At %d rows it loses %.4f nats, Platt %.4f; at %d rows %.4f and %.4f.", rows,
                (int) Arrays.stream(pooled.y()).distinct().count(), sizes[1], isotonic[1], platt[1], sizes[5], isotonic[5], platt[5]);
        lab.shows("isotonic less Platt with 50 rows (nats)", isotonic[1] - platt[1], above(0));
        lab.shows("isotonic less Platt with 5,000 rows (nats)", isotonic[5] - platt[5], bend >= 0.3 ? below(0) : below(0.02));
    }

    private record Drawn(double[] scores, int[] truth) {
        static Drawn of(Rng rng, int n, double bend) {
            var scores = new double[n];
            var truth = new int[n];
            for (int i = 0; i < n; i++) {
                double z = 2 * rng.nextGaussian();
                scores[i] = score(z, bend);
                truth[i] = rng.nextDouble() < sigmoid(z) ? 1 : 0;
            }
            return new Drawn(scores, truth);
        }

        CalibrationMap fit(Calibrator calibrator) { return calibrator.fit(Tensor.of(scores), Tensor.of(truth)); }

        double[] labels() { return Arrays.stream(truth).asDoubleStream().toArray(); }
    }

    private static double score(double z, double bend) { return z + bend * Math.sin(2 * z); }

    private static double sigmoid(double z) { return 1 / (1 + Math.exp(-z)); }

    private static double[] test(Rng rng) {
        var z = new double[2000];
        for (int i = 0; i < z.length; i++) z[i] = 2 * rng.nextGaussian();
        return z;
    }

    /** Expected log loss of the mapped scores less that of the true probabilities. */
    private static double excess(double[] z, CalibrationMap map, double bend) {
        double[] p = map.apply(Tensor.of(Arrays.stream(z).map(v -> score(v, bend)).toArray())).select(1, 1).toDoubleArray();
        double sum = 0;
        for (int i = 0; i < z.length; i++) {
            double q = sigmoid(z[i]);
            sum += q * Math.log(q / p[i]) + (1 - q) * Math.log((1 - q) / (1 - p[i]));
        }
        return sum / z.length;
    }

    private static Figure maps(Rng rng, int n, double bend, double[] scores, double[] truth) {
        var drawn = Drawn.of(rng, n, bend);
        double[] platt = drawn.fit(Calibrator.platt()).apply(Tensor.of(scores)).select(1, 1).toDoubleArray();
        double[] isotonic = drawn.fit(Calibrator.isotonic()).apply(Tensor.of(scores)).select(1, 1).toDoubleArray();
        return Figure.line(n + " rows", scores, truth).named("truth").dashed().line("Platt", scores, platt)
                .line("isotonic", scores, isotonic).axes("score", "probability").limitY(0, 1)
                .describedAs("The two maps against the true probability of each score.");
    }
}
