package lyceum.prob;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntFunction;
import lyceum.prob.Convergence.RunningMean;
import lyceum.prob.ProbabilitySpace.RandomVariable;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ProbabilitySpaceTest {
    @Test
    @Acceptance(topic = "probability-axioms", clause = 1) void exhaustiveSearchFindsBellsNumbers() {
        int[] bell = {1, 1, 2, 5, 15, 52};
        for (int n = 1; n <= 5; n++) {
            var found = SigmaAlgebra.all(n);
            if (n >= 4) Evidence.of("sigma-algebras on " + n + " points", found.size(), exactly(bell[n]));
            assertThat(found).hasSize(bell[n]).doesNotHaveDuplicates();
            int points = n;
            assertThat(found).allSatisfy(s -> assertThat(SigmaAlgebra.violation(points, new HashSet<>(s.events()))).isEmpty());
        }
        // Four points again, by the axioms written out here, over all 2^16 collections of their 16 subsets.
        var collections = new HashSet<Integer>();
        for (int collection = 0; collection < 1 << 16; collection++) {
            if ((collection >> 15 & 1) == 0) continue;
            boolean closed = true;
            for (int a = 0; a < 16 && closed; a++) if ((collection >> a & 1) == 1) {
                closed = (collection >> (15 - a) & 1) == 1;
                for (int b = 0; b < a && closed; b++) if ((collection >> b & 1) == 1) closed = (collection >> (a | b) & 1) == 1;
            }
            if (closed) collections.add(collection);
        }
        var ours = new HashSet<Integer>();
        for (var s : SigmaAlgebra.all(4)) ours.add(s.events().stream().mapToInt(e -> 1 << e.intValue()).reduce(0, (a, b) -> a | b));
        Evidence.of("collections that satisfy the axioms, of 65,536", collections.size(), exactly(15));
        Evidence.that("they are the ones found", ours.equals(collections));
        assertThat(SigmaAlgebra.violation(3, List.of(0L, 7L, 1L))).contains("the complement of {0} is missing");
        assertThat(SigmaAlgebra.violation(3, List.of(0L, 7L, 1L, 6L, 2L, 5L)))
                .hasValueSatisfying(v -> assertThat(v).contains("the union of"));
        assertThat(SigmaAlgebra.violation(3, List.of(0L))).contains("the whole is missing");
        assertThat(SigmaAlgebra.generatedBy(4, 0b0011, 0b0110)).isEqualTo(SigmaAlgebra.power(4)).hasToString("[{0}, {1}, {2}, {3}]");
    }

    @Test
    @Acceptance(topic = "probability-axioms", clause = 2) void mapsThatAreNotMeasurableAreRejectedWithAWitness() {
        var rng = Rng.of(2);
        int rejected = 0, witnesses = 0, unmeasurable = 0, accepted = 0, measurable = 0;
        for (int k = 0; k < 2_000; k++) {
            int n = 2 + rng.nextInt(6);
            var events = SigmaAlgebra.generatedBy(n, rng.nextLong(1L << n), rng.nextLong(1L << n));
            var mass = new double[events.atoms().length];
            Arrays.fill(mass, 1.0 / mass.length);
            var space = new ProbabilitySpace(events, mass);
            var values = new double[n];
            for (int i = 0; i < n; i++) values[i] = rng.nextInt(3);
            if (k % 2 == 0) for (long atom : events.atoms())
                for (int i = 0; i < n; i++) if ((atom >> i & 1) == 1) values[i] = values[Long.numberOfTrailingZeros(atom)];
            // By definition: every {X <= x} is among the listed events.
            var listed = new HashSet<>(events.events());
            boolean all = true;
            for (double x : values) {
                long below = 0;
                for (int i = 0; i < n; i++) if (values[i] <= x) below |= 1L << i;
                all &= listed.contains(below);
            }
            boolean refused = false;
            try {
                space.variable(values);
            } catch (IllegalArgumentException e) {
                refused = true;
            }
            if (all) {
                measurable++;
                if (!refused) accepted++;
                continue;
            }
            unmeasurable++;
            if (refused) rejected++;
            var witness = events.notMeasurable(values).orElseThrow();
            long below = 0;
            for (int i = 0; i < n; i++) if (values[i] <= Math.min(values[witness.a()], values[witness.b()])) below |= 1L << i;
            if (witness.event() == below && !listed.contains(below) && values[witness.a()] != values[witness.b()]) witnesses++;
        }
        Evidence.of("maps that are not measurable", unmeasurable, atLeast(300));
        Evidence.of("of them rejected", rejected, exactly(unmeasurable));
        Evidence.of("of them with a true witness", witnesses, exactly(unmeasurable));
        Evidence.of("measurable maps accepted", accepted, exactly(measurable));
        var coarse = new ProbabilitySpace(SigmaAlgebra.generatedBy(4, 0b0011), 0.25, 0.75);
        assertThatThrownBy(() -> coarse.variable(1, 2, 3, 3))
                .hasMessage("variable: the map is 1.0 at 0 and 2.0 at 1, which no event separates: {X <= 1.0} = {0} is not measurable");
        assertThatThrownBy(() -> coarse.probability(0b0001)).hasMessageContaining("{0} is not an event of this space");
        assertThatThrownBy(() -> ProbabilitySpace.of(0.5, 0.4)).hasMessageContaining("the whole has probability 0.9");
    }

    private static SigmaAlgebra coarser(Rng rng, SigmaAlgebra fine) {
        long event = 0;
        for (long atom : fine.atoms()) if (rng.nextInt(2) == 0) event |= atom;
        return SigmaAlgebra.generatedBy(fine.points(), event);
    }

    /** A space whose atoms hold several points, of these masses; a map is made constant on each atom. */
    private static ProbabilitySpace coarse(SigmaAlgebra events, double[] p, double[]... maps) {
        long[] atoms = events.atoms();
        var mass = new double[atoms.length];
        for (int k = 0; k < atoms.length; k++) for (int i = 0; i < p.length; i++) {
            if ((atoms[k] >> i & 1) == 0) continue;
            mass[k] += p[i];
            for (double[] map : maps) map[i] = map[Long.numberOfTrailingZeros(atoms[k])];
        }
        return new ProbabilitySpace(events, mass);
    }

    @Test
    @Acceptance(topic = "probability-axioms", clause = 3) void meansAreLinearAndTheTowerHolds() {
        var rng = Rng.of(1933);
        double linear = 0, tower = 0, truth = 0, projection = 0;
        int spaces = 0, lumped = 0;
        for (; spaces < 1_000; spaces++) {
            int n = 3 + rng.nextInt(8);
            double[] p = DenseJoint.random(rng, 0.2, n).p(), a = new double[n], b = new double[n];
            for (int i = 0; i < n; i++) {
                a[i] = rng.nextGaussian();
                b[i] = rng.nextGaussian();
            }
            var events = spaces % 2 == 0 ? SigmaAlgebra.power(n)
                    : SigmaAlgebra.generatedBy(n, rng.nextLong(1L << n), rng.nextLong(1L << n));
            if (events.atoms().length < n) lumped++;
            var space = coarse(events, p, a, b);
            RandomVariable x = space.variable(a), y = space.variable(b);
            double s = rng.nextGaussian(), t = rng.nextGaussian();
            linear = Math.max(linear,
                    Math.abs(x.map(v -> s * v).plus(y.map(v -> t * v)).expectation() - (s * x.expectation() + t * y.expectation())));
            double mean = 0, product = 0, other = 0;
            for (int i = 0; i < n; i++) {
                mean += p[i] * a[i];
                other += p[i] * b[i];
                product += p[i] * a[i] * b[i];
            }
            truth = Math.max(truth, Math.abs(x.expectation() - mean));
            truth = Math.max(truth, Math.abs(x.covariance(y) - (product - mean * other)));
            SigmaAlgebra g = spaces % 2 == 0 ? SigmaAlgebra.generatedBy(n, rng.nextLong(1L << n), rng.nextLong(1L << n))
                    : coarser(rng, events), h = coarser(rng, g);
            double[] twice = x.given(g).given(h).values(), once = x.given(h).values();
            for (int i = 0; i < n; i++) tower = Math.max(tower, Math.abs(twice[i] - once[i]));
            tower = Math.max(tower, Math.abs(x.given(g).expectation() - mean));
            // On each atom the mean over it; and X less its projection is orthogonal to what G can tell.
            double[] given = x.given(g).values();
            for (long atom : g.atoms()) {
                double mass = 0, sum = 0, rest = 0;
                for (int i = 0; i < n; i++) if ((atom >> i & 1) == 1) {
                    mass += p[i];
                    sum += p[i] * a[i];
                    rest += p[i] * (a[i] - given[i]);
                }
                if (mass > 0) truth = Math.max(truth, Math.abs(given[Long.numberOfTrailingZeros(atom)] * mass - sum));
                projection = Math.max(projection, Math.abs(rest));
            }
        }
        Evidence.of("random spaces", spaces, exactly(1_000));
        Evidence.of("of these with atoms of several points", lumped, atLeast(400));
        Evidence.of("E(sX + tY) less sEX + tEY", linear, below(1e-12));
        Evidence.of("E[E[X|G]|H] less E[X|H], and E E[X|G] less E X", tower, below(1e-12));
        Evidence.of("means, covariances and conditional means against sums", truth, below(1e-12));
        Evidence.of("X - E[X|G] against the atoms of G", projection, below(1e-12));
    }

    @Test
    @Acceptance(topic = "probability-axioms", clause = 4) void theMeanIsTheTailSum() {
        var rng = Rng.of(4);
        double worst = 0, integers = 0;
        for (int k = 0; k < 1_000; k++) {
            int n = 2 + rng.nextInt(12);
            double[] p = DenseJoint.random(rng, 0.1, n).p(), values = new double[n];
            double mean = 0, sum = 0;
            boolean counts = k % 2 == 0;
            for (int i = 0; i < n; i++) values[i] = counts ? rng.nextInt(30) : 5 * rng.nextGaussian();
            var x = coarse(k % 3 == 0 ? SigmaAlgebra.power(n) : SigmaAlgebra.generatedBy(n, rng.nextLong(1L << n), rng.nextLong(1L << n)),
                    p, values).variable(values);
            for (int i = 0; i < n; i++) mean += p[i] * values[i];
            worst = Math.max(worst, Math.max(Math.abs(x.tailSum() - mean), Math.abs(x.tailSum() - x.expectation())));
            if (!counts) continue;
            // sum over k >= 1 of P(X >= k)
            for (int least = 1; least <= 30; least++) for (int i = 0; i < n; i++) if (values[i] >= least) sum += p[i];
            integers = Math.max(integers, Math.max(Math.abs(x.expectation() - sum), Math.abs(x.tailSum() - sum)));
            assertThat(x.law().mean()).isCloseTo(mean, within(1e-12));
            assertThat(x.law().variance()).isCloseTo(x.variance(), within(1e-11));
        }
        Evidence.of("tail integral against the mean", worst, below(1e-12));
        Evidence.of("counts: sum of P(X >= k) against both", integers, below(1e-12));
    }

    @Test
    @Acceptance(topic = "probability-axioms", clause = 5) void escapingMassIsFlaggedAndDominatedSequencesConverge() {
        var escaping = Convergence.of(n -> u -> u < 1.0 / n ? n : 0, u -> 0, 14);
        double off = 0;
        for (double mean : escaping.means()) off = Math.max(off, Math.abs(mean - 1));
        Evidence.of("means of n 1{U < 1/n} less 1, n to 16,384", off, atMost(1e-12));
        Evidence.of("mean of the limit", escaping.limitMean(), exactly(0));
        Evidence.of("P(X_n is far from the limit) at the last n", escaping.farFrom()[14], below(1e-4));
        Evidence.that("flagged as not uniformly integrable", !escaping.isUniformlyIntegrable());
        Evidence.of("mass that escapes", escaping.escaping(), atLeast(0.99));
        // Dominated by 1, by 1, by 1, and by an unbounded u^(-1/4) of mean 4/3; their limits' means by integral calculus.
        List<IntFunction<DoubleUnaryOperator>> sequences = List.of(n -> u -> Math.pow(u, n), n -> u -> Math.pow(1 - u / n, n),
                n -> u -> Math.cos(u) + Math.sin(n * u) / n, n -> u -> Math.min(n, Math.pow(u, -0.25)));
        List<DoubleUnaryOperator> limits = List.of(u -> 0, u -> Math.exp(-u), Math::cos, u -> Math.pow(u, -0.25));
        double[] means = {0, 1 - Math.exp(-1), Math.sin(1), 4 / 3.0};
        double gap = 0, integral = 0;
        int flagged = 0;
        for (int i = 0; i < 4; i++) {
            var c = Convergence.of(sequences.get(i), limits.get(i), 14);
            gap = Math.max(gap, c.gap());
            integral = Math.max(integral, Math.abs(c.means()[14] - means[i]));
            if (!c.isUniformlyIntegrable()) flagged++;
        }
        // Scale does not matter; nor does being unbounded, where the mean of what is large dies away.
        assertThat(Convergence.of(n -> u -> u < 1.0 / n ? 1e-3 * n : 0, u -> 0, 14).isUniformlyIntegrable()).isFalse();
        assertThat(Convergence.of(n -> u -> u < 1.0 / n ? Math.sqrt(n) : 0, u -> 0, 14).isUniformlyIntegrable()).isTrue();
        Evidence.of("dominated sequences flagged", flagged, exactly(0));
        Evidence.of("their last mean less the limit's mean", gap, below(1e-3));
        Evidence.of("less the integral of the limit", integral, below(1e-3));
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "probability-axioms", clause = 6) void cauchyMeansWanderAndGaussianOnesSettle() {
        int cauchy = 0, gauss = 0;
        double widest = 0;
        for (int path = 0; path < 100; path++) {
            var rng = Rng.of(6).split(path);
            if (RunningMean.of(r -> Math.tan(Math.PI * (r.nextDouble() - 0.5)), rng, 1_000, 1_000_000).range() > 1) cauchy++;
            double range = RunningMean.of(Rng::nextGaussian, rng, 1_000, 1_000_000).range();
            if (range > 1) gauss++;
            widest = Math.max(widest, range);
        }
        Evidence.of("Cauchy paths of 100 whose running mean ranges over more than 1", cauchy, atLeast(95));
        Evidence.of("Gaussian ones", gauss, exactly(0));
        Evidence.of("their widest range", widest, below(1));
    }
}
