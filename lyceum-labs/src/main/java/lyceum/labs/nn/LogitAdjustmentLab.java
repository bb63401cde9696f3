package lyceum.labs.nn;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.loss.LogitAdjustment;
import lyceum.nn.loss.Loss;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Three classes of very different size: as tau goes from 0 to 2 the rare ones win back their ground, and then take too much. */
@Lab(topics = "logit-adjustment", title = "Giving the tail its ground back")
final class LogitAdjustmentLab implements LabBody {
    private static final double[][] CENTRES = {{0, 1.2}, {-1.3, -0.8}, {1.3, -0.8}};
    private static final String[] NAMES = {"head", "middle", "tail"};

    @Override public void run(LabContext lab) {
        int n = lab.param("training points", 4000, 500, 20_000);
        double imbalance = lab.param("head over tail", 100.0, 1.0, 1000.0), drift = lab.param("new share of the tail", 0.6, 0.05, 0.9);
        double root = Math.sqrt(imbalance), all = 1 + root + imbalance;
        int[] counts = {(int) (n * imbalance / all), (int) Math.max(1, n * root / all), (int) Math.max(1, n / all)};
        double[][] train = points(lab.rng(1), counts), held = points(lab.rng(2), 3000, 3000, 3000);
        Tensor x = Tensor.of(train), y = Tensor.of(labels(counts)), test = Tensor.of(held);
        var w = Tensor.of(new Lbfgs().withGradientTolerance(1e-6)
                .minimize(Objective.of(v -> Loss.crossEntropy(scores(x, v.reshape(3, 3)), y)), new double[9]).x(), 3, 3);
        var adjustment = LogitAdjustment.ofCounts(counts[0], counts[1], counts[2]);

        var frames = new ArrayList<Plot>();
        var rows = new ArrayList<List<?>>();
        var balanced = new double[9];
        for (int i : lab.progress("tau", 9)) {
            var shifted = adjustment.withTau(i / 4.0);
            var recall = recall(shifted.balanced(scores(test, w)));
            balanced[i] = 1 - (recall[0] + recall[1] + recall[2]) / 3;
            rows.add(List.of(i / 4.0, 100 * recall[0], 100 * recall[1], 100 * recall[2], 100 * balanced[i]));
            frames.add(Figure.plot(String.format(Locale.ROOT, "tau = %.2f, balanced error %.1f%%", i / 4.0, 100 * balanced[i]))
                    .regions(-4, 4, -4, 4, at -> shifted.balanced(scores(at, w)).argmax(1), NAMES)
                    .points("rare training points", x.narrow(0, counts[0], counts[1] + counts[2])).axes("first feature", "second feature"));
        }
        lab.figure(Figure.frames("Decision regions while tau grows", "tau", frames).describedAs(
                "At tau 0 the frequent class holds nearly the whole plane; at 1 the three regions meet in the middle; at 2 the rare class takes more than its due."));
        lab.table("Recall on as many points of each class", List.of("tau", "head (%)", "middle (%)", "tail (%)", "balanced error (%)"),
                rows);

        int tail = (int) (3000 * drift), rest = (3000 - tail) / 2;
        var unlabelled = Tensor.of(points(lab.rng(3), rest, rest, tail));
        double[] found = adjustment.estimate(scores(unlabelled, w)).toDoubleArray(),
                naive = scores(unlabelled, w).softmax(1).mean(0).toDoubleArray();
        double truth = (double) tail / (2 * rest + tail);
        lab.say("Of unlabelled points %.0f%% are of the tail. Averaging the model's answers says %.0f%%, EM says %.0f%%.", 100 * truth,
                100 * naive[2], 100 * found[2]);
        lab.shows("balanced error at tau 1 less that at 0", balanced[4] - balanced[0], below(0));
        lab.shows("error of the tail's share by EM", Math.abs(found[2] - truth), below(0.1));
    }

    private static Tensor scores(Tensor x, Tensor w) { return x.matmul(w.narrow(0, 0, 2)).add(w.get(2)); }

    private static double[][] points(Rng rng, int... counts) {
        var points = new ArrayList<double[]>();
        for (int k = 0; k < counts.length; k++)
            for (int i = 0; i < counts[k]; i++)
                points.add(new double[] {CENTRES[k][0] + rng.nextGaussian(), CENTRES[k][1] + rng.nextGaussian()});
        return points.toArray(double[][]::new);
    }

    private static long[] labels(int... counts) {
        var labels = new long[counts[0] + counts[1] + counts[2]];
        for (int i = 0; i < labels.length; i++) labels[i] = i < counts[0] ? 0 : i < counts[0] + counts[1] ? 1 : 2;
        return labels;
    }

    /** Of 3,000 points of each class, in order. */
    private static double[] recall(Tensor scores) {
        int[] said = scores.argmax(1).toIntArray();
        var recall = new double[3];
        for (int i = 0; i < said.length; i++) if (said[i] == i / 3000) recall[said[i]] += 1 / 3000.0;
        return recall;
    }
}
