package lyceum.learn.leakage;

import java.util.Set;
import java.util.TreeMap;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;

/** Replaces the first column's values by the mean label of the rows that have them. */
record TargetMeans() implements Transformer {
    @Override public Set<Tag> tags() { return Set.of(Tag.SUPERVISED); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        double[] values = x.select(1, 0).toDoubleArray(), answers = y.toDoubleArray();
        var totals = new TreeMap<Double, double[]>();
        double mean = y.mean().item();
        for (int i = 0; i < values.length; i++) {
            var t = totals.computeIfAbsent(values[i], v -> new double[2]);
            t[0] += answers[i];
            t[1]++;
        }
        var means = new TreeMap<Double, Double>();
        totals.forEach((v, t) -> means.put(v, t[0] / t[1]));
        return new Fitted((int) x.size(1), means, mean);
    }

    record Fitted(int nFeatures, TreeMap<Double, Double> means, double mean) implements FittedTransformer {
        @Override public int nOutputs() { return nFeatures; }

        @Override public Tensor transform(Tensor x) {
            double[] values = x.toDoubleArray();
            for (int i = 0; i < values.length; i += nFeatures) values[i] = means.getOrDefault(values[i], mean);
            return Tensor.of(values).reshape(-1, nFeatures);
        }
    }
}
