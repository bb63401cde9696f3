package lyceum.learn.svm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.kernel.PrecomputedKernel;
import lyceum.random.Rng;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/** Fits the pairs of classes of an {@link Svm}. */
final class SvmTraining {
    private SvmTraining() {}

    /** One pair's solution: {@code y_i a_i} of each row of the pair, after division by rho for nu. */
    private record Machine(double[] coefficients, double intercept, double objective, double violation, boolean converged) {}

    static SvmModel fit(Svm svm, LearnerInput input, Labels labels, double[] w) {
        var rows = input.x().to(DType.F64).copy();
        // A precomputed matrix says here already that it is not square; pairs take parts of it.
        double[][] own = rows.toRows(), x = svm.kernel() instanceof PrecomputedKernel given ? given.matrix(own, own) : own;
        int n = x.length, classes = labels.count(), machines = classes * (classes - 1) / 2, m = 0;
        double[][] coefficients = new double[machines][n];
        double[] intercepts = new double[machines], objectives = new double[machines], violations = new double[machines];
        double[][] sigmoids = svm.probabilities() ? new double[machines][] : null;
        boolean converged = true;
        for (int a = 0; a < classes; a++) {
            for (int b = a + 1; b < classes; b++, m++) {
                int low = a, high = b;
                int[] pair = IntStream.range(0, n).filter(i -> labels.codes()[i] == low || labels.codes()[i] == high).toArray();
                var y = new double[n];
                for (int i : pair) y[i] = labels.codes()[i] == high ? 1 : -1;
                var machine = train(svm, input.operation(), x, pair, y, w);
                for (int i = 0; i < pair.length; i++) coefficients[m][pair[i]] = machine.coefficients[i];
                intercepts[m] = machine.intercept;
                objectives[m] = machine.objective;
                violations[m] = machine.violation;
                converged &= machine.converged;
                if (svm.probabilities()) sigmoids[m] = sigmoid(svm, input.operation(), x, pair, y, w, Rng.of(svm.seed()).split(m));
            }
        }
        var support = SupportVectors.of(svm.kernel(), rows, coefficients, intercepts);
        var model = new SvmModel(labels.classes(), support, objectives, violations, converged,
                sigmoids == null ? null : Tensor.of(sigmoids));
        if (!converged) Smo.warn(input.operation(), svm.solver(), Arrays.stream(violations).max().orElse(0));
        return model;
    }

    private static double[][] sub(Svm svm, double[][] x, int[] rows) {
        var out = new double[rows.length][];
        for (int i = 0; i < rows.length; i++) {
            double[] row = x[rows[i]];
            if (svm.kernel() instanceof PrecomputedKernel) {
                out[i] = new double[rows.length];
                for (int j = 0; j < rows.length; j++) out[i][j] = row[rows[j]];
            } else {
                out[i] = row;
            }
        }
        return out;
    }

    private static Machine train(Svm svm, String operation, double[][] all, int[] rows, double[] sign, double[] weight) {
        int n = rows.length;
        var gram = new GramRows(svm.kernel(), sub(svm, all, rows), 1_000_000L * svm.solver().cacheMegabytes());
        double[] y = new double[n], c = new double[n], p = new double[n], alpha = new double[n];
        double positive = 0, total = 0;
        for (int i = 0; i < n; i++) {
            y[i] = sign[rows[i]];
            c[i] = (svm.nu() > 0 ? 1 : svm.c()) * weight[rows[i]];
            total += c[i];
            if (y[i] > 0) positive += c[i];
        }
        if (positive == 0 || positive == total)
            throw new IllegalArgumentException(operation + ": one of two classes has no weight; leave its label out");
        if (svm.nu() > 0) {
            double half = svm.nu() * total / 2;
            if (half > Math.min(positive, total - positive)) throw new IllegalArgumentException(operation + ": nu is " + svm.nu()
                    + "; with these classes it is at most " + 2 * Math.min(positive, total - positive) / total);
            double[] left = {half, half};
            for (int i = 0; i < n; i++) {
                int g = y[i] > 0 ? 0 : 1;
                alpha[i] = Math.min(c[i], left[g]);
                left[g] -= alpha[i];
            }
        } else {
            Arrays.fill(p, -1);
        }
        int[] identity = IntStream.range(0, n).toArray();
        var smo = new Smo(gram, identity, y, c, p, alpha, svm.nu() > 0, svm.solver());
        double intercept = smo.intercept(0), rho = 1;
        if (svm.nu() > 0) {
            // On the street's edges y (f + b) = rho: -f is b - rho for class 1 and b + rho for class -1.
            double minus = smo.intercept(1);
            rho = (minus - intercept) / 2;
            // The classes' reduced hulls overlap: w is 0, and dividing by rho would blow rounding up.
            if (smo.converged && !(rho > svm.solver().tolerance())) throw new IllegalArgumentException(operation + ": nu is " + svm.nu()
                    + "; with so few rows inside no street parts these classes (rho is " + rho + ", the tolerance "
                    + svm.solver().tolerance() + "); choose a larger nu, a kernel that bends more or a smaller tolerance");
            intercept = (intercept + minus) / 2 / rho;
        }
        var coefficients = new double[n];
        for (int i = 0; i < n; i++) coefficients[i] = y[i] * alpha[i] / rho;
        return new Machine(coefficients, intercept, smo.objective(), smo.violation, smo.converged);
    }

    /** Platt's sigmoid on decision values of rows that the machine had not seen. */
    private static double[] sigmoid(Svm svm, String operation, double[][] x, int[] pair, double[] y, double[] w, Rng rng) {
        int n = pair.length, folds = Math.min(5, n);
        int[] order = rng.permutation(n);
        double[] decisions = new double[n], target = new double[n], weight = new double[n];
        for (int fold = 0; fold < folds; fold++) {
            List<Integer> train = new ArrayList<>(), test = new ArrayList<>();
            for (int i = 0; i < n; i++) (i % folds == fold ? test : train).add(pair[order[i]]);
            int[] rows = train.stream().mapToInt(i -> i).toArray();
            double seenPositive = 0, seenNegative = 0;
            for (int i : rows) {
                if (y[i] > 0) seenPositive += w[i];
                else seenNegative += w[i];
            }
            Machine machine = seenPositive > 0 && seenNegative > 0 ? train(svm, operation, x, rows, y, w) : null;
            for (int i = fold; i < n; i += folds) {
                int row = pair[order[i]];
                decisions[i] = machine == null ? seenPositive > 0 ? 1 : -1 : decision(svm, machine, x, rows, x[row]);
                target[i] = y[row];
                weight[i] = w[row];
            }
        }
        return PlattScaling.fit(decisions, target, weight);
    }

    private static double decision(Svm svm, Machine machine, double[][] x, int[] rows, double[] point) {
        boolean given = svm.kernel() instanceof PrecomputedKernel;
        double sum = machine.intercept;
        for (int i = 0; i < rows.length; i++) {
            if (machine.coefficients[i] == 0) continue;
            sum += machine.coefficients[i] * (given ? point[rows[i]] : svm.kernel().of(x[rows[i]], point));
        }
        return sum;
    }
}
