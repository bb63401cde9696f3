package lyceum.learn.topic;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.math.Special;

/**
 * The variational posterior of documents while topics stand: {@code gamma_k = alpha_k + sum_w n_w phi_wk} with
 * {@code phi_wk ~ exp(E log theta_k + E log beta_kw)}, by coordinate ascent (Blei, Ng and Jordan 2003, figure 6).
 */
record DocumentInference(WordCounts data, TopicWeights beta, double[] alpha, double tolerance, int steps) {
    /** Improves gamma (documents x K) from where it stands, and writes {@code n / phinorm} of each entry to {@code ratio}. */
    void run(double[] gamma, double[] ratio) {
        Parallel.range(data.documents(), 16, (from, to) -> run((int) from, (int) to, gamma, ratio));
    }

    /**
     * Begins documents anew, and keeps what that finds unless where they stood has the better bound. A document that only went on from where it
     * stood would keep the topics that it chose when they meant nothing yet; one that always began anew could lower the bound.
     */
    void renew(int from, int to, double[] gamma, double[] ratio) {
        int k = alpha.length;
        double[] before = Arrays.copyOfRange(gamma, from * k, to * k), bounds = new double[to - from];
        for (int d = from; d < to; d++) bounds[d - from] = bound(d, gamma, new double[k]);
        start(data, alpha, from, to, gamma);
        run(from, to, gamma, ratio);
        for (int d = from; d < to; d++) {
            if (bound(d, gamma, new double[k]) >= bounds[d - from]) continue;
            System.arraycopy(before, (d - from) * k, gamma, d * k, k);
            run(d, d + 1, gamma, ratio);
        }
    }

    /** Every topic has an equal share. */
    static void start(WordCounts data, double[] alpha, int from, int to, double[] gamma) {
        int k = alpha.length;
        for (int d = from; d < to; d++) {
            double sum = 0;
            for (int e = data.start()[d]; e < data.start()[d + 1]; e++) sum += data.count()[e];
            for (int t = 0; t < k; t++) gamma[d * k + t] = alpha[t] + sum / k;
        }
    }

    void run(int from, int to, double[] gamma, double[] ratio) {
        int k = alpha.length;
        double[] theta = new double[k], next = new double[k], b = beta.scaled();
        for (int d = from; d < to; d++) {
            int first = data.start()[d], last = data.start()[d + 1], at = d * k;
            expLogTheta(gamma, at, theta);
            for (int step = 0; step < steps; step++) {
                Arrays.fill(next, 0);
                for (int e = first; e < last; e++) {
                    int w = data.word()[e] * k;
                    double norm = Double.MIN_NORMAL;
                    for (int t = 0; t < k; t++) norm += theta[t] * b[w + t];
                    double r = data.count()[e] / norm;
                    for (int t = 0; t < k; t++) next[t] += r * b[w + t];
                }
                double change = 0;
                for (int t = 0; t < k; t++) {
                    double v = alpha[t] + theta[t] * next[t];
                    change += Math.abs(v - gamma[at + t]);
                    gamma[at + t] = v;
                }
                expLogTheta(gamma, at, theta);
                if (change < tolerance * k) break;
            }
            for (int e = first; e < last; e++) {
                int w = data.word()[e] * k;
                double norm = Double.MIN_NORMAL;
                for (int t = 0; t < k; t++) norm += theta[t] * b[w + t];
                ratio[e] = data.count()[e] / norm;
            }
        }
    }

    /** {@code exp E log theta}, except for a common factor, which phi does not feel. */
    static void expLogTheta(double[] gamma, int at, double[] theta) {
        for (int t = 0; t < theta.length; t++) theta[t] = expDigamma(gamma[at + t]);
    }

    /**
     * {@code exp digamma(x)} within 1e-13 for positive x: the inner loop's cost. Below 8 the series is taken at x + 8, less the sum of
     * {@code 1 / (x + i)}, i = 0 to 7, over one denominator; a digamma and its exponential would take a logarithm that cancels.
     */
    static double expDigamma(double x) {
        double y = x, less = 0;
        if (x < 8) {
            double sum = 1, product = x;
            for (int i = 1; i < 8; i++) {
                sum = sum * (x + i) + product;
                product *= x + i;
            }
            less = sum / product;
            y = x + 8;
        }
        double r = 1 / y, w = r * r;
        double tail = w * (1 / 12.0 - w * (1 / 120.0 - w * (1 / 252.0 - w * (1 / 240.0 - w * (1 / 132.0 - w * (691 / 32760.0))))));
        return y * Math.exp(-0.5 * r - tail - less);
    }

    /** The documents' part of the evidence bound at gamma, phi being the best for it; documents are summed in order. */
    double bound(double[] gamma) {
        var parts = new double[data.documents()];
        Parallel.range(parts.length, 16, (from, to) -> {
            var log = new double[alpha.length];
            for (int d = (int) from; d < to; d++) parts[d] = bound(d, gamma, log);
        });
        double sum = 0;
        for (double p : parts) sum += p;
        return sum;
    }

    private double bound(int d, double[] gamma, double[] log) {
        int k = alpha.length;
        double total = 0, alphas = 0, sum = 0, most = Double.NEGATIVE_INFINITY;
        for (int t = 0; t < k; t++) {
            total += gamma[d * k + t];
            alphas += alpha[t];
        }
        double all = Special.digamma(total);
        for (int t = 0; t < k; t++) {
            double g = gamma[d * k + t];
            log[t] = Special.digamma(g) - all;
            most = Math.max(most, log[t]);
            sum += (alpha[t] - g) * log[t] + Special.lgamma(g) - Special.lgamma(alpha[t]);
        }
        sum += Special.lgamma(alphas) - Special.lgamma(total);
        for (int t = 0; t < k; t++) log[t] = Math.exp(log[t] - most);
        for (int e = data.start()[d]; e < data.start()[d + 1]; e++) {
            int w = data.word()[e];
            double norm = Double.MIN_NORMAL;
            for (int t = 0; t < k; t++) norm += log[t] * beta.scaled()[w * k + t];
            sum += data.count()[e] * (Math.log(norm) + most + beta.top()[w]);
        }
        return sum;
    }
}
