package lyceum.prob;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class AdditiveSmoothingTest {
    @Test
    @Acceptance(topic = "laplace-smoothing", clause = 1) void itIsTheFormulaThePosteriorMeanNltkAndScikitLearn() {
        var rng = Rng.of(155);
        int equal = 0, entries = 0;
        double mean = 0, carlo = 0;
        for (int i = 0; i < 200; i++) {
            int k = 2 + rng.nextInt(20);
            double a = i % 4 == 0 ? 1 : Math.exp(3 * rng.nextGaussian()), n = 0;
            var c = new double[k];
            for (int j = 0; j < k; j++) n += c[j] = rng.nextInt(3) * rng.nextInt(9);
            double[] p = new AdditiveSmoothing(a).estimate(c), dirichlet = new AdditiveSmoothing(a).posterior(c).mean();
            for (int j = 0; j < k; j++, entries++) {
                if (p[j] == (c[j] + a) / (n + a * k)) equal++;
                mean = Math.max(mean, Math.abs(p[j] - dirichlet[j]));
            }
            if (i >= 3) continue;
            var sums = new double[k];
            var law = new Dirichlet(Arrays.stream(c).map(x -> x + a).toArray());
            for (int draw = 0; draw < 20_000; draw++) {
                double[] x = law.sample(rng);
                for (int j = 0; j < k; j++) sums[j] += x[j] / 20_000;
            }
            for (int j = 0; j < k; j++) carlo = Math.max(carlo, Math.abs(sums[j] - p[j]) / Math.sqrt(law.covariance()[j][j] / 20_000));
        }
        double lidstone = 0, bayes = 0;
        for (var c : Golden.load("golden/laplace-smoothing.json").list("cases")) {
            double alpha = c.number("input.alpha");
            double[] ours = new AdditiveSmoothing(alpha).estimate(c.doubles("input.counts")), theirs = c.doubles("expected.lidstone");
            for (int j = 0; j < ours.length; j++) lidstone = Math.max(lidstone, Math.abs(ours[j] - theirs[j]));
            double[][] table = c.matrix("input.table"), logs = c.matrix("expected.logs"), vectorLogs = c.matrix("expected.vectorLogs");
            for (int row = 0; row < table.length; row++) {
                double[] one = new AdditiveSmoothing(alpha).logEstimate(table[row]),
                        many = new AdditiveSmoothing(c.doubles("input.vector")).logEstimate(table[row]);
                for (int j = 0; j < one.length; j++)
                    bayes = Math.max(bayes, Math.max(Math.abs(one[j] - logs[row][j]), Math.abs(many[j] - vectorLogs[row][j])));
            }
        }
        Evidence.of("entries equal to (c + a) / (N + a K), of " + entries, equal, exactly(entries));
        Evidence.of("against the mean of Dirichlet(c + a)", mean, atMost(1e-12));
        Evidence.of("against its Monte-Carlo mean, in standard errors", carlo, below(4.5));
        Evidence.of("against nltk's LidstoneProbDist", lidstone, below(1e-12));
        Evidence.of("against MultinomialNB.feature_log_prob_, scalar and vector alpha", bayes, below(1e-12));
    }

    @Test
    @Acceptance(topic = "laplace-smoothing", clause = 2) void noZeroRemains() {
        var rng = Rng.of(2);
        double least = 1, gap = 0;
        for (int i = 0; i < 500; i++) {
            int k = 2 + rng.nextInt(500);
            double[] c = new double[k], alpha = new double[i % 2 == 0 ? 1 : k];
            for (int j = 0; j < k; j++) c[j] = rng.nextInt(20) == 0 ? rng.nextInt(1_000) : 0;
            for (int j = 0; j < alpha.length; j++) alpha[j] = Math.pow(10, -6 * rng.nextDouble());
            double[] p = new AdditiveSmoothing(alpha).estimate(c);
            least = Math.min(least, Arrays.stream(p).min().orElseThrow());
            gap = Math.max(gap, Math.abs(Arrays.stream(p).sum() - 1));
        }
        Evidence.of("least probability", least, above(0));
        Evidence.of("sums less 1", gap, below(1e-12));
        // tables: each row by itself, an unseen context gets the prior mean
        var table = new AdditiveSmoothing(1).estimate(List.of("class"), List.of("word"), Tensor.of(new double[][] {{3, 0, 1}, {0, 0, 0}}));
        assertThat(table.row(0)).containsExactly(new double[] {4 / 7.0, 1 / 7.0, 2 / 7.0}, within(1e-15));
        assertThat(table.row(1)).containsExactly(new double[] {1 / 3.0, 1 / 3.0, 1 / 3.0}, within(1e-15));
        assertThatThrownBy(() -> new AdditiveSmoothing(-1)).hasMessageContaining("alpha is -1.0");
        assertThatThrownBy(() -> new AdditiveSmoothing(1, 2).estimate(1, 2, 3)).hasMessage("estimate: 3 counts for 2 pseudo-counts");
        assertThatThrownBy(() -> new AdditiveSmoothing(0).estimate(0, 0)).hasMessageContaining("no observations and no pseudo-counts");
    }

    @Test
    @Acceptance(topic = "laplace-smoothing", clause = 3) void theLimitsAreFrequenciesAndTheUniformLaw() {
        double[] c = {7, 0, 2, 1, 30, 0};
        double small = 0, large = 0, between = 0;
        for (int k = 0; k < 6; k++) {
            small = Math.max(small, Math.abs(new AdditiveSmoothing(1e-13).estimate(c)[k] - c[k] / 40));
            large = Math.max(large, Math.abs(new AdditiveSmoothing(1e13).estimate(c)[k] - 1 / 6.0));
            assertThat(new AdditiveSmoothing(0).estimate(c)[k]).isEqualTo(c[k] / 40);
            between = Math.max(between, Math.abs(new AdditiveSmoothing(1).estimate(c)[k] - c[k] / 40));
        }
        Evidence.of("alpha 1e-13 against frequencies", small, below(1e-12));
        Evidence.of("alpha 1e13 against uniform", large, below(1e-11));
        Evidence.of("alpha 1 is neither", between, above(0.01));
    }

    @Test
    @Acceptance(topic = "laplace-smoothing", clause = 4) void onZipfLaplaceGivesTooMuchAwayAndTheTunedAlphaDoesNot() {
        int kinds = 50_000, n = 10_000;
        var weights = new double[kinds];
        for (int k = 0; k < kinds; k++) weights[k] = 1.0 / (k + 1);
        var zipf = new Categorical(weights);
        double[] p = zipf.probabilities();
        var alias = zipf.alias();
        double given = 1, truths = 0, held = 0, left = 0, cut = 1;
        int seeds = 0;
        for (; seeds < 3; seeds++) {
            var rng = Rng.of(50_000 + seeds);
            double[] train = draw(alias, n, rng), tune = draw(alias, n, rng), test = draw(alias, n, rng);
            double unseen = 0;
            for (int k = 0; k < kinds; k++) if (train[k] == 0) unseen += p[k];
            AdditiveSmoothing laplace = new AdditiveSmoothing(1), byHeldOut = AdditiveSmoothing.heldOut(train, tune),
                    byLeaving = AdditiveSmoothing.leaveOneOut(train);
            given = Math.min(given, laplace.unseen(train));
            truths += unseen / 3;
            held = Math.max(held, Math.abs(byHeldOut.unseen(train) - unseen));
            left = Math.max(left, Math.abs(byLeaving.unseen(train) - unseen));
            for (var tuned : List.of(byHeldOut, byLeaving))
                cut = Math.min(cut, 1 - tuned.perplexity(train, test) / laplace.perplexity(train, test));
            // the tuned alpha is a maximum: a tenth more or less is worse
            double alpha = byHeldOut.alpha()[0];
            for (double factor : new double[] {0.9, 1.1})
                assertThat(new AdditiveSmoothing(factor * alpha).perplexity(train, tune)).isGreaterThan(byHeldOut.perplexity(train, tune));
        }
        Evidence.of("unseen words' mass under alpha 1, the least of 3 draws", given, above(0.7));
        Evidence.of("their true mass, mean", truths, equalTo(0.31, 0.02));
        Evidence.of("held-out alpha: mass less truth", held, atMost(0.05));
        Evidence.of("leave-one-out alpha: mass less truth", left, atMost(0.05));
        Evidence.of("cut of held-out perplexity", cut, atLeast(0.3));
    }

    private static double[] draw(AliasTable law, int n, Rng rng) {
        var counts = new double[law.count()];
        for (int i = 0; i < n; i++) counts[law.sample(rng)]++;
        return counts;
    }

    @Test void leavingOneOutIsLeavingEachOneOut() {
        double[] c = {5, 1, 0, 2, 1, 0, 0, 9};
        double alpha = AdditiveSmoothing.leaveOneOut(c).alpha()[0], best = score(c, alpha);
        assertThat(alpha).isBetween(0.01, 100.0);
        for (double factor : new double[] {0.5, 0.9, 0.99, 1.01, 1.1, 2}) assertThat(score(c, factor * alpha)).isLessThan(best);
        assertThatThrownBy(() -> AdditiveSmoothing.leaveOneOut(0.5, 3)).hasMessageContaining("counts are whole");
        assertThatThrownBy(() -> AdditiveSmoothing.leaveOneOut(1, 0)).hasMessageContaining("at least 2");
    }

    /** Each observation taken out, and predicted by an estimate from the rest. */
    private static double score(double[] c, double alpha) {
        double sum = 0;
        for (int k = 0; k < c.length; k++) for (int i = 0; i < c[k]; i++) {
            var rest = c.clone();
            rest[k]--;
            sum += new AdditiveSmoothing(alpha).logEstimate(rest)[k];
        }
        return sum;
    }
}
