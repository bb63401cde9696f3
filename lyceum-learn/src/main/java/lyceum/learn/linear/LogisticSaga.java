package lyceum.learn.linear;

import lyceum.learn.linear.FeatureRows.SparseRows;
import lyceum.linalg.ProximalMaps;
import lyceum.random.Rng;

/**
 * SAGA for logistic regression (Defazio, Bach and Lacoste-Julien, 2014): one row a step, a table of the last residual of each row, and the proximal map of
 * both penalties. A coefficient whose feature is absent from the row waits, and makes up for the steps that it missed when it is next needed.
 */
final class LogisticSaga {
    private final LogisticProblem problem;
    private final SparseRows x;
    private final int outputs, width, n;
    private final double[] b, residuals, average, fresh;
    private final long[] done;
    private final double step, shrink, threshold;
    private long time;

    LogisticSaga(LogisticProblem problem, double[] start) {
        this.problem = problem;
        x = problem.x.compressed();
        outputs = problem.outputs;
        width = problem.width;
        n = x.rows();
        b = start.clone();
        fresh = new double[outputs];
        done = new long[width];
        residuals = x.scores(b, outputs);
        for (int i = 0; i < n; i++) toResidual(residuals, i * outputs, i);
        average = x.gradient(residuals, outputs);
        for (int at = 0; at < average.length; at++) average[at] /= n;
        double largest = 0;
        for (int i = 0; i < n; i++) {
            double square = 0;
            for (int e = x.start()[i]; e < x.start()[i + 1]; e++) square += x.value()[e] * x.value()[e];
            largest = Math.max(largest, weight(i) * square);
        }
        step = 1 / (3 * Math.max(largest * (outputs == 1 ? 0.25 : 0.5), 1e-300));
        shrink = 1 / (1 + step * problem.l2 / problem.totalWeight);
        threshold = step * problem.l1 / problem.totalWeight;
    }

    /** Weights with mean 1: the objective is the mean over rows. */
    private double weight(int i) { return problem.weights[i] * n / problem.totalWeight; }

    /** Turns the scores of row i, which stand at {@code at}, into weighted residuals. */
    private void toResidual(double[] z, int at, int i) {
        double w = weight(i);
        if (outputs == 1) {
            z[at] = w * (1 / (1 + Math.exp(-z[at])) - problem.codes[i]);
            return;
        }
        double top = z[at], sum = 0;
        for (int k = 1; k < outputs; k++) top = Math.max(top, z[at + k]);
        for (int k = 0; k < outputs; k++) sum += z[at + k] = Math.exp(z[at + k] - top);
        for (int k = 0; k < outputs; k++) z[at + k] = w * (z[at + k] / sum - (k == problem.codes[i] ? 1 : 0));
    }

    LogisticSolution solve(Rng rng, double tolerance, int epochs) {
        double limit = tolerance * problem.totalWeight;
        boolean unpenalised = problem.isUnpenalised();
        int separatedAt = 0;
        for (int epoch = 1; epoch <= epochs; epoch++) {
            for (int s = 0; s < n; s++) visit(rng.nextInt(n));
            if (epoch > 5 && epoch % 5 != 0 && epoch < epochs) continue;
            for (int j = 0; j < width; j++) catchUp(j);
            var point = problem.at(b);
            if (unpenalised && separatedAt == 0 && point.leastMargin() > 0) separatedAt = epoch;
            boolean spent = separatedAt > 0 && point.value() <= LogisticSolution.SPENT * problem.totalWeight;
            if (spent || problem.violation(b, point.gradient()) <= limit) return end(epoch, true, separatedAt);
        }
        return end(epochs, false, separatedAt);
    }

    private LogisticSolution end(int epochs, boolean converged, int separatedAt) {
        return new LogisticSolution(b.clone(), epochs, converged, separatedAt > 0 ? Separation.COMPLETE : Separation.NONE, separatedAt);
    }

    private void visit(int i) {
        int from = x.start()[i], to = x.start()[i + 1];
        int[] column = x.column();
        double[] value = x.value();
        for (int e = from; e < to; e++) catchUp(column[e]);
        for (int k = 0; k < outputs; k++) {
            double z = 0;
            for (int e = from; e < to; e++) z += value[e] * b[k * width + column[e]];
            fresh[k] = z;
        }
        toResidual(fresh, 0, i);
        time++;
        for (int k = 0; k < outputs; k++) {
            double change = fresh[k] - residuals[i * outputs + k];
            residuals[i * outputs + k] = fresh[k];
            for (int e = from; e < to; e++) {
                int at = k * width + column[e];
                b[at] = proximal(b[at] - step * (change * value[e] + average[at]), at);
                average[at] += change * value[e] / n;
            }
        }
        for (int e = from; e < to; e++) done[column[e]] = time;
    }

    private double proximal(double v, int at) { return problem.isFree(at) ? v : ProximalMaps.softThreshold(v, threshold) * shrink; }

    /** The steps that feature j missed: its gradient is the average alone, which has not changed since. */
    private void catchUp(int j) {
        long missed = time - done[j];
        done[j] = time;
        if (missed == 0) return;
        for (int k = 0; k < outputs; k++) {
            int at = k * width + j;
            double drift = step * average[at], v = b[at];
            for (long s = 0; s < missed; s++) {
                double next = proximal(v - drift, at);
                if (next == v) break;
                v = next;
            }
            b[at] = v;
        }
    }
}
