package lyceum.theory;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.theory.PacBayes.Bound;
import org.junit.jupiter.api.Test;

class PacBayesTest {
    private static final MathContext DIGITS = new MathContext(40);

    /** {@code ln(1 + t)} by the series of the area hyperbolic tangent, in 40 digits, of arguments between 1/2 and 2 times powers of 2. */
    private static BigDecimal log(BigDecimal x) {
        int twos = 0;
        for (; x.compareTo(BigDecimal.valueOf(1.5)) > 0; twos++) x = x.divide(BigDecimal.TWO, DIGITS);
        for (; x.compareTo(BigDecimal.valueOf(0.7)) < 0; twos--) x = x.multiply(BigDecimal.TWO, DIGITS);
        return series(x).add(series(BigDecimal.valueOf(1.25)).multiply(BigDecimal.valueOf(2L * twos))
                .add(series(BigDecimal.valueOf(1.28)).multiply(BigDecimal.valueOf(twos))), DIGITS); // 2 = 1.25^2 1.28
    }

    private static BigDecimal series(BigDecimal x) {
        BigDecimal z = x.subtract(BigDecimal.ONE).divide(x.add(BigDecimal.ONE), DIGITS), square = z.multiply(z, DIGITS), power = z, sum = z;
        for (int k = 3; k < 120; k += 2) {
            power = power.multiply(square, DIGITS);
            sum = sum.add(power.divide(BigDecimal.valueOf(k), DIGITS), DIGITS);
        }
        return sum.multiply(BigDecimal.TWO, DIGITS);
    }

    private static BigDecimal kl(BigDecimal q, BigDecimal p) {
        BigDecimal rest = BigDecimal.ONE.subtract(q), sum = BigDecimal.ZERO;
        if (q.signum() > 0) sum = sum.add(q.multiply(log(q.divide(p, DIGITS)), DIGITS));
        if (rest.signum() > 0) sum = sum.add(rest.multiply(log(rest.divide(BigDecimal.ONE.subtract(p), DIGITS)), DIGITS));
        return sum;
    }

    @Test
    @Acceptance(topic = "pac-bayes", clause = 1) void theInverseOfKlIsExact() {
        assertThat(log(BigDecimal.valueOf(7)).doubleValue()).isCloseTo(Math.log(7), within(1e-15));
        var rng = Rng.of(1);
        double worst = 0;
        for (int t = 0; t < 300; t++) {
            double q = t < 20 ? 0 : t < 40 ? 1e-9 * rng.nextDouble() : t < 60 ? 1 - 1e-6 * rng.nextDouble() : rng.nextDouble();
            double c = Math.exp(-12 + 14 * rng.nextDouble());
            BigDecimal exact = BigDecimal.valueOf(c), low = BigDecimal.valueOf(q), high = BigDecimal.ONE, at = new BigDecimal(q);
            for (int k = 0; k < 70; k++) {
                var middle = low.add(high).divide(BigDecimal.TWO, DIGITS);
                if (kl(at, middle).compareTo(exact) <= 0) low = middle;
                else high = middle;
            }
            worst = Math.max(worst, Math.abs(PacBayes.klInverse(q, c) - low.doubleValue()));
        }
        Evidence.of("largest distance from bisection in 40 digits, 300 pairs", worst, atMost(1e-10));
        assertThat(PacBayes.klInverse(0.3, 0)).isCloseTo(0.3, within(1e-15));
        assertThat(PacBayes.klInverse(1, 5)).isEqualTo(1);
        assertThat(PacBayes.klInverse(0, 0.7)).isEqualTo(1 - Math.exp(-0.7), within(1e-16));
        assertThat(Bound.seeger().of(0.02, 500, 10_000, 0.05)).isCloseTo(0.0995, within(5e-5)); // the article's
        assertThat(Bound.mcAllester().of(0.02, 500, 10_000, 0.05)).isCloseTo(0.179, within(5e-4));
        assertThat(Bound.catoni(1).of(0.1, 5, 200, 0.05)).isCloseTo(0.20664, within(1e-5));
    }

    /** 1,000 labellings of 64 points, drawn with unequal chances: every risk is a sum. */
    private static final class World {
        static final int POINTS = 64, HYPOTHESES = 1_000;
        final boolean[][] wrong = new boolean[HYPOTHESES][POINTS];
        final double[] chance = new double[POINTS], risk = new double[HYPOTHESES], prior = new double[HYPOTHESES];

