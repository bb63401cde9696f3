package lyceum.learn.cluster;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.learn.cluster.GaussianMixture.Covariance;
import lyceum.learn.cluster.GaussianMixture.Start;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/** Expectation-maximisation for {@link GaussianMixture} on one set of weighted rows. */
final class MixtureEm {
    private final GaussianMixture learner;
    private final LearnerInput input;
    private final int n, p, k;
    private final double[] x, w;
    private final double total;

    MixtureEm(GaussianMixture learner, LearnerInput input, double[] w) {
        this.learner = learner;
        this.input = input;
        this.n = input.rows();
        this.p = input.columns();
        this.k = learner.components();
        this.x = input.x().toDoubleArray();
        this.w = w;
        this.total = Arrays.stream(w).sum();
    }

    GaussianMixtureModel run(Rng rng, long seed) {
        var r = new double[n * k];
        var components = checked(start(rng, seed, r), 0);
        var history = new double[learner.maxIterations() + 1];
        int iterations = 0;
        boolean converged = false;
        double before = Double.NEGATIVE_INFINITY;
        while (iterations < learner.maxIterations() && !converged) {
            double now = responsibilities(components, r);
            history[iterations++] = now;
            components = checked(parameters(r), iterations);
            converged = Math.abs(now - before) < learner.tolerance();
            before = now;
        }
        history[iterations] = responsibilities(components, r);
        return GaussianMixtureModel.of(components, labels(r), total, Arrays.copyOf(history, iterations + 1), iterations, converged);
    }

    private GaussianComponents checked(GaussianComponents components, int iterations) {
        if (components.singular < 0) return components;
        int c = components.singular;
        throw new SingularCovarianceException(input.operation() + ": the covariance of component " + c + " (weight " + components.weights[c]
                + ") is singular after " + iterations + " iterations; raise the regularisation of " + learner.regularisation()
                + ", take fewer components or another start");
    }

    private GaussianComponents start(Rng rng, long seed, double[] r) {
        return switch (learner.start()) {
            case Start.Clusters() -> {
                long[] labels = new KMeans(k).withSeed(seed).fit(input.x(), Tensor.of(w)).labels().toLongArray();
                for (int i = 0; i < n; i++) r[i * k + (int) labels[i]] = 1;
                yield parameters(r);
            }
            case Start.RandomRows() -> {
                Arrays.fill(r, 1.0 / k);
                var all = parameters(r);
                int[] order = Arrays.stream(rng.permutation(n)).filter(i -> w[i] > 0).limit(k).toArray();
                var means = new double[k][];
                for (int c = 0; c < k; c++) means[c] = Arrays.copyOfRange(x, order[c] * p, order[c] * p + p);
                yield new GaussianComponents(learner.covariance(), all.weights, means, all.covariances);
            }
            case Start.Given(Tensor weights, Tensor means, Tensor covariances) -> {
                if (means.size(1) != p)
                    throw new ShapeException(input.operation() + ": starting means have " + means.size(1) + " columns but x has " + p);
                yield GaussianMixtureModel.components(learner.covariance(), weights, means, covariances);
            }
        };
    }

    /** The E step: fills r with responsibilities and returns the mean log-likelihood. */
    private double responsibilities(GaussianComponents components, double[] r) {
        var logs = new double[n];
        Parallel.range(n, 256, (from, to) -> {
            var difference = new double[p];
            for (int i = (int) from; i < to; i++) {
                logs[i] = components.read(x, i * p, r, i * k, difference);
                for (int c = 0; c < k; c++) r[i * k + c] = Math.exp(r[i * k + c] - logs[i]);
            }
        });
        double sum = 0;
        for (int i = 0; i < n; i++) if (w[i] > 0) sum += w[i] * logs[i];
        return sum / total;
    }

    /** The M step. Components are done in parallel, each over all rows in order. */
    private GaussianComponents parameters(double[] r) {
        var type = learner.covariance();
        var weights = new double[k];
        var means = new double[k][p];
        var covariances = new double[k][type.isDense() ? p : 1][p];
        Parallel.range(k, 1, (from, to) -> {
            for (int c = (int) from; c < to; c++) weights[c] = component(r, c, means[c], covariances[c]);
        });
        double sum = Arrays.stream(weights).sum();
        var finished = type == Covariance.TIED ? new double[][][] {pooled(covariances, weights)} : covariances;
        for (double[][] s : finished) {
            if (type == Covariance.SPHERICAL) Arrays.fill(s[0], Arrays.stream(s[0]).sum() / p);
            for (int j = 0; j < p; j++) s[type.isDense() ? j : 0][j] += learner.regularisation();
        }
        for (int c = 0; c < k; c++) weights[c] /= sum;
        return new GaussianComponents(type, weights, means, finished);
    }

    /** Mean and covariance of one component; returns its mass. */
    private double component(double[] r, int c, double[] mean, double[][] s) {
        // As in scikit-learn a trace of mass, so that an empty component divides by something.
        double mass = 10 * Math.ulp(1.0);
        for (int i = 0; i < n; i++) {
            double v = w[i] * r[i * k + c];
            mass += v;
            for (int j = 0; j < p; j++) mean[j] += v * x[i * p + j];
        }
        for (int j = 0; j < p; j++) mean[j] /= mass;
        var d = new double[p];
        boolean dense = learner.covariance().isDense();
        for (int i = 0; i < n; i++) {
            double v = w[i] * r[i * k + c] / mass;
            if (v == 0) continue;
            for (int j = 0; j < p; j++) d[j] = x[i * p + j] - mean[j];
            if (dense) for (int a = 0; a < p; a++) for (int b = 0; b <= a; b++) s[a][b] += v * d[a] * d[b];
            else for (int j = 0; j < p; j++) s[0][j] += v * d[j] * d[j];
        }
        if (dense) for (int a = 0; a < p; a++) for (int b = 0; b < a; b++) s[b][a] = s[a][b];
        return mass;
    }

    private double[][] pooled(double[][][] covariances, double[] masses) {
        double sum = Arrays.stream(masses).sum();
        var pooled = new double[p][p];
        for (int c = 0; c < k; c++)
            for (int a = 0; a < p; a++) for (int b = 0; b < p; b++) pooled[a][b] += masses[c] / sum * covariances[c][a][b];
        return pooled;
    }

    private long[] labels(double[] r) {
        var labels = new long[n];
        for (int i = 0; i < n; i++) for (int c = 1; c < k; c++) if (r[i * k + c] > r[i * k + (int) labels[i]]) labels[i] = c;
        return labels;
    }
}
