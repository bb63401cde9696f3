package lyceum.bayes;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.function.ToDoubleFunction;
import lyceum.info.Divergences;
import lyceum.info.Entropy;
import lyceum.prob.Binomial;
import lyceum.prob.MultivariateNormal;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ElboTest {
    private static final int MODELS = 1_000;

    private record Model(double[] prior, double[] likelihood, double[] q) {
        /** Some states are impossible, and q knows it. */
        static Model draw(Rng rng, int n) { return draw(rng, n, false); }

        /** @param narrow q also leaves out some states that are possible */
        static Model draw(Rng rng, int n, boolean narrow) {
            double[] likelihood = new double[n], prior = distribution(rng, n), q = distribution(rng, n);
            for (int z = 0; z < n; z++) {
                likelihood[z] = Math.exp(-4 * rng.nextDouble());
                if (z == 0 || rng.nextInt(5) > 0) continue;
                q[z] = 0;
                if (!narrow || rng.nextBoolean()) likelihood[z] = 0;
            }
            return new Model(prior, likelihood, normalised(q));
        }

        private static double[] distribution(Rng rng, int n) {
            var p = new double[n];
            for (int z = 0; z < n; z++) p[z] = 1e-3 + rng.nextDouble();
            return normalised(p);
        }

        private static double[] normalised(double[] p) {
            double sum = 0;
            for (double v : p) sum += v;
            for (int z = 0; z < p.length; z++) p[z] /= sum;
            return p;
        }

        /** By enumeration, apart from the unit. */
        double evidence() {
            double sum = 0;
            for (int z = 0; z < q.length; z++) sum += prior[z] * likelihood[z];
            return sum;
        }

        double[] posterior() {
            var p = new double[q.length];
            for (int z = 0; z < q.length; z++) p[z] = prior[z] * likelihood[z] / evidence();
            return p;
        }

        Elbo elbo() { return Elbo.of(prior, likelihood, q); }
    }

    @Test
    @Acceptance(topic = "elbo", clause = 1) void theGapIsTheDivergenceFromThePosterior() {
        var rng = Rng.of(1999);
        double kl = 0, least = Double.POSITIVE_INFINITY, touch = 0, largest = 0;
        for (int i = 0; i < MODELS; i++) {
            var m = Model.draw(rng, 2 + rng.nextInt(7), i % 2 == 0);
            double gap = Math.log(m.evidence()) - m.elbo().value();
            kl = Math.max(kl, Math.max(Math.abs(gap - Divergences.kl(m.q, m.posterior())), Math.abs(m.elbo().gap() - gap)));
            least = Math.min(least, gap);
            largest = Math.max(largest, gap);
            touch = Math.max(touch, Math.abs(Math.log(m.evidence()) - Elbo.of(m.prior, m.likelihood, m.posterior()).value()));
            assertThat(m.elbo().logEvidence()).isCloseTo(Math.log(m.evidence()), within(1e-14));
            assertThat(Elbo.posterior(m.prior, m.likelihood)).containsExactly(m.posterior(), within(1e-14));
        }
        Evidence.of("log p(x) - ELBO less KL(q || posterior), largest distance", kl, below(1e-12));
        Evidence.of("least gap", least, atLeast(-1e-12));
        Evidence.of("largest gap at the enumerated posterior", touch, below(1e-12));
        Evidence.of("largest gap of 1,000", largest, atLeast(0.5));
    }

    @Test
    @Acceptance(topic = "elbo", clause = 2) void threeDecompositionsAgree() {
        var rng = Rng.of(2);
        double worst = 0, parts = 0;
        for (int i = 0; i < MODELS; i++) {
            var m = Model.draw(rng, 2 + rng.nextInt(7), i % 2 == 0);
            var e = m.elbo();
            for (double other : new double[] {e.energy() + e.entropy(), e.reconstruction() - e.toPrior(), e.logEvidence() - e.gap()})
                worst = Math.max(worst, Math.abs(e.value() - other));
            parts = Math.max(parts,
                    Math.max(Math.abs(e.entropy() - Entropy.of(m.q)), Math.abs(e.toPrior() - Divergences.kl(m.q, m.prior))));
        }
        Evidence.of("largest distance of a decomposition from the bound", worst, below(1e-12));
        Evidence.of("entropy and divergence less those of lyceum.info", parts, below(1e-12));
    }

    @Test
    @Acceptance(topic = "elbo", clause = 3) void jensensGapIsTheSameDivergence() {
        var rng = Rng.of(3);
        double worst = 0;
        for (int i = 0; i < MODELS; i++) {
            var m = Model.draw(rng, 2 + rng.nextInt(7));
            worst = Math.max(worst, Math.abs(Elbo.jensenGap(m.prior, m.likelihood, m.q) - Divergences.kl(m.q, m.posterior())));
        }
        Evidence.of("largest distance from KL(q || posterior)", worst, below(1e-12));
    }

    @Test
    @Acceptance(topic = "elbo", clause = 4) void moreSamplesRiseTowardsTheEvidence() {
        var rng = Rng.of(4);
        int rises = 0, under = 0;
        double plain = 0, simulated = 0;
        for (int i = 0; i < 20; i++) {
            var m = Model.draw(rng, 5);
            double one = Elbo.importanceWeighted(m.prior, m.likelihood, m.q, 1),
                    five = Elbo.importanceWeighted(m.prior, m.likelihood, m.q, 5);
            var fifty = Elbo.estimate(m.prior, m.likelihood, m.q, 50, 20_000, rng);
            double log = Math.log(m.evidence());
            if (one < five && five < fifty.mean() - 3 * fifty.standardError()) rises++;
            if (five < log && fifty.mean() < log + 3 * fifty.standardError()) under++;
            plain = Math.max(plain, Math.abs(one - m.elbo().value()));
            var again = Elbo.estimate(m.prior, m.likelihood, m.q, 5, 20_000, rng);
            simulated = Math.max(simulated, Math.abs(again.mean() - five) / again.standardError());
        }
        Evidence.of("models whose bounds rise from 1 over 5 to 50 samples, the last beyond 3 standard errors", rises, exactly(20));
        Evidence.of("models whose bounds stay under log p(x)", under, exactly(20));
        Evidence.of("one sample less the plain bound", plain, below(1e-12));
        Evidence.of("enumerated less simulated bound of five, in standard errors", simulated, atMost(4));
        // The article's coin: the fifty weights are of two kinds, and how many are of each is binomial.
        double[] prior = {0.7, 0.3}, likelihood = {0.2, 0.9};
        double fiftyOff = 0;
        double[][] article = {{0.3, -1.158, 0.267, -0.957, -0.898}, {0.5, -0.945, 0.053, -0.902, -0.893},
                {0.9, -1.050, 0.158, -0.948, -0.898}};
        for (double[] row : article) {
            double[] q = {1 - row[0], row[0]};
            double exact = 0, w0 = 0.14 / q[0], w1 = 0.27 / q[1];
            var ones = new Binomial(50, row[0]);
            for (int j = 0; j <= 50; j++) exact += Math.exp(ones.logDensity(j)) * Math.log((j * w1 + (50 - j) * w0) / 50);
            var fifty = Elbo.estimate(prior, likelihood, q, 50, 20_000, rng);
            fiftyOff = Math.max(fiftyOff, Math.abs(fifty.mean() - exact) / fifty.standardError());
            var elbo = Elbo.of(prior, likelihood, q);
            double[] shown = {elbo.value(), elbo.gap(), Elbo.importanceWeighted(prior, likelihood, q, 5), exact};
            for (int i = 0; i < 4; i++) assertThat(shown[i]).isCloseTo(row[i + 1], within(6e-4));
        }
        Evidence.of("bound of fifty at two states less simulated, in standard errors", fiftyOff, atMost(4));
        assertThat(Elbo.of(prior, likelihood, new double[] {0.5, 0.5}).toPrior()).isCloseTo(0.087, within(6e-4)); // the article's other KL
    }

    /** z ~ N(0, 1), x | z ~ N(z, 1), seen 1.2: log p(x) = log N(1.2; 0, 2), posterior N(0.6, 1/2). */
    @Test void aGaussianLatentByMonteCarlo() {
        double x = 1.2, log = -0.5 * (x * x / 2 + Math.log(4 * Math.PI));
        ToDoubleFunction<double[]> joint = z -> -0.5 * (z[0] * z[0] + (x - z[0]) * (x - z[0])) - Math.log(2 * Math.PI);
        var posterior = new MultivariateNormal(new double[] {0.6}, new double[][] {{0.5}});
        assertThat(Elbo.estimate(joint, posterior, 1, 100, Rng.of(5)).mean()).isCloseTo(log, within(1e-12));
        var wide = new MultivariateNormal(new double[] {0}, new double[][] {{1}});
        var one = Elbo.estimate(joint, wide, 1, 20_000, Rng.of(6));
        double kl = 0.5 * (1 / 0.5 + 0.36 / 0.5 - 1 + Math.log(0.5));
        assertThat(one.mean()).isCloseTo(log - kl, within(4 * one.standardError()));
        assertThat(Elbo.estimate(joint, wide, 20, 5_000, Rng.of(7)).mean()).isBetween(one.mean(), log);
    }

    @Test void whatIsNoDistributionIsRefused() {
        double[] half = {0.5, 0.5};
        assertThatThrownBy(() -> Elbo.of(half, new double[] {0.1, 0.2}, new double[] {0.7, 0.7})).hasMessageContaining("q has 2 entries");
        assertThatThrownBy(() -> Elbo.of(half, new double[] {0, 0}, half)).hasMessageContaining("makes x possible");
        assertThatThrownBy(() -> Elbo.of(half, new double[] {1}, half)).hasMessage("Elbo: 1 likelihoods for 2 latent states");
        assertThat(Elbo.of(half, new double[] {0, 1}, half).value()).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThatThrownBy(() -> Elbo.importanceWeighted(half, new double[] {0.1, -0.2}, half, 2)).hasMessageContaining("state 1 is -0.2");
        assertThatThrownBy(() -> Elbo.estimate(half, new double[] {1}, half, 2, 10, Rng.of(8)))
                .hasMessage("Elbo: 1 likelihoods for 2 latent states");
        assertThatThrownBy(() -> Elbo.importanceWeighted(half, half, half, 40)).hasMessageContaining("10 million");
    }
}
