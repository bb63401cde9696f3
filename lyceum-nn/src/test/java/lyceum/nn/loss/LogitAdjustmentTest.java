package lyceum.nn.loss;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LogitAdjustmentTest {

    /** Unit-covariance Gaussian classes around random means. */
    private record Classes(double[][] means) {
        static Classes of(Rng rng, int classes, int features, double spread) {
            var means = new double[classes][features];
            for (var mean : means) for (int j = 0; j < features; j++) mean[j] = spread * rng.nextGaussian();
            return new Classes(means);
        }

        /** Labels by priors. */
        int[] labels(Rng rng, double[] priors, int n) {
            var labels = new int[n];
            for (int i = 0; i < n; i++) {
                double u = rng.nextDouble();
                while (labels[i] < priors.length - 1 && (u -= priors[labels[i]]) > 0) labels[i]++;
            }
            return labels;
        }

        double[][] points(Rng rng, int[] labels) {
            var x = new double[labels.length][means[0].length];
            for (int i = 0; i < x.length; i++) for (int j = 0; j < x[i].length; j++) x[i][j] = means[labels[i]][j] + rng.nextGaussian();
            return x;
        }

        /** {@code log prior + log N(x; mean, I)} without what all classes share. */
        double[][] logJoint(double[][] x, double[] priors) {
            var log = new double[x.length][means.length];
            for (int i = 0; i < x.length; i++) for (int k = 0; k < means.length; k++) {
                log[i][k] = Math.log(priors[k]);
                for (int j = 0; j < x[i].length; j++) log[i][k] -= 0.5 * (x[i][j] - means[k][j]) * (x[i][j] - means[k][j]);
            }
            return log;
        }
    }

    private static double[] even(int classes) {
        var p = new double[classes];
        Arrays.fill(p, 1.0 / classes);
        return p;
    }

    /** A uniform point of the simplex. */
    private static double[] simplex(Rng rng, int classes) {
        var p = new double[classes];
        double sum = 0;
        for (int k = 0; k < classes; k++) sum += p[k] = -Math.log(1 - rng.nextDouble());
        for (int k = 0; k < classes; k++) p[k] /= sum;
        return p;
    }

    /** Mean over classes of the share of wrong answers. */
    private static double balancedError(Tensor scores, int[] labels, int classes) {
        int[] said = scores.argmax(1).toIntArray();
        double[] wrong = new double[classes], all = new double[classes];
        for (int i = 0; i < labels.length; i++) {
            all[labels[i]]++;
            if (said[i] != labels[i]) wrong[labels[i]]++;
        }
        double error = 0;
        for (int k = 0; k < classes; k++) error += wrong[k] / all[k] / classes;
        return error;
    }

    @Test
    @Acceptance(topic = "logit-adjustment", clause = 1) void adjustedPosteriorsAreTheTargets() {
        double worst = 0;
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(100 + run);
            int k = 2 + rng.nextInt(6);
            var world = Classes.of(rng, k, 3, 2);
            double[] source = simplex(rng, k), target = simplex(rng, k);
            var x = world.points(rng, world.labels(rng, source, 100));
            var posterior = Tensor.of(world.logJoint(x, source)).logSoftmax(1);
            double[][] adjusted = new LogitAdjustment(Tensor.of(source)).to(Tensor.of(target), posterior).softmax(1).toRows(),
                    joint = world.logJoint(x, target);
            for (int i = 0; i < x.length; i++) {
                double sum = 0;
                for (double v : joint[i]) sum += Math.exp(v);
                for (int c = 0; c < k; c++) worst = Math.max(worst, Math.abs(adjusted[i][c] - Math.exp(joint[i][c]) / sum));
            }
        }
        Evidence.of("adjusted less target posterior", worst, atMost(1e-12));
    }

    /** Shifted after training, and trained with the shift. */
    @Test
    @Tag("slow")
    @Acceptance(topic = "logit-adjustment", clause = 2) void reachesTheBalancedBayesErrorUnderImbalance() {
        int k = 10, features = 6;
        var rng = Rng.of(2);
        var world = Classes.of(rng, k, features, 1.0);
        var priors = new double[k];
        double sum = 0;
        for (int c = 0; c < k; c++) sum += priors[c] = Math.pow(100, -c / 9.0);
        for (int c = 0; c < k; c++) priors[c] /= sum;
        int[] labels = world.labels(rng, priors, 50_000), balanced = world.labels(rng, even(k), 40_000);
        double[][] x = world.points(rng, labels), held = world.points(rng, balanced);
        double bayes = balancedError(Tensor.of(world.logJoint(held, even(k))), balanced, k);
        Evidence.of("balanced Bayes error", bayes, between(0.20, 0.35));

        var counts = new long[k];
        for (int label : labels) counts[label]++;
        var adjustment = LogitAdjustment.ofCounts(counts);
        Tensor train = ones(x), test = ones(held), target = Tensor.of(labels);
        Tensor plain = test.matmul(regression(new CrossEntropy(), train, target, k)),
                during = test.matmul(regression(adjustment.loss(), train, target, k));
        double unadjusted = balancedError(plain, balanced, k), after = balancedError(adjustment.balanced(plain), balanced, k),
                trained = balancedError(during, balanced, k);
        Evidence.of("shifted after training, less Bayes", after - bayes, atMost(0.01));
        Evidence.of("trained with the shift, less Bayes", trained - bayes, atMost(0.01));
        Evidence.of("gain over the unadjusted, after", unadjusted - after, atLeast(0.05));
        Evidence.of("gain over the unadjusted, in training", unadjusted - trained, atLeast(0.05));
    }

    private static Tensor ones(double[][] x) {
        var rows = Tensor.of(x);
        return Tensor.concat(1, rows, Tensor.ones(DType.F64, rows.size(0), 1)).compute();
    }

    private static Tensor regression(Loss loss, Tensor x, Tensor y, int classes) {
        int d = (int) x.size(1);
        var objective = Objective.of(w -> loss.of(x.matmul(w.reshape(d, classes)), y));
        return Tensor.of(new Lbfgs().withGradientTolerance(1e-4).minimize(objective, new double[d * classes]).x(), d, classes);
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "logit-adjustment", clause = 3) void emRecoversUnknownPriors() {
        int k = 10, good = 0;
        double bayes = 0, worst = 0;
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(300 + run);
            var world = Classes.of(rng, k, 6, 1.9);
            double[] source = simplex(rng, k), target = simplex(rng, k);
            var even = world.labels(rng, even(k), 2000);
            bayes = Math.max(bayes, balancedError(Tensor.of(world.logJoint(world.points(rng, even), even(k))), even, k));
            var x = world.points(rng, world.labels(rng, target, 10_000));
            var found = new LogitAdjustment(Tensor.of(source)).estimate(Tensor.of(world.logJoint(x, source)).logSoftmax(1));
            double off = found.sub(Tensor.of(target)).abs().max().item();
            worst = Math.max(worst, off);
            if (off <= 0.02) good++;
        }
        Evidence.of("largest Bayes error", bayes, atMost(0.15));
        Evidence.of("draws of 20 within 0.02", good, atLeast(19));
        Evidence.of("largest error", worst, below(0.05));
    }

    @Test
    @Acceptance(topic = "logit-adjustment", clause = 4) void lossAndGradientEqualTorch() {
        var gap = Gap.relativeBeyondOne();
        var cases = Golden.load("golden/logit-adjustment.json").list("cases");
        for (var c : cases) {
            var r = new Recipe(c.integer("input.seed"));
            int n = 3 + r.below(3), k = 2 + r.below(3);
            double tau = 2 * r.uniform();
            Tensor z = Tensor.of(r.matrix(n, k)).mul(2).compute(), t = Tensor.of(r.belows(k, n)), p = Tensor.of(r.uniforms(k)).add(0.05);
            var loss = new LogitAdjustment(p.div(p.sum()), tau).loss();
            gap.see(c, "expected.loss", loss.of(z, t).item());
            gap.see(c, "expected.gradient", Autograd.grad(x -> loss.of(x, t)).apply(z).toDoubleArray());
        }
        Evidence.of("cases", cases.size(), exactly(20));
        Evidence.of("loss and gradient", gap, atMost(1e-6));
    }

    /** The article's ten cases: trained at 50:50, they average 0.30, and EM ends at 0.09. */
    @Test void saerensOnTenCases() {
        double[] p = {0.9, 0.8, 0.3, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1};
        var logits = new double[10][2];
        for (int i = 0; i < 10; i++) logits[i][0] = Math.log(p[i] / (1 - p[i]));
        var found = new LogitAdjustment(Tensor.of(0.5, 0.5)).estimate(Tensor.of(logits));
        assertThat(found.item(0)).isCloseTo(0.09, within(0.005));
        assertThat(found.sum().item()).isCloseTo(1, within(1e-12));
        // 5% under a prior of 1% is 84% where half are ill.
        var screened = new LogitAdjustment(Tensor.of(0.01, 0.99)).to(Tensor.of(0.5, 0.5), Tensor.of(Math.log(0.05), Math.log(0.95)));
        assertThat(screened.softmax(0).item(0)).isCloseTo(0.84, within(0.005));
    }

    @Test void optionsAndErrors() {
        var adjustment = LogitAdjustment.ofCounts(30, 10);
        assertThat(adjustment.priors().toDoubleArray()).containsExactly(new double[] {0.75, 0.25}, within(1e-15));
        var z = Tensor.randn(Rng.of(7), 4, 2, 3);
        var y = Tensor.randint(Rng.of(8), 0, 2, 4, 3);
        var last = adjustment.loss(new CrossEntropy().withAxis(-1)).of(z.moveAxis(1, -1), y);
        assertThat(last.item()).isCloseTo(adjustment.loss().of(z, y).item(), within(1e-6));
        assertThat(adjustment.withTau(0).balanced(z.moveAxis(1, -1)).sub(z.moveAxis(1, -1)).abs().max().item()).isZero();
        assertThat(last.dtype()).isEqualTo(DType.F32);
        assertThatThrownBy(() -> new LogitAdjustment(Tensor.of(0.5, 0.6)))
                .hasMessageContaining("[0.5, 0.6]; each is above 0, and they add up to 1");
        assertThatThrownBy(() -> adjustment.balanced(Tensor.zeros(4, 3))).hasMessageContaining("logits (4, 3) for 2 classes");
        assertThatThrownBy(() -> adjustment.estimate(Tensor.of(new double[][] {{Double.NaN, 0}}))).hasMessageContaining("not finite");
        assertThatThrownBy(() -> LogitAdjustment.ofCounts(3, 0)).hasMessageContaining("at least one example");
    }
}
