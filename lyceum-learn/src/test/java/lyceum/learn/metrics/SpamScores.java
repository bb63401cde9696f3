package lyceum.learn.metrics;

import lyceum.data.SparseCounts;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;

/** Logistic regression on log(1 + count), for tests that need realistic scores of mails. */
final class SpamScores {
    private final double[] weights;

    private SpamScores(double[] weights) { this.weights = weights; }

    static SpamScores fit(SparseCounts mails, double penalty) {
        int p = mails.features();
        Objective loss = (w, gradient) -> {
            double value = 0;
            for (int j = 0; j < p; j++) {
                gradient[j] = penalty * w[j];
                value += penalty * w[j] * w[j] / 2;
            }
            gradient[p] = 0;
            for (int i = 0; i < mails.size(); i++) {
                double margin = score(mails, i, w), sign = mails.labels()[i] == 1 ? 1 : -1;
                value += Math.max(0, -sign * margin) + Math.log1p(Math.exp(-Math.abs(margin)));
                double pull = -sign / (1 + Math.exp(sign * margin));
                gradient[p] += pull;
                for (int e = mails.rowStarts()[i]; e < mails.rowStarts()[i + 1]; e++) gradient[mails.columns()[e]] += pull * Math.log1p(mails.counts()[e]);
            }
            return value;
        };
        return new SpamScores(new Lbfgs().withMaxIterations(60).minimize(loss, new double[p + 1]).x());
    }

    private static double score(SparseCounts mails, int row, double[] w) {
        double sum = w[w.length - 1];
        for (int e = mails.rowStarts()[row]; e < mails.rowStarts()[row + 1]; e++) sum += w[mails.columns()[e]] * Math.log1p(mails.counts()[e]);
        return sum;
    }

    double[] of(SparseCounts mails) {
        var scores = new double[mails.size()];
        for (int i = 0; i < scores.length; i++) scores[i] = score(mails, i, weights);
        return scores;
    }

    static boolean[] spam(SparseCounts mails) {
        var spam = new boolean[mails.size()];
        for (int i = 0; i < spam.length; i++) spam[i] = mails.labels()[i] == 1;
        return spam;
    }
}
