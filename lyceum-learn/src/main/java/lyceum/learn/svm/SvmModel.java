package lyceum.learn.svm;

import java.util.Arrays;
import lyceum.DType;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link Svm}. A pair of classes a below b is one function, positive for b; pairs come in the order (0, 1), (0, 2), ..., (1, 2),
 * ...
 *
 * @param classes labels, ascending
 * @param support the functions of all pairs
 * @param objectives the dual objective of each pair, {@code a'Qa / 2 - sum a} (for nu {@code a'Qa / 2} before the division by rho)
 * @param violations by how much the optimality conditions of each pair are violated at most
 * @param converged whether all of them are within the tolerance
 * @param sigmoids Platt's a and b of each pair (pairs x 2), or null
 */
public record SvmModel(long[] classes, SupportVectors support, double[] objectives, double[] violations, boolean converged, Tensor sigmoids)
        implements ClassificationModel {
    @Override public long[] classes() { return classes.clone(); }

    @Override public double[] objectives() { return objectives.clone(); }

    @Override public double[] violations() { return violations.clone(); }

    @Override public int nFeatures() { return support.nFeatures(); }

    @Override public boolean hasProbabilities() { return sigmoids != null; }

    /** The values of every pair's function (n x pairs), F64. */
    public Tensor pairwise(Tensor x) { return support.values(LearnerInput.forModel(this, x).x()); }

    /**
     * For two classes the signed distance from the boundary in units of half the street (n). For more, votes (n x classes), between which
     * the sums of the pairs' values decide.
     */
    @Override public Tensor decisionFunction(Tensor x) {
        var values = pairwise(x);
        var type = LearnerInput.forModel(this, x).x().dtype();
        int k = classes.length;
        if (k == 2) return values.squeeze(1).to(type);
        double[][] pairs = values.toRows();
        var out = new double[pairs.length * k];
        var sum = new double[k];
        for (int i = 0; i < pairs.length; i++) {
            Arrays.fill(sum, 0);
            for (int a = 0, m = 0; a < k; a++) {
                for (int b = a + 1; b < k; b++, m++) {
                    double d = pairs[i][m];
                    out[i * k + (d > 0 ? b : a)]++;
                    sum[a] -= d;
                    sum[b] += d;
                }
            }
            // Less than half a vote, so that it only breaks ties.
            for (int c = 0; c < k; c++) out[i * k + c] += sum[c] / (3 * (Math.abs(sum[c]) + 1));
        }
        return Tensor.of(out, pairs.length, k).to(type);
    }

    @Override public Tensor predict(Tensor x) { return Labels.choose(classes, decisionFunction(x)); }

    /**
     * Platt's probabilities; for more than two classes coupled by the second method of Wu, Lin and Weng (2004). They come from a sigmoid,
     * so the most probable class may differ from {@link #predict} near the boundary.
     */
    @Override public Tensor predictProba(Tensor x) {
        if (sigmoids == null) throw new UnsupportedOperationException(
                "SvmModel.predictProba: fitted without probabilities; use withProbabilities(true), or rank by decisionFunction");
        var type = LearnerInput.forModel(this, x).x().dtype();
        double[][] pairs = pairwise(x).toRows(), ab = sigmoids.toRows();
        int k = classes.length;
        var out = new double[pairs.length * k];
        for (int i = 0; i < pairs.length; i++) {
            var r = new double[k][k];
            for (int a = 0, m = 0; a < k; a++) {
                for (int b = a + 1; b < k; b++, m++) {
                    double p = 1 / (1 + Math.exp(ab[m][0] * pairs[i][m] + ab[m][1]));
                    r[b][a] = Math.clamp(p, 1e-7, 1 - 1e-7);
                    r[a][b] = 1 - r[b][a];
                }
            }
            System.arraycopy(couple(r), 0, out, i * k, k);
        }
        return Tensor.of(out, pairs.length, k).to(type == DType.F32 ? DType.F32 : DType.F64);
    }

    /** Probabilities that minimise {@code sum_ab (r_ba p_a - r_ab p_b)^2}, by the fixed-point iteration of the paper. */
    static double[] couple(double[][] r) {
        int k = r.length;
        if (k == 2) return new double[] {r[0][1], r[1][0]};
        var q = new double[k][k];
        for (int a = 0; a < k; a++) {
            for (int b = 0; b < k; b++) {
                if (a == b) continue;
                q[a][a] += r[b][a] * r[b][a];
                q[a][b] = -r[b][a] * r[a][b];
            }
        }
        double[] p = new double[k], qp = new double[k];
        Arrays.fill(p, 1.0 / k);
        for (int iteration = 0; iteration < 1000; iteration++) {
            double pqp = 0, worst = 0;
            for (int a = 0; a < k; a++) {
                qp[a] = 0;
                for (int b = 0; b < k; b++) qp[a] += q[a][b] * p[b];
                pqp += p[a] * qp[a];
            }
            for (int a = 0; a < k; a++) worst = Math.max(worst, Math.abs(qp[a] - pqp));
            if (worst < 1e-14) break;
            for (int a = 0; a < k; a++) {
                double change = (pqp - qp[a]) / q[a][a];
                p[a] += change;
                double norm = 1 + change;
                pqp = (pqp + change * (change * q[a][a] + 2 * qp[a])) / (norm * norm);
                for (int b = 0; b < k; b++) {
                    qp[b] = (qp[b] + change * q[a][b]) / norm;
                    p[b] /= norm;
                }
            }
        }
        return p;
    }
}
