package lyceum.learn.fairness;

import java.util.Arrays;
import lyceum.DType;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A logistic model trained against an adversary that guesses the group from its score: each step leaves out the part of the gradient that
 * would help the
 * adversary, and adds one that hurts it, {@code g - proj_a(g) - strength a} with the adversary's gradient a. For equalised odds the
 * adversary also
 * sees the label. It has no guarantee: look at the gap that results.
 *
 * @param criterion DEMOGRAPHIC_PARITY or EQUALISED_ODDS
 * @param strength of the part that hurts the adversary, at least 0
 * @param iterations over all rows
 * @param learningRate of the first step; it falls as {@code 1 / sqrt(1 + t / 20)}
 * @see <a href="https://arxiv.org/abs/1801.07593">Zhang, Lemoine and Mitchell (2018), Mitigating Unwanted Biases with Adversarial
 *     Learning</a>
 */
@Withers
public record AdversarialDebiasing(FairnessCriterion criterion, double strength, int iterations, double learningRate)
        implements AdversarialDebiasingWithers, BiasMitigation {
    public AdversarialDebiasing {
        if (criterion != FairnessCriterion.DEMOGRAPHIC_PARITY && criterion != FairnessCriterion.EQUALISED_ODDS)
            throw new IllegalArgumentException("AdversarialDebiasing: " + criterion + "; take DEMOGRAPHIC_PARITY or EQUALISED_ODDS");
        if (!(strength >= 0)) throw new IllegalArgumentException("AdversarialDebiasing: strength is " + strength + "; it is at least 0");
        if (iterations < 1) throw new IllegalArgumentException("AdversarialDebiasing: " + iterations + " iterations; at least 1 is needed");
        if (!(learningRate > 0))
            throw new IllegalArgumentException("AdversarialDebiasing: learningRate is " + learningRate + "; it is positive");
    }

    /** Strength 1, 300 iterations, learning rate 1. */
    public AdversarialDebiasing(FairnessCriterion criterion) { this(criterion, 1, 300, 1); }

    @Override public FairModel fit(Tensor x, Tensor labels, Tensor groups) {
        var rows = GroupedRows.of("AdversarialDebiasing.fit", x, labels, groups);
        int p = (int) rows.x().size(1);
        double[] mean = new double[p], scale = new double[p];
        double[] z = standardised(rows.x().to(DType.F64).toDoubleArray(), p, mean, scale);
        double[] w = train(z, p, rows);
        return (other, _) -> {
            double[] values = other.to(DType.F64).toDoubleArray(), decisions = new double[(int) other.size(0)];
            for (int i = 0; i < decisions.length; i++) {
                double score = w[p];
                for (int j = 0; j < p; j++) score += w[j] * (values[i * p + j] - mean[j]) / scale[j];
                decisions[i] = score > 0 ? 1 : 0;
            }
            return decisions;
        };
    }

    private static double[] standardised(double[] x, int p, double[] mean, double[] scale) {
        int n = x.length / p;
        for (int i = 0; i < x.length; i++) mean[i % p] += x[i] / n;
        for (int i = 0; i < x.length; i++) scale[i % p] += (x[i] - mean[i % p]) * (x[i] - mean[i % p]) / n;
        for (int j = 0; j < p; j++) scale[j] = scale[j] > 0 ? Math.sqrt(scale[j]) : 1;
        var z = new double[x.length];
        for (int i = 0; i < x.length; i++) z[i] = (x[i] - mean[i % p]) / scale[i % p];
        return z;
    }

    private double[] train(double[] z, int p, GroupedRows rows) {
        int n = rows.labels().length, k = rows.groups().count();
        boolean odds = criterion == FairnessCriterion.EQUALISED_ODDS;
        // The adversary's logit of group g for a row with label y: slope[y][g] score + level[y][g]; one y where it may not see the label.
        double[][] slope = new double[2][k], level = new double[2][k];
        double[] w = new double[p + 1], guess = new double[k];
        for (int t = 0; t < iterations; t++) {
            double rate = learningRate / Math.sqrt(1 + t / 20.0);
            double[] own = new double[p + 1], against = new double[p + 1];
            double[][] slopes = new double[2][k], levels = new double[2][k];
            for (int i = 0; i < n; i++) {
                int y = (int) rows.labels()[i], seen = odds ? y : 0, at = i * p;
                double score = w[p];
                for (int j = 0; j < p; j++) score += w[j] * z[at + j];
                double residual = 1 / (1 + Math.exp(-score)) - y, sum = 0, pull = 0;
                double most = Double.NEGATIVE_INFINITY;
                for (int g = 0; g < k; g++) most = Math.max(most, guess[g] = slope[seen][g] * score + level[seen][g]);
                for (int g = 0; g < k; g++) sum += guess[g] = Math.exp(guess[g] - most);
                for (int g = 0; g < k; g++) {
                    double off = guess[g] / sum - (rows.groups().codes()[i] == g ? 1 : 0);
                    pull += off * slope[seen][g];
                    slopes[seen][g] += off * score / n;
                    levels[seen][g] += off / n;
                }
                for (int j = 0; j < p; j++) {
                    own[j] += residual * z[at + j] / n;
                    against[j] += pull * z[at + j] / n;
                }
                own[p] += residual / n;
                against[p] += pull / n;
            }
            step(w, own, against, rate);
            for (int y = 0; y < 2; y++) {
                for (int g = 0; g < k; g++) {
                    slope[y][g] -= rate * slopes[y][g];
                    level[y][g] -= rate * levels[y][g];
                }
            }
        }
        return w;
    }

    private void step(double[] w, double[] own, double[] against, double rate) {
        double along = 0, square = Arrays.stream(against).map(v -> v * v).sum();
        for (int j = 0; j < w.length; j++) along += own[j] * against[j];
        double projection = square > 0 ? along / square : 0;
        for (int j = 0; j < w.length; j++) w[j] -= rate * (own[j] - projection * against[j] - strength * against[j]);
    }
}
