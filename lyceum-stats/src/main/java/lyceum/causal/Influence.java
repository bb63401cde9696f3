package lyceum.causal;

import lyceum.linalg.Cholesky;
import lyceum.tensor.Tensor;

/**
 * Effects as means of terms, one for each unit, and their errors from the terms' spread. Where a nuisance model was fitted on the same units, its share
 * is added: the derivative of the mean by its parameters times the units' influence on these.
 */
final class Influence {
    private Influence() {}

    static Effect regression(PotentialOutcomes data, double[][] x, double[] m1, double[] m0, boolean[] among) {
        int n = m1.length, p = x[0].length;
        double share = 0, mean = 0;
        var centre = new double[p];
        for (int i = 0; i < n; i++) if (among[i]) {
            share += 1.0 / n;
            mean += (m1[i] - m0[i]) / n;
            for (int j = 0; j < p; j++) centre[j] += x[i][j] / n;
        }
        mean /= share;
        for (int j = 0; j < p; j++) centre[j] /= share;
        var terms = new double[n];
        for (int i = 0; i < n; i++) if (among[i]) terms[i] = (m1[i] - m0[i] - mean) / share;
        for (boolean arm : new boolean[] {true, false}) {
            var weights = new double[n];
            for (int i = 0; i < n; i++) weights[i] = data.treated()[i] == arm ? 1.0 / n : 0;
            double[] lever = solve(x, weights, centre);
            for (int i = 0; i < n; i++)
                if (data.treated()[i] == arm) terms[i] += (arm ? 1 : -1) * dot(lever, x[i]) * (data.outcome()[i] - (arm ? m1[i] : m0[i]));
        }
        return new Effect(mean, error(terms));
    }

    static Effect weighting(PotentialOutcomes data, double[][] x, double[] e, boolean ofTreated) {
        int n = e.length, p = x[0].length;
        double[] sum = new double[2], total = new double[2];
        for (int i = 0; i < n; i++) {
            int arm = data.treated()[i] ? 1 : 0;
            double w = weight(data, e, i, ofTreated);
            total[arm] += w / n;
            sum[arm] += w * data.outcome()[i] / n;
        }
        double one = sum[1] / total[1], zero = sum[0] / total[0];
        double[] terms = new double[n], slope = new double[p], information = new double[n];
        for (int i = 0; i < n; i++) {
            boolean t = data.treated()[i];
            double residual = t ? (data.outcome()[i] - one) / total[1] : -(data.outcome()[i] - zero) / total[0];
            terms[i] = weight(data, e, i, ofTreated) * residual;
            // Derivatives of the weights by the logit: 1/e falls, 1/(1 - e) and e/(1 - e) rise.
            double rise = ofTreated ? t ? 0 : e[i] / (1 - e[i]) : t ? -(1 - e[i]) / e[i] : e[i] / (1 - e[i]);
            for (int j = 0; j < p; j++) slope[j] += rise * residual * x[i][j] / n;
            information[i] = e[i] * (1 - e[i]) / n;
        }
        double[] lever = solve(x, information, slope);
        for (int i = 0; i < n; i++) terms[i] += dot(lever, x[i]) * ((data.treated()[i] ? 1 : 0) - e[i]);
        return new Effect(one - zero, error(terms));
    }

    private static double weight(PotentialOutcomes data, double[] e, int i, boolean ofTreated) {
        if (ofTreated) return data.treated()[i] ? 1 : e[i] / (1 - e[i]);
        return data.treated()[i] ? 1 / e[i] : 1 / (1 - e[i]);
    }

    static Effect augmented(PotentialOutcomes data, double[] m1, double[] m0, double[] e) {
        int n = e.length;
        var terms = new double[n];
        double mean = 0;
        for (int i = 0; i < n; i++) {
            double y = data.outcome()[i];
            terms[i] = m1[i] - m0[i] + (data.treated()[i] ? (y - m1[i]) / e[i] : -(y - m0[i]) / (1 - e[i]));
            mean += terms[i] / n;
        }
        for (int i = 0; i < n; i++) terms[i] -= mean;
        return new Effect(mean, error(terms));
    }

    /** {@code (X^T W X)^-1 b}. */
    private static double[] solve(double[][] x, double[] w, double[] b) {
        int p = b.length;
        var gram = new double[p][p];
        for (int i = 0; i < x.length; i++)
            if (w[i] != 0) for (int j = 0; j < p; j++) for (int k = 0; k < p; k++) gram[j][k] += w[i] * x[i][j] * x[i][k];
        return Cholesky.of(Tensor.of(gram)).solve(Tensor.of(b)).toDoubleArray();
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int j = 0; j < a.length; j++) sum += a[j] * b[j];
        return sum;
    }

    private static double error(double[] terms) { return Math.sqrt(dot(terms, terms)) / terms.length; }
}
