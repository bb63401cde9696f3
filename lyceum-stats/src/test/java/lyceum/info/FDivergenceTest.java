package lyceum.info;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.prob.Normal;
import lyceum.prob.Poisson;
import lyceum.prob.Uniform;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class FDivergenceTest {
    private static final String TOPIC = "f-divergences";
    private static final List<FDivergence> ALL = new ArrayList<>(FDivergence.NAMED);

    static {
        for (double a : new double[] {-0.5, 0.3, 0.5, 2, 3}) ALL.add(FDivergence.alpha(a));
    }

    private static double[] draw(Rng rng, int n, double spread) {
        var p = new double[n];
        double sum = 0;
        for (int i = 0; i < n; i++) sum += p[i] = Math.exp(spread * rng.nextGaussian());
        for (int i = 0; i < n; i++) p[i] /= sum;
        return p;
    }

    /** With outcomes that have no mass, at least one of them left. */
    private static double[] withHoles(Rng rng, double[] p) {
        double sum = 0;
        for (int i = 0; i < p.length; i++) sum += p[i] = i > 0 && rng.nextInt(4) == 0 ? 0 : p[i];
        for (int i = 0; i < p.length; i++) p[i] /= sum;
        return p;
    }

    /** {@code p log(p / q)}, 0 at p = 0. */
    private static double surprise(double p, double q) { return p == 0 ? 0 : p * (Math.log(p) - Math.log(q)); }

    /** Written out without a generator. */
    private static double direct(String name, double[] p, double[] q) {
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            if (p[i] == 0 && q[i] == 0) continue;
            double m = (p[i] + q[i]) / 2;
            sum += switch (name) {
                case "KL" -> surprise(p[i], q[i]);
                case "reverse KL" -> surprise(q[i], p[i]);
                case "Jensen-Shannon" -> 0.5 * surprise(p[i], m) + 0.5 * surprise(q[i], m);
                case "total variation" -> Math.max(0, p[i] - q[i]);
                case "chi-square" -> p[i] * p[i] / q[i];
                case "squared Hellinger" -> Math.sqrt(p[i] * q[i]);
                default ->
                        Math.pow(p[i], Double.parseDouble(name.substring(6))) * Math.pow(q[i], 1 - Double.parseDouble(name.substring(6)));
            };
        }
        if (name.equals("chi-square")) return sum - 1;
        if (name.equals("squared Hellinger")) return 1 - sum;
        if (!name.startsWith("alpha")) return sum;
        double a = Double.parseDouble(name.substring(6));
        return (sum - 1) / (a * (a - 1));
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 1) void eachEqualsItsFormulaOn10kPairs() {
        int named = FDivergence.NAMED.size();
        var gaps = new double[ALL.size()];
        int infinite = 0;
        double smallest = Double.POSITIVE_INFINITY;
        var rng = Rng.of(555);
        for (int pair = 0; pair < 10_000; pair++) {
            int n = 2 + rng.nextInt(10);
            double[] p = draw(rng, n, 1), q = draw(rng, n, 1);
            if (pair % 4 == 1 || pair % 4 == 3) p = withHoles(rng, p);
            if (pair % 4 >= 2) q = withHoles(rng, q);
            for (int d = 0; d < gaps.length; d++) {
                double expected = direct(ALL.get(d).name(), p, q), found = ALL.get(d).of(p, q);
                if (expected == found) infinite += Double.isInfinite(found) ? 1 : 0;
                else gaps[d] = Math.max(gaps[d], Math.abs(found - expected) / (d < named ? 1 : Math.max(1, expected)));
                smallest = Math.min(smallest, expected);
            }
        }
        for (int d = 0; d < gaps.length; d++)
            Evidence.of(ALL.get(d).name() + " less its formula" + (d < named ? "" : ", over the larger of 1 and it"), gaps[d],
                    below(1e-12));
        Evidence.of("infinite by both, where one law has an outcome that the other lacks", infinite, above(1_000));
        assertThat(smallest).isBetween(-1e-15, 0.1);
        double[] half = {0.5, 0.5}, skewed = {0.9, 0.1};
        double[] article = {0.511, 0.368, 0.102, 0.400, 1.778, 0.106};
        for (int d = 0; d < 6; d++) assertThat(FDivergence.NAMED.get(d).of(half, skewed)).isCloseTo(article[d], within(6e-4));
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 2) void allAreNonNegativeJointlyConvexAndLoseByProcessing() {
        var rng = Rng.of(2);
        double least = Double.POSITIVE_INFINITY, bent = Double.NEGATIVE_INFINITY, gained = Double.NEGATIVE_INFINITY, lost = 0;
        for (int draw = 0; draw < 1_000; draw++) {
            int n = 2 + rng.nextInt(6), m = 2 + rng.nextInt(6);
            double[] p = draw(rng, n, 1.5), q = draw(rng, n, 1.5), p2 = draw(rng, n, 1.5), q2 = draw(rng, n, 1.5);
            double share = rng.nextDouble();
            double[] pm = new double[n], qm = new double[n], pOut = new double[m], qOut = new double[m];
            for (int i = 0; i < n; i++) {
                pm[i] = share * p[i] + (1 - share) * p2[i];
                qm[i] = share * q[i] + (1 - share) * q2[i];
                double[] channel = draw(rng, m, 2);
                for (int j = 0; j < m; j++) {
                    pOut[j] += p[i] * channel[j];
                    qOut[j] += q[i] * channel[j];
                }
            }
            for (var d : ALL) {
                double before = d.of(p, q), scale = Math.max(1, before);
                double sum = 0; // of() stops at 0: the terms themselves
                for (int i = 0; i < n; i++) sum += q[i] * d.f().applyAsDouble(p[i] / q[i]);
                least = Math.min(least, Math.min(before, sum));
                double chord = share * before + (1 - share) * d.of(p2, q2);
                bent = Math.max(bent, (d.of(pm, qm) - chord) / Math.max(1, chord));
                double after = d.of(pOut, qOut);
                gained = Math.max(gained, (after - before) / scale);
                lost = Math.max(lost, before - after);
            }
        }
        Evidence.of("least of 11 divergences over 1,000 pairs", least, atLeast(-1e-12));
        Evidence.of("largest excess over the chord", bent, atMost(1e-12));
        Evidence.of("largest gain by a channel", gained, atMost(1e-12));
        Evidence.of("largest loss by one", lost, above(0.1));
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 3) void theVariationalBoundIsReachedAtTheWitnessAndNeverPassed() {
        var rng = Rng.of(3);
        double atWitness = 0, passed = Double.NEGATIVE_INFINITY;
        int finite = 0;
        for (var d : ALL) {
            for (int pair = 0; pair < 100; pair++) {
                int n = 2 + rng.nextInt(6);
                double[] p = draw(rng, n, 1), q = draw(rng, n, 1), best = d.witness(p, q);
                double divergence = direct(d.name(), p, q), scale = Math.max(1, divergence);
                atWitness = Math.max(atWitness, Math.abs(d.bound(p, q, best) - divergence) / scale);
                for (int w = 0; w < 10; w++) { // 1,000 a divergence
                    var witness = new double[n];
                    double spread = w < 5 ? 0.05 : 1;
                    for (int i = 0; i < n; i++) witness[i] = (w % 2 == 0 ? best[i] : 0) + spread * rng.nextGaussian();
                    double bound = d.bound(p, q, witness);
                    if (bound > Double.NEGATIVE_INFINITY) finite++;
                    passed = Math.max(passed, (bound - divergence) / scale);
                }
            }
        }
        Evidence.of("bound at the witness less the divergence", atWitness, below(1e-10));
        Evidence.of("largest of the bounds at 11,000 random witnesses less the divergence", passed, atMost(1e-12));
        Evidence.of("witnesses with a finite bound", finite, above(5_000));
    }

    /** The conjugates by a search, at random arguments. */
    @Test
    @Acceptance(topic = TOPIC, clause = 3) void conjugatesAreSuprema() {
        double gap = 0;
        for (var d : ALL) for (int step = 0; step < 42; step++) {
            double s = -2.967 + step / 10.0; // never the end of a domain
            double expected = d.conjugate().applyAsDouble(s), best = Double.isInfinite(d.atZero()) ? Double.NEGATIVE_INFINITY : -d.atZero();
            double top = Double.NEGATIVE_INFINITY;
            for (int i = 0; i <= 40_000; i++) {
                double t = Math.exp(-20 + i * 1e-3);
                top = Math.max(top, s * t - d.f().applyAsDouble(t));
            }
            best = Math.max(best, top);
            if (expected == Double.POSITIVE_INFINITY) assertThat(best).as(d.name() + " at " + s).isGreaterThan(7); // and grows with t
            else if (best < 100) gap = Math.max(gap, Math.abs(expected - best));
        }
        Evidence.of("conjugate less the largest of s t - f(t) on a grid", gap, below(1e-5));
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 4) void theChainOfInequalitiesIsNeverBroken() {
        var rng = Rng.of(4);
        int broken = 0, disagree = 0;
        var tightest = new double[4];
        for (int pair = 0; pair < 10_000; pair++) {
            int n = 2 + rng.nextInt(8);
            double[] p = draw(rng, n, pair % 3 + 0.05), q = draw(rng, n, pair % 3 + 0.05);
            double tv = direct("total variation", p, q), h2 = direct("squared Hellinger", p, q), kl = direct("KL", p, q),
                    chi2 = direct("chi-square", p, q);
            double[][] sides = {{tv, Math.sqrt(Math.max(0, kl) / 2)}, {h2, tv}, {tv, Math.sqrt(Math.max(0, h2) * (2 - h2))},
                    {kl, Math.log1p(chi2)}};
            var found = FDivergence.inequalities(p, q);
            for (int i = 0; i < 4; i++) {
                if (!found.get(i).holds() || found.get(i).left() > found.get(i).right() + 1e-12 * Math.max(1, found.get(i).left()))
                    broken++;
                if (Math.abs(found.get(i).left() - sides[i][0]) > 1e-7 || Math.abs(found.get(i).right() - sides[i][1]) > 1e-7) disagree++;
                tightest[i] = Math.max(tightest[i], found.get(i).left() / found.get(i).right());
            }
        }
        Evidence.of("inequalities broken of 40,000", broken, exactly(0));
        Evidence.of("sides that differ from the direct formulas", disagree, exactly(0));
        Evidence.of("each comes near equality somewhere: least of the four ratios", Arrays.stream(tightest).min().orElseThrow(),
                above(0.5));
        assertThat(new FDivergence.Inequality("", 2, 1).holds()).isFalse();
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 5) void theLogRatioOfTwoGaussiansIsFound() {
        double worst = 0, largest = 0;
        for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(50 + seed);
            double[][] p = new double[4_000][1], q = new double[4_000][1];
            for (int i = 0; i < p.length; i++) {
                p[i][0] = rng.nextGaussian();
                q[i][0] = 1 + 1.5 * rng.nextGaussian();
            }
            var ratio = DensityRatio.fit(p, q, DensityRatio.Features.QUADRATIC);
            double square = 0;
            for (int i = 0; i < 4_000; i++) {
                double x = i % 2 == 0 ? rng.nextGaussian() : 1 + 1.5 * rng.nextGaussian();
                double truth = -x * x / 2 + (x - 1) * (x - 1) / 4.5 + Math.log(1.5);
                square += Math.pow(ratio.log(x) - truth, 2) / 4_000;
                largest = Math.max(largest, Math.abs(truth));
            }
            worst = Math.max(worst, Math.sqrt(square));
            var bound = FDivergence.KL.bound(ratio, p, q);
            assertThat(bound.value()).isCloseTo(Divergences.kl(new Normal(0, 1), new Normal(1, 1.5)), within(4 * bound.standardError()));
        }
        Evidence.of("RMSE of the log ratio on fresh draws of both, worst of three seeds", worst, atMost(0.1));
        Evidence.of("largest log ratio met", largest, above(2));
    }

    @Test void densitiesSupportsAndErrors() {
        assertThat(FDivergence.KL.of(new Normal(0, 1), new Normal(1, 2))).isCloseTo(Divergences.kl(new Normal(0, 1), new Normal(1, 2)),
                within(1e-9));
        assertThat(FDivergence.KL.of(new Normal(0, 1), new Normal(20, 1))).isCloseTo(200, within(1e-6)); // though q never goes there
        assertThat(FDivergence.HELLINGER.of(new Normal(0, 1), new Normal(1, 1))).isCloseTo(1 - Math.exp(-1.0 / 8), within(1e-9));
        assertThat(FDivergence.REVERSE_KL.of(new Poisson(2), new Poisson(3))).isCloseTo(Divergences.kl(new Poisson(3), new Poisson(2)),
                within(1e-9));
        assertThat(FDivergence.TOTAL_VARIATION.of(new Uniform(0, 2), new Uniform(1, 3))).isCloseTo(0.5, within(1e-6));
        assertThat(FDivergence.KL.of(new Uniform(0, 2), new Uniform(1, 3))).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(FDivergence.TOTAL_VARIATION.of(new Normal(0, 1), new Poisson(1))).isEqualTo(1);
        double[] left = {1, 0}, right = {0, 1};
        assertThat(FDivergence.JENSEN_SHANNON.of(left, right)).isCloseTo(Math.log(2), within(1e-15));
        assertThat(FDivergence.HELLINGER.of(left, right)).isEqualTo(1);
        assertThat(FDivergence.KL.of(left, new double[] {1, 1})).isCloseTo(Math.log(2), within(1e-15));
        assertThat(FDivergence.REVERSE_KL.of(left, new double[] {1, 1})).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(FDivergence.alpha(0)).isSameAs(FDivergence.REVERSE_KL);
        assertThatThrownBy(() -> FDivergence.KL.of(new double[1], new double[2])).hasMessage("KL: vectors of 1 and 2 weights");
    }
}
