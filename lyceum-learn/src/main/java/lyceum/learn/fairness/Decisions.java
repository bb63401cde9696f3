package lyceum.learn.fairness;

import java.util.Arrays;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/**
 * A base classifier's model for labels 0 and 1, or the constant that remains where one label alone has weight.
 *
 * @param model null for a constant
 * @param constant 0 or 1; NaN where there is a model
 */
public record Decisions(ClassificationModel model, double constant) {
    static Decisions fit(Classifier base, Tensor x, long[] labels, double[] weights) {
        double[] mass = new double[2];
        for (int i = 0; i < labels.length; i++) mass[(int) labels[i]] += weights == null ? 1 : weights[i];
        if (mass[0] <= 0 || mass[1] <= 0) return new Decisions(null, mass[1] > 0 ? 1 : 0);
        return new Decisions(base.fit(x, Tensor.of(labels), weights == null ? null : Tensor.of(weights)), Double.NaN);
    }

    /** 0 or 1 for each row. */
    public double[] of(Tensor x) {
        if (model != null) return Arrays.stream(model.predict(x).toLongArray()).asDoubleStream().toArray();
        var same = new double[(int) x.size(0)];
        Arrays.fill(same, constant);
        return same;
    }

    /** Grows with the evidence for label 1. */
    double[] scores(Tensor x) {
        if (model == null) return of(x);
        return model.hasProbabilities() ? model.predictProba(x).select(1, 1).toDoubleArray() : model.decisionFunction(x).toDoubleArray();
    }
}
