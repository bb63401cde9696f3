package lyceum.stats;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.optim.GaussNewton;
import lyceum.optim.Newton;
import lyceum.prob.Quadrature;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class FisherInformationTest {
    private static final Transform ID = Transform.IDENTITY;

    @Test
    @Acceptance(topic = "fisher-information", clause = 1) void closedForms() {
        var gap = Gap.relativeBeyondOne();
        for (double p : new double[] {0.01, 0.3, 0.5, 0.93})
            gap.see("Bernoulli", FisherInformation.expected(ParametricFamily.BERNOULLI, p).matrix()[0][0], 1 / (p * (1 - p)));
        for (double rate : new double[] {0.2, 1, 7.5, 60})
            gap.see("Poisson", FisherInformation.expected(ParametricFamily.POISSON, rate).matrix()[0][0], 1 / rate);
        for (double[] t : new double[][] {{0, 1}, {-3, 0.4}, {100, 25}}) {
            var f = FisherInformation.expected(ParametricFamily.NORMAL, t).matrix();
            double s2 = t[1] * t[1];
            double[][] closed = {{1 / s2, 0}, {0, 2 / s2}};
            for (int i = 0; i < 2; i++) gap.see("normal", f[i], closed[i]);
        }
        var rng = Rng.of(3);
        int n = 60;
        var x = rows(rng, n, 3);
        double[] beta = {0.3, -1.1, 0.7};
        var closed = new double[3][3]; // X'WX in plain loops
        for (double[] row : x) {
            double p = 1 / (1 + Math.exp(-dot(row, beta)));
            for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) closed[i][j] += p * (1 - p) * row[i] * row[j];
        }
        var products = FisherInformation.of(GaussNewton.LOGISTIC.of(w -> Tensor.of(x).matmul(w), beta).toMatrix().toRows());
        var observed = FisherInformation.observed(logistic(x, new double[n]), beta); // labels do not matter to the Hessian of the natural parameter
        for (int i = 0; i < 3; i++) {
            gap.see("logistic, by products", products.matrix()[i], closed[i]);
            gap.see("logistic, observed", observed.matrix()[i], closed[i]);
        }
        Evidence.of("largest gap from closed forms of four models, relative beyond 1", gap, below(1e-8));
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    private static double[][] rows(Rng rng, int n, int p) {
        var x = new double[n][p];
        for (double[] row : x) for (int j = 0; j < p; j++) row[j] = j == 0 ? 1 : rng.nextGaussian();
        return x;
    }

    private static LogLikelihood logistic(double[][] x, double[] y) {
        Tensor rows = Tensor.of(x), labels = Tensor.of(y);
        return LogLikelihood.of(y.length, x[0].length, w -> {
            var z = rows.matmul(w);
            return labels.mul(z).sub(z.softplus());
        });
    }

    private record Case(ParametricFamily family, double... theta) {}

    /** Twenty families and coordinates. */
    private static Map<String, Case> models() {
        var all = new LinkedHashMap<String, Case>();
        all.put("normal", new Case(ParametricFamily.NORMAL, 1, 2));
        all.put("normal, log sd", new Case(ParametricFamily.NORMAL.in(ID, Transform.LOG), 1, 0.7));
        all.put("normal, precision-like", new Case(ParametricFamily.NORMAL.in(ID, Transform.RECIPROCAL), -1, 2));
        all.put("exponential", new Case(ParametricFamily.EXPONENTIAL, 0.4));
        all.put("exponential, mean", new Case(ParametricFamily.EXPONENTIAL.in(Transform.RECIPROCAL), 3));
        all.put("exponential, log", new Case(ParametricFamily.EXPONENTIAL.in(Transform.LOG), 0.5));
        all.put("gamma", new Case(ParametricFamily.GAMMA, 2.5, 0.7));
        all.put("gamma, logs", new Case(ParametricFamily.GAMMA.in(Transform.LOG, Transform.LOG), 1.2, 0.1));
        all.put("gamma, scale", new Case(ParametricFamily.GAMMA.in(ID, Transform.RECIPROCAL), 6, 1.4));
        all.put("beta", new Case(ParametricFamily.BETA, 2, 5));
        all.put("beta, logs", new Case(ParametricFamily.BETA.in(Transform.LOG, Transform.LOG), 0.9, 1.1));
        all.put("Poisson", new Case(ParametricFamily.POISSON, 3.3));
        all.put("Poisson, log", new Case(ParametricFamily.POISSON.in(Transform.LOG), 2));
        all.put("Bernoulli", new Case(ParametricFamily.BERNOULLI, 0.2));
        all.put("Bernoulli, logit", new Case(ParametricFamily.BERNOULLI.in(Transform.LOGIT), -0.8));
        all.put("binomial", new Case(ParametricFamily.binomial(12), 0.35));
        all.put("binomial, logit", new Case(ParametricFamily.binomial(30).in(Transform.LOGIT), 0.6));
        all.put("chi-square", new Case(ParametricFamily.CHI_SQUARE, 4.5));
        all.put("t of 5", new Case(ParametricFamily.studentT(5), 0.5, 2));
        all.put("t of 3, log scale", new Case(ParametricFamily.studentT(3).in(ID, Transform.LOG), -1, 0.3));
        return all;
    }

    @Test
    @Acceptance(topic = "fisher-information", clause = 2) void scoresVaryAsTheHessianBends() {
        int n = 100_000, models = 0;
        double worst = 0, curvature = 0;
        for (var model : models().entrySet()) {
            var c = model.getValue();
            int p = c.theta.length;
            var draws = c.family.at(c.theta).sample(Rng.of(1925 + models), n).toDoubleArray();
            var s = c.family.logLikelihood(draws).scores(c.theta);
            var bent = FisherInformation.observed(c.family.expected(c.theta), c.theta).matrix(); // minus the expected Hessian
            var expected = FisherInformation.expected(c.family, c.theta).matrix();
            for (int i = 0; i < p; i++) for (int j = 0; j <= i; j++) {
                double mi = 0, mj = 0, sum = 0, squares = 0;
                for (double[] row : s) {
                    mi += row[i] / n;
                    mj += row[j] / n;
                }
                for (double[] row : s) {
                    double product = (row[i] - mi) * (row[j] - mj);
                    sum += product;
                    squares += product * product;
                }
                double mean = sum / n, error = Math.sqrt((squares / n - mean * mean) / n);
                worst = Math.max(worst, Math.abs(mean - bent[i][j]) / error);
                curvature = Math.max(curvature, Math.abs(expected[i][j] - bent[i][j]) / Math.max(1, Math.abs(bent[i][j])));
            }
            models++;
        }
        Evidence.of("models", models, exactly(20));
        Evidence.of("largest distance of a sampled entry, in standard errors", worst, below(4));
        Evidence.of("largest gap between the two forms by quadrature", curvature, below(1e-8));
    }

    @Test
    @Acceptance(topic = "fisher-information", clause = 3) void divergenceIsHalfTheQuadraticForm() {
        double constant = 0, slopeGap = 0;
        int lines = 0;
        for (var c : models().values()) {
            var f = FisherInformation.expected(c.family, c.theta);
            var p = c.family.at(c.theta);
            var rng = Rng.of(lines);
            var direction = new double[c.theta.length];
            for (int j = 0; j < direction.length; j++) direction[j] = (rng.nextDouble() < 0.5 ? -1 : 1) * (0.3 + rng.nextDouble());
            double[] errors = new double[2];
            double[] lengths = {0.02, 0.0002};
            for (int k = 0; k < 2; k++) {
                double[] d = new double[direction.length], moved = c.theta.clone();
                for (int j = 0; j < d.length; j++) moved[j] += d[j] = lengths[k] * direction[j];
                var q = c.family.at(moved);
                double kl = Quadrature.expectation(p, x -> p.logDensity(x) - q.logDensity(x), 1e-14);
                errors[k] = (f.divergence(d) / kl - 1) / lengths[k];
                constant = Math.max(constant, Math.abs(errors[k]));
            }
            // relative error over length tends to a constant: it is O(|d|), not smaller by chance of one length
            slopeGap = Math.max(slopeGap, Math.abs(errors[0] - errors[1]));
            lines++;
        }
        Evidence.of("families and coordinates", lines, exactly(20));
        Evidence.of("largest relative error over |d|", constant, below(10));
        Evidence.of("largest change of that when |d| falls a hundredfold", slopeGap, below(0.5));
    }

    /** Two inputs, three hidden units, three classes. */
    private static UnaryOperator<Tensor> network(double[][] inputs) {
        var x = Tensor.of(inputs);
        return w -> {
            var hidden = x.matmul(w.narrow(0, 0, 6).reshape(2, 3)).add(w.narrow(0, 6, 3)).tanh();
            return hidden.matmul(w.narrow(0, 9, 9).reshape(3, 3)).add(w.narrow(0, 18, 3));
        };
    }

    @Test
    @Acceptance(topic = "fisher-information", clause = 4) void gaussNewtonIsFisherForSoftmax() {
        var gap = Gap.relativeBeyondOne();
        for (int seed = 0; seed < 5; seed++) {
            var rng = Rng.of(seed);
            var inputs = rows(rng, 20, 2);
            var net = network(inputs);
            double[] w = new double[21], shares = net.apply(Tensor.of(gaussians(rng, w))).softmax(-1).toDoubleArray();
            var fisher = new double[21][21];
            for (int i = 0; i < 20; i++) for (int k = 0; k < 3; k++) { // every label of every input, by its probability
                int row = i, label = k;
                var s = Autograd.grad(t -> net.apply(t).logSoftmax(-1).select(0, row).select(0, label)).apply(Tensor.of(w)).toDoubleArray();
                for (int a = 0; a < 21; a++) for (int b = 0; b < 21; b++) fisher[a][b] += shares[3 * i + k] * s[a] * s[b];
            }
            var ggn = GaussNewton.SOFTMAX.of(net, w).toMatrix().toRows();
            for (int a = 0; a < 21; a++) gap.see("network " + seed + ", row " + a, ggn[a], fisher[a]);
        }
        Evidence.of("largest gap between J'HJ and the enumerated Fisher matrix, relative beyond 1", gap, below(1e-6));
        Evidence.of("entries compared", gap.seen(), exactly(5 * 441));
    }

    private static double[] gaussians(Rng rng, double[] w) {
        for (int j = 0; j < w.length; j++) w[j] = rng.nextGaussian();
        return w;
    }

    @Test
    @Acceptance(topic = "fisher-information", clause = 5) void itTransformsAsAMetric() {
        var gap = Gap.overLargest();
        int maps = 0;
        ParametricFamily[] families = {ParametricFamily.NORMAL, ParametricFamily.GAMMA, ParametricFamily.BETA, ParametricFamily.studentT(4),
                ParametricFamily.GAMMA};
        double[][] at = {{0.4, 1.3}, {2.2, 0.8}, {2.5, 3.5}, {-0.6, 1.7}, {7, 3}};
        for (int k = 0; k < 50; k++) {
            var rng = Rng.of(50 + k);
            var family = families[k % 5];
            double[] theta = at[k % 5];
            // theta = at + A phi + curvature: a bent change of both coordinates about phi = 0 moved to a random phi
            double[][] a = {{1 + rng.nextDouble(), 0.4 * rng.nextGaussian()}, {0.4 * rng.nextGaussian(), -1 - rng.nextDouble()}};
            double bend = 0.2 * rng.nextGaussian();
            double[] phi = {0.1 * rng.nextGaussian(), 0.1 * rng.nextGaussian()};
            UnaryOperator<Tensor> change = p -> Tensor.of(a).matmul(p).add(p.square().sum().mul(bend)).add(p.mul(3).sin().mul(0.05))
                    .add(Tensor.of(theta));
            var there = change.apply(Tensor.of(phi)).toDoubleArray();
            var jacobian = Autograd.jacobian(change, Tensor.of(phi)).toRows();
            var rule = Quadrature.rule(family.at(there));
            var x = Tensor.of(rule.nodes());
            var inPhi = LogLikelihood.of(rule.nodes().length, 2, p -> family.logDensity(change.apply(p), x)).weighted(rule.weights());
            var direct = FisherInformation.empirical(inPhi, phi).matrix();
            var moved = FisherInformation.expected(family, there).in(jacobian).matrix();
            for (int i = 0; i < 2; i++) gap.see("map " + k, moved[i], direct[i]);
            maps++;
        }
        Evidence.of("reparameterisations", maps, exactly(50));
        Evidence.of("largest gap between J'FJ and the information in the new parameters", gap, below(1e-8));
    }

    @Test
    @Acceptance(topic = "fisher-information", clause = 6) void standardErrorsEqualStatsmodelsLogit() {
        var gap = Gap.relative();
        for (var c : Designs.GOLDEN.cases("binomial")) {
            var d = Designs.of(c);
            var base = logistic(d.x(), d.y());
            var l = d.offset() == null ? base : withOffset(d);
            var estimate = new Newton().withGradientTolerance(1e-10).minimize(l.negated(), new double[d.x()[0].length]).x();
            gap.see(c, "expected.logitErrors", FisherInformation.observed(l, estimate).standardErrors());
        }
        Evidence.of("largest relative gap from statsmodels' Logit", gap, below(1e-6));
        Evidence.of("errors compared", gap.seen(), atLeast(10));
    }

    private static LogLikelihood withOffset(Designs d) {
        Tensor rows = Tensor.of(d.x()), labels = Tensor.of(d.y()), offset = Tensor.of(d.offset());
        return LogLikelihood.of(d.y().length, d.x()[0].length, w -> {
            var z = rows.matmul(w).add(offset);
            return labels.mul(z).sub(z.softplus());
        });
    }

    @Test void relativesAgreeWhereTheModelIsRight() {
        var truth = new double[] {2.0, 1.5};
        var draws = ParametricFamily.GAMMA.at(truth).sample(Rng.of(5), 40_000).toDoubleArray();
        var l = ParametricFamily.GAMMA.logLikelihood(draws);
        var expected = FisherInformation.expected(ParametricFamily.GAMMA, truth).times(draws.length);
        for (var f : new FisherInformation[] {FisherInformation.observed(l, truth), FisherInformation.empirical(l, truth)})
            for (int i = 0; i < 2; i++)
                for (int j = 0; j < 2; j++) assertThat(f.matrix()[i][j] / expected.matrix()[i][j]).isCloseTo(1, within(0.05));
        var simulated = FisherInformation.simulated(
                rng -> ParametricFamily.GAMMA.logLikelihood(ParametricFamily.GAMMA.at(truth).sample(rng, 50).toDoubleArray()), 2_000,
                Rng.of(6), truth);
        assertThat(simulated.matrix()[0][1] / (50 * expected.matrix()[0][1] / draws.length)).isCloseTo(1, within(0.15));
    }

    /** Of linear outputs {@code z = X w} it is {@code X' H X}: H is 1 for normals of unit variance, the mean for counts. */
    @Test void gaussNewtonOfNormalsAndCounts() {
        var x = rows(Rng.of(8), 30, 3);
        double[] w = {0.2, -0.4, 0.5};
        double[][] normal = new double[3][3], counts = new double[3][3];
        for (double[] row : x) for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) {
            normal[i][j] += row[i] * row[j];
            counts[i][j] += Math.exp(dot(row, w)) * row[i] * row[j];
        }
        UnaryOperator<Tensor> z = t -> Tensor.of(x).matmul(t);
        double[][] g = GaussNewton.SQUARED.of(z, w).toMatrix().toRows(), h = GaussNewton.POISSON.of(z, w).toMatrix().toRows();
        for (int i = 0; i < 3; i++) {
            assertThat(g[i]).containsExactly(normal[i], within(1e-11));
            assertThat(h[i]).containsExactly(counts[i], within(1e-11));
        }
    }

    @Test void formsAndErrors() {
        var f = FisherInformation.of(new double[][] {{4, 1, 0}, {1, 3, 1}, {0, 1, 2}});
        assertThat(f.diagonal()).containsExactly(4, 3, 2);
        assertThat(f.block(0, 2).matrix()).isDeepEqualTo(new double[][] {{4, 0}, {0, 2}});
        assertThat(f.blockDiagonal(2, 1).matrix()).isDeepEqualTo(new double[][] {{4, 1, 0}, {1, 3, 0}, {0, 0, 2}});
        assertThat(f.divergence(1, 0, -1)).isEqualTo(3);
        assertThat(f.times(new double[] {1, 0, 0})).containsExactly(4, 1, 0);
        assertThatThrownBy(() -> f.blockDiagonal(2, 2)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> FisherInformation.of(new double[][] {{1, 1}, {1, 1}}).standardErrors())
                .isInstanceOf(NotPositiveDefiniteException.class);
    }
}
