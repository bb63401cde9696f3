package lyceum.stats.learner;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A learner with data that suits it, and one way to fit and read every kind of learner. */
record ContractSubject(Learner learner, Tensor x, Tensor y) {

    static ContractSubject of(Learner learner, int rows, int columns, long seed) {
        var rng = Rng.of(seed);
        boolean positive = learner.tags().contains(Tag.POSITIVE_ONLY);
        var values = new double[rows * columns];
        var labels = new long[rows];
        var targets = new double[rows];
        long[] classes = learner.tags().contains(Tag.BINARY_ONLY) ? new long[] {-1, 4} : new long[] {-1, 4, 9};
        for (int i = 0; i < rows; i++) {
            int c = i % classes.length;
            labels[i] = classes[c];
            for (int j = 0; j < columns; j++) {
                double v = rng.nextGaussian() * 0.6 + (j % classes.length == c ? 3 : 0);
                // Values on a grid of 1/64 stay exact in F32 and in sums.
                v = Math.rint(v * 64) / 64;
                values[i * columns + j] = positive ? Math.abs(v) : v;
                targets[i] += (j + 1) * values[i * columns + j];
            }
            targets[i] += 0.1 * rng.nextGaussian() + 2;
        }
        var x = Tensor.of(values, rows, columns);
        return new ContractSubject(learner, x, learner instanceof Classifier ? Tensor.of(labels) : Tensor.of(targets));
    }

    boolean has(Tag tag) { return learner.tags().contains(tag); }

    Set<Tag> tags() { return learner.tags(); }

    boolean isClassifier() { return learner instanceof Classifier; }

    boolean usesY() { return learner instanceof Regressor || learner instanceof Classifier || has(Tag.SUPERVISED); }

    Model fit() { return fit(x, y, null); }

    Model fit(Tensor x, Tensor y, Tensor weights) {
        return switch (learner) {
            case Classifier c -> c.fit(x, y, weights);
            case Regressor r -> r.fit(x, y, weights);
            case Transformer t -> t.fit(x, y, weights);
            case Clusterer c -> c.fit(x, weights);
            case Density d -> d.fit(x, weights);
            case NoveltyDetector d -> d.fit(x, weights);
            default -> throw new AssertionError(learner.getClass() + " is of no kind that the contract knows");
        };
    }

    /** All that the model says about the rows; the first axis of each is rows. */
    Map<String, Tensor> outputs(Model model, Tensor x) {
        var outputs = new LinkedHashMap<String, Tensor>();
        if (model instanceof RegressionModel m) outputs.put("predict", m.predict(x));
        if (model instanceof ClassificationModel m) {
            outputs.put("predict", m.predict(x));
            if (m.hasProbabilities()) outputs.put("predictProba", m.predictProba(x));
            outputs.put("decisionFunction", m.decisionFunction(x));
        }
        if (model instanceof ClusterModel m && !has(Tag.TRANSDUCTIVE)) outputs.put("predict", m.predict(x));
        if (model instanceof FittedTransformer m) outputs.put("transform", m.transform(x));
        if (model instanceof NoveltyModel m) outputs.put("decisionFunction", m.decisionFunction(x));
        if (model instanceof DensityModel m) outputs.put("logDensity", m.logDensity(x));
        return outputs;
    }

    Map<String, Tensor> outputs() { return outputs(fit(), x); }

    Tensor uniformWeights() {
        var ones = new double[(int) x.size(0)];
        Arrays.fill(ones, 1);
        return Tensor.of(ones);
    }

    /** {@code x} with one value changed. */
    Tensor with(int row, int column, double value) {
        double[] values = x.toDoubleArray();
        values[row * (int) x.size(1) + column] = value;
        return Tensor.of(values, x.size(0), x.size(1));
    }
}