        World(Rng rng) {
            double sum = 0, weight = 0;
            for (int x = 0; x < POINTS; x++) sum += chance[x] = 0.2 + rng.nextDouble();
            for (int x = 0; x < POINTS; x++) chance[x] /= sum;
            for (int h = 0; h < HYPOTHESES; h++) {
                double rate = 0.3 + 0.2 * rng.nextDouble(); // many bad ones, of which some look good
                for (int x = 0; x < POINTS; x++) if (rng.nextDouble() < rate) {
                    wrong[h][x] = true;
                    risk[h] += chance[x];
                }
                weight += prior[h] = rng.nextDouble();
            }
            for (int h = 0; h < HYPOTHESES; h++) prior[h] /= weight;
        }

        double[] training(Rng rng, int n) {
            var seen = new int[POINTS];
            for (int i = 0; i < n; i++) {
                double u = rng.nextDouble();
                int x = 0;
                for (; x < POINTS - 1 && u >= chance[x]; x++) u -= chance[x];
                seen[x]++;
            }
            var errors = new double[HYPOTHESES];
            for (int h = 0; h < HYPOTHESES; h++) {
                int count = 0;
                for (int x = 0; x < POINTS; x++) if (wrong[h][x]) count += seen[x];
                errors[h] = (double) count / n;
            }
            return errors;
        }
    }

    private static double divergence(double[] q, double[] p) {
        double sum = 0;
        for (int i = 0; i < q.length; i++) if (q[i] > 0) sum += q[i] * Math.log(q[i] / p[i]);
        return Math.max(0, sum);
    }

    @Test
    @Acceptance(topic = "pac-bayes", clause = 2) void boundsHoldForAllPosteriorsOfAGridAtOnce() {
        int n = 100, draws = 1_000;
        var world = new World(Rng.of(2));
        double[] temperatures = {0, 1, 3, 10, 30, 100, 300, 1_000};
        Bound[] bounds = {Bound.mcAllester(), Bound.seeger(), Bound.catoni(1), Bound.catoni(0.3)};
        int[] held = new int[bounds.length + 1];
        int free = 0;
        double least = 1;
        for (int t = 0; t < draws; t++) {
            var rng = Rng.of(1_000 + t);
            double[] errors = world.training(rng, n), before = world.training(rng, n);
            double[] learnt = PacBayes.gibbs(world.prior, before, 50); // a prior from rows that the bound does not see
            boolean[] holds = new boolean[held.length];
            Arrays.fill(holds, true);
            boolean withoutDistance = true;
            for (double temperature : temperatures) {
                double[] q = PacBayes.gibbs(world.prior, errors, temperature);
                double truth = PacBayes.gibbsRisk(q, world.risk), seen = PacBayes.gibbsRisk(q, errors), kl = divergence(q, world.prior);
                for (int b = 0; b < bounds.length; b++) holds[b] &= truth <= bounds[b].of(seen, kl, n, 0.05);
                withoutDistance &= truth <= PacBayes.klInverse(seen, Math.log(1 / 0.05) / n);
                double[] second = PacBayes.gibbs(learnt, errors, temperature);
                double bound = Bound.seeger().of(PacBayes.gibbsRisk(second, errors), divergence(second, learnt), n, 0.05);
                holds[bounds.length] &= PacBayes.gibbsRisk(second, world.risk) <= bound;
                least = Math.min(least, bound);
            }
            for (int b = 0; b < held.length; b++) if (holds[b]) held[b]++;
            if (withoutDistance) free++;
        }
        String[] names = {"McAllester's", "Seeger's", "Catoni's at 1", "Catoni's at 0.3", "Seeger's with a prior from other rows"};
        for (int b = 0; b < held.length; b++)
            Evidence.of(names[b] + ": share of 1,000 draws in which it holds for all eight temperatures", held[b] / 1e3, atLeast(0.95));
        Evidence.of("without the distance from the prior that share is", free / 1e3, below(0.8));
        assertThat(least).isLessThan(0.6);
    }

