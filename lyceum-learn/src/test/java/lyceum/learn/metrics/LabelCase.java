package lyceum.learn.metrics;

import java.util.stream.LongStream;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;

/** A random set of labels as the golden files draw it: "r = Recipe(seed); k = 2 + below(5); n = 1 + below(40); ...". */
record LabelCase(int classes, long[] truth, long[] predicted, double[] weights, Recipe recipe) {
    static LabelCase of(Golden input) {
        var r = new Recipe((long) input.number("seed"));
        int k = 2 + r.below(5), n = 1 + r.below(40), seen = 1 + r.below(k);
        int[] truth = r.belows(seen, n);
        double[] right = r.uniforms(n);
        int[] guess = r.belows(k, n);
        var w = new double[n];
        for (int i = 0; i < n; i++) w[i] = 0.25 + r.uniform();
        var t = new long[n];
        var p = new long[n];
        for (int i = 0; i < n; i++) {
            t[i] = truth[i];
            p[i] = right[i] < 0.5 ? truth[i] : guess[i];
        }
        return new LabelCase(k, t, p, input.flag("weighted") ? w : null, r);
    }

    ConfusionMatrix matrix() { return ConfusionMatrix.of(truth, predicted, allLabels(), weights); }

    ConfusionMatrix matrixOfPresent() { return ConfusionMatrix.of(truth, predicted, null, weights); }

    long[] allLabels() { return LongStream.range(0, classes).toArray(); }
}
