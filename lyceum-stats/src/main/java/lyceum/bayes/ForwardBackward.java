package lyceum.bayes;

import java.util.Arrays;
import lyceum.bayes.HiddenMarkovModel.Posterior;

/** The sums over all sequences of states, in two arithmetics. {@code b[t K + k]} is the log density of observation t in state k. */
final class ForwardBackward {
    private final double[] start;
    private final double[][] a;
    private final int n, length;

    private ForwardBackward(HiddenMarkovModel model, double[] b) {
        start = model.start();
        a = model.transition();
        n = start.length;
        length = b.length / n;
    }

    static double logLikelihood(HiddenMarkovModel model, double[] b) {
        var sums = new ForwardBackward(model, b);
        var alpha = new double[b.length];
        double log = sums.scaled(b, sums.shapes(b), alpha, new double[sums.length]);
        return log == Double.NEGATIVE_INFINITY ? sums.logForward(b, alpha, model.logTransition()) : log;
    }

    static Posterior posterior(HiddenMarkovModel model, double[] b) {
        var sums = new ForwardBackward(model, b);
        double[] alpha = new double[b.length], shapes = sums.shapes(b), c = new double[sums.length];
        double log = sums.scaled(b, shapes, alpha, c);
        return log == Double.NEGATIVE_INFINITY ? inLogs(model, b) : sums.backward(log, shapes, alpha, c);
    }

    /** Densities over the largest of their time: what is left lies in [0, 1]. */
    private double[] shapes(double[] b) {
        var shapes = new double[b.length];
        for (int t = 0; t < length; t++) {
            double most = most(b, t);
            for (int k = t * n; k < (t + 1) * n; k++) shapes[k] = most == Double.NEGATIVE_INFINITY ? 0 : Math.exp(b[k] - most);
        }
        return shapes;
    }

    private double most(double[] logs, int t) {
        double most = logs[t * n];
        for (int k = t * n + 1; k < (t + 1) * n; k++) most = Math.max(most, logs[k]);
        return most;
    }

    /** Fills alpha with {@code P(z_t | x_1 .. x_t)} and c with what it was divided by; -Infinity if a step has nothing left. */
    private double scaled(double[] b, double[] shapes, double[] alpha, double[] c) {
        double log = 0;
        for (int t = 0; t < length; t++) {
            int at = t * n;
            for (int j = 0; j < n; j++) {
                double sum = t == 0 ? start[j] : 0;
                if (t > 0) for (int i = 0; i < n; i++) sum += alpha[at - n + i] * a[i][j];
                c[t] += alpha[at + j] = sum * shapes[at + j];
            }
            // Below this the sum has lost digits to underflow
            if (!(c[t] > 1e-280)) return Double.NEGATIVE_INFINITY;
            for (int j = 0; j < n; j++) alpha[at + j] /= c[t];
            log += Math.log(c[t]) + most(b, t);
        }
        return log;
    }

    private Posterior backward(double log, double[] shapes, double[] alpha, double[] c) {
        double[][] states = new double[length][], moves = new double[n][n];
        double[] beta = new double[n], seen = new double[n];
        Arrays.fill(beta, 1);
        for (int t = length - 1; t >= 0; t--) {
            int at = t * n;
            states[t] = new double[n];
            for (int k = 0; k < n; k++) states[t][k] = alpha[at + k] * beta[k];
            if (t == 0) break;
            for (int j = 0; j < n; j++) seen[j] = shapes[at + j] * beta[j] / c[t];
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int j = 0; j < n; j++) {
                    double move = a[i][j] * seen[j];
                    moves[i][j] += alpha[at - n + i] * move;
                    sum += move;
                }
                beta[i] = sum;
            }
        }
        return new Posterior(log, states, moves);
    }

    static Posterior inLogs(HiddenMarkovModel model, double[] b) {
        var sums = new ForwardBackward(model, b);
        var alpha = new double[b.length];
        double[][] logs = model.logTransition();
        double log = sums.logForward(b, alpha, logs);
        if (log == Double.NEGATIVE_INFINITY) throw new IllegalArgumentException("posterior: no sequence of states can show this series");
        return sums.logBackward(log, b, alpha, logs);
    }

    private double logForward(double[] b, double[] alpha, double[][] logs) {
        var terms = new double[n];
        for (int t = 0; t < length; t++) for (int j = 0; j < n; j++) {
            int at = t * n + j;
            if (t == 0) alpha[at] = Math.log(start[j]) + b[at];
            else {
                for (int i = 0; i < n; i++) terms[i] = alpha[(t - 1) * n + i] + logs[i][j];
                alpha[at] = HiddenMarkovModel.logSum(terms) + b[at];
            }
        }
        return HiddenMarkovModel.logSum(Arrays.copyOfRange(alpha, (length - 1) * n, length * n));
    }

    private Posterior logBackward(double log, double[] b, double[] alpha, double[][] logs) {
        double[][] states = new double[length][], moves = new double[n][n];
        double[] beta = new double[n], terms = new double[n], seen = new double[n];
        for (int t = length - 1; t >= 0; t--) {
            int at = t * n;
            for (int k = 0; k < n; k++) terms[k] = alpha[at + k] + beta[k];
            // log p(x) again, with this time's rounding: dividing by it keeps a million steps' drift out of the shares
            double total = HiddenMarkovModel.logSum(terms);
            states[t] = new double[n];
            for (int k = 0; k < n; k++) states[t][k] = Math.exp(terms[k] - total);
            if (t == 0) break;
            for (int j = 0; j < n; j++) seen[j] = b[at + j] + beta[j];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    terms[j] = logs[i][j] + seen[j];
                    moves[i][j] += Math.exp(alpha[at - n + i] + terms[j] - total);
                }
                beta[i] = HiddenMarkovModel.logSum(terms);
            }
        }
        return new Posterior(log, states, moves);
    }
}
