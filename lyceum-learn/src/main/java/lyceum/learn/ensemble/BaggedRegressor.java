package lyceum.learn.ensemble;

import java.util.ArrayList;
import java.util.Set;
import java.util.function.LongFunction;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Rows;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;

/**
 * {@link Bagging} of learners of one number: predictions are averaged.
 *
 * @param plan what each member sees
 * @param member the learner for a seed
 */
public record BaggedRegressor(Bagging plan, LongFunction<? extends Regressor> member) implements Regressor {
    public BaggedRegressor {
        if (plan.balanced()) throw new IllegalArgumentException("balanced is for classifiers; numbers have no classes to balance");
    }

    @Override public Set<Tag> tags() { return BagDraws.tags(member.apply(0)); }

    @Override public BaggedRegressorModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public BaggedRegressorModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var target = input.target(y);
        double[] w = input.weights(weights);
        int drawnFrom = Rows.ofWeight(w).length;
        var fitted = BagDraws.fit(plan, input, target, w, weights != null, b -> plan.rows(b, drawnFrom), RegressionModel[]::new, 1,
                (b, rows, targets, weight) -> member.apply(plan.seedOf(b)).fit(rows, targets, weight), BaggedRegressorModel::answers);
        var members = new ArrayList<Member<RegressionModel>>();
        for (int b = 0; b < plan.members(); b++) members.add(new Member<>(fitted.models()[b], fitted.features()[b]));
        var unseen = new double[input.rows()];
        for (int i = 0; i < unseen.length; i++) unseen[i] = fitted.sums()[i] / fitted.counts()[i];
        return new BaggedRegressorModel(input.columns(), members, unseen, score(target.toDoubleArray(), unseen, w));
    }

    /** R2 over the rows that have a prediction. */
    static double score(double[] y, double[] f, double[] w) {
        double weight = 0, mean = 0, residual = 0, spread = 0;
        for (int i = 0; i < y.length; i++) {
            if (Double.isNaN(f[i]) || w[i] == 0) continue;
            weight += w[i];
            mean += w[i] / weight * (y[i] - mean);
        }
        for (int i = 0; i < y.length; i++) {
            if (Double.isNaN(f[i])) continue;
            residual += w[i] * (y[i] - f[i]) * (y[i] - f[i]);
            spread += w[i] * (y[i] - mean) * (y[i] - mean);
        }
        return weight == 0 ? Double.NaN : spread > 0 ? 1 - residual / spread : residual == 0 ? 1 : 0;
    }
}