    @Test void theGibbsPosteriorIsTheOneItShouldBe() {
        var rng = Rng.of(3);
        double[] prior = {0.1, 0.4, 0.2, 0.3}, risks = {0.05, 0.3, 0.1, 0.6};
        double[] q = PacBayes.gibbs(prior, risks, 12);
        assertThat(Arrays.stream(q).sum()).isCloseTo(1, within(1e-15));
        double least = PacBayes.gibbsRisk(q, risks) + divergence(q, prior) / 12;
        for (int t = 0; t < 200; t++) {
            var other = new double[4];
            double sum = 0;
            for (int i = 0; i < 4; i++) sum += other[i] = q[i] * Math.exp(0.2 * rng.nextGaussian());
            for (int i = 0; i < 4; i++) other[i] /= sum;
            assertThat(PacBayes.gibbsRisk(other, risks) + divergence(other, prior) / 12).isGreaterThan(least);
        }
        boolean[][] wrong = {{true, false, false, true}, {false, true, false, true}, {false, false, true, false},
                {false, false, false, true}};
        assertThat(PacBayes.majorityRisk(new double[] {0.5, 0.2, 0.2, 0.1}, wrong)).isEqualTo(0.5); // half of the weight loses
        assertThat(PacBayes.majorityRisk(new double[] {0.4, 0.2, 0.3, 0.1}, wrong)).isEqualTo(0.25);
        assertThatThrownBy(() -> PacBayes.gibbs(prior, new double[3], 1)).hasMessageContaining("4 hypotheses, risks of 3");
        assertThatThrownBy(() -> Bound.seeger().of(1.2, 1, 10, 0.05)).hasMessageContaining("risk 1.2");
    }

    @Test
    @Acceptance(topic = "pac-bayes", clause = 3) void seegersIsNeverAboveMcAllesters() {
        var rng = Rng.of(4);
        double most = Double.NEGATIVE_INFINITY, widest = 0;
        for (int t = 0; t < 100_000; t++) {
            double risk = t % 10 == 0 ? 0 : t % 10 == 1 ? 1 : rng.nextDouble(),
                    kl = Math.exp(-5 + 13 * rng.nextDouble()) * (t % 7 == 0 ? 0 : 1);
            long n = (long) Math.exp(2.1 + 12 * rng.nextDouble());
            double delta = Math.exp(-0.01 - 20 * rng.nextDouble());
            double gap = Bound.seeger().of(risk, kl, n, delta) - Bound.mcAllester().of(risk, kl, n, delta);
            most = Math.max(most, gap);
            widest = Math.max(widest, -gap / Bound.mcAllester().of(risk, kl, n, delta));
        }
        Evidence.of("largest excess of Seeger's over McAllester's, 100,000 random cases", most, atMost(1e-12));
        assertThat(widest).isGreaterThan(0.5);
    }

    private static Tensor[] clouds(Rng rng, int n, int d) {
        var y = new double[n];
        for (int i = 0; i < n; i++) y[i] = rng.nextDouble() < 0.5 ? -1 : 1;
        var labels = Tensor.of(y);
        return new Tensor[] {Tensor.randn(rng, DType.F64, n, d).add(labels.unsqueeze(1).mul(0.5)).compute(), labels};
    }

    @Test
    @Acceptance(topic = "pac-bayes", clause = 4) void optimisingNeverRaisesTheBound() {
        double rise = Double.NEGATIVE_INFINITY, gain = Double.POSITIVE_INFINITY;
        int cases = 0;
        for (int seed = 0; seed < 10; seed++) for (boolean wide : new boolean[] {true, false}) {
            var rng = Rng.of(60 + seed);
            int d = 3 + seed;
            Tensor[] data = clouds(rng, 60 + 20 * seed, d);
            var bayes = new GaussianPacBayes(Tensor.randn(rng, DType.F64, d).mul(0.1), wide ? 1 : 0.2, data[1].count(), 0.05);
            var risk = GaussianPacBayes.Risk.linear(data[0], data[1]);
            var start = seed % 2 == 0 ? bayes.prior()
                    : new GaussianPacBayes.Weights(Tensor.randn(rng, DType.F64, d), Tensor.rand(rng, DType.F64, d).add(0.1));
            double first = bayes.bound(risk, start), before = first;
            for (int steps : new int[] {0, 1, 2, 3, 5, 8, 20, 60}) {
                double bound = bayes.bound(risk, bayes.minimize(risk, start, steps));
                rise = Math.max(rise, bound - before);
                before = bound;
                cases++;
            }
            gain = Math.min(gain, first - before);
        }
        Evidence.of("largest rise of the bound with more iterations, %d steps of 20 problems".formatted(cases), rise, atMost(1e-12));
        Evidence.of("least gain of an optimisation", gain, above(0.01));
    }

    @Test void risksAndDivergencesAreThoseOfDraws() {
        var rng = Rng.of(8);
        Tensor[] data = clouds(rng, 30, 3);
        var q = new GaussianPacBayes.Weights(Tensor.of(0.5, -0.2, 1.0), Tensor.of(0.4, 1.1, 0.7));
        var p = new GaussianPacBayes.Weights(Tensor.of(0.0, 0.3, -0.4), Tensor.of(1.0, 0.9, 2.0));
        double wrong = 0, log = 0;
        int draws = 20_000;
        for (int s = 0; s < draws; s++) {
            double[] w = q.draw(rng.split(s)).toDoubleArray();
            wrong += data[0].matmul(Tensor.of(w)).mul(data[1]).lt(0).to(DType.F64).mean().item() / draws;
            for (int k = 0; k < 3; k++) log += (density(w[k], q, k) - density(w[k], p, k)) / draws;
        }
        assertThat(GaussianPacBayes.Risk.linear(data[0], data[1]).of(q.mean(), q.sd()).item()).isCloseTo(wrong, within(0.005));
        assertThat(q.kl(p)).isCloseTo(log, within(0.03));
        assertThat(q.kl(q)).isEqualTo(0);
        assertThatThrownBy(() -> new GaussianPacBayes.Weights(Tensor.of(1.0), Tensor.of(0.0))).hasMessageContaining("deviation of 0.0");
    }

    private static double density(double w, GaussianPacBayes.Weights of, int k) {
        double z = (w - of.mean().item(k)) / of.sd().item(k);
        return -z * z / 2 - Math.log(of.sd().item(k));
    }

    private static final int HIDDEN = 8;

    /** 64 inputs, eight tanh units, one score; weights flat. */
    private static Tensor scores(Tensor w, Tensor x) {
        var hidden = x.matmul(w.narrow(0, 0, 64 * HIDDEN).reshape(64, HIDDEN)).add(w.narrow(0, 64 * HIDDEN, HIDDEN)).tanh();
        return hidden.matmul(w.narrow(0, 65 * HIDDEN, HIDDEN)).add(w.narrow(0, 66 * HIDDEN, 1));
    }

    @Test
    @Acceptance(topic = "pac-bayes", clause = 5) void aNetworkOfDigitsHasACertificate() {
        int d = 66 * HIDDEN + 1, n = 1_400;
        var digits = Datasets.digits().to(DType.F64).shuffled(Rng.of(11));
        var x = digits.x().div(8).sub(0.6).compute();
        var y = Tensor.of(Arrays.stream(digits.labels()).mapToDouble(l -> l % 2 == 0 ? 1 : -1).toArray());
        Tensor seen = x.narrow(0, 0, n), labels = y.narrow(0, 0, n), unseen = x.narrow(0, n, 397), truth = y.narrow(0, n, 397);
        var rng = Rng.of(12);
        var random = Tensor.randn(rng, DType.F64, d).mul(0.1).compute(); // fixed before the data
        var bayes = new GaussianPacBayes(random, 0.15, n, 0.04);
        var trained = new Lbfgs().withMaxIterations(40).minimize(
                Objective.of(w -> scores(w, seen).mul(labels).neg().softplus().mean().add(w.sub(random).square().sum().mul(0.003))),
                random.toDoubleArray());
        var start = new GaussianPacBayes.Weights(Tensor.of(trained.x()), Tensor.full(DType.F64, 0.1, d));
        var risk = GaussianPacBayes.Risk.sampled(PacBayesTest::scores, seen, labels, 2, 16, rng.split(1));
        var posterior = bayes.minimize(risk, start, 80);
        var certificate = bayes.certify(PacBayesTest::scores, seen, labels, posterior, 3_000, 0.01, rng.split(2));
        double test = GaussianPacBayes.error(PacBayesTest::scores, unseen, truth, posterior, 200, rng.split(3));
        Evidence.of("certified error of an even/odd network of 529 normal weights, 1,400 of 1,797 digits", certificate.bound(),
                atMost(0.35));
        Evidence.of("less its error on the other 397", certificate.bound() - test, above(0));
        assertThat(certificate.riskBound()).isGreaterThan(certificate.risk());
        // A network of tanh units computes every halfspace of its 64 inputs: its VC dimension is 65 at least.
        Evidence.of("bound by a VC dimension of 65, which is less than the network's", VcDimension.deviation(65, n, 0.05), above(1));
    }
}
