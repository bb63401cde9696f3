package lyceum.info;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import lyceum.prob.Uniform;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class OptimalTransportTest {
    private static final String TOPIC = "optimal-transport";

    private static double[][] cloud(int n, int d, Rng rng) {
        var x = new double[n][d];
        for (double[] row : x) for (int c = 0; c < d; c++) row[c] = rng.nextGaussian();
        return x;
    }

    private static double[] weights(int n, Rng rng) {
        var w = new double[n];
        double sum = 0;
        for (int i = 0; i < n; i++) sum += w[i] = 0.05 + rng.nextDouble();
        for (int i = 0; i < n; i++) w[i] /= sum;
        return w;
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 1) void theLineEqualsSciPy() {
        double gap = 0;
        int cases = 0;
        for (var c : Golden.load("golden/optimal-transport.json").list("cases")) {
            if (!c.text("name").equals("line")) continue;
            double[] x = c.doubles("input.x"), y = c.doubles("input.y");
            gap = Math.max(gap, Math.abs(OptimalTransport.wasserstein(x, y, 1) - c.number("expected.plain")));
            gap = Math.max(gap, Math.abs(
                    OptimalTransport.wasserstein(x, c.doubles("input.a"), y, c.doubles("input.b"), 1) - c.number("expected.weighted")));
            cases++;
        }
        Evidence.of("cases, plain and weighted", cases, atLeast(20));
        Evidence.of("largest distance from scipy.stats.wasserstein_distance", gap, below(1e-10));
    }

    /** How far a pair of potentials is from proving the plan: broken constraints, and cost less dual. */
    private static double proof(TransportPlan plan, double[][] cost) {
        double worst = Math.abs(plan.gap());
        for (int i = 0; i < cost.length; i++)
            for (int j = 0; j < cost[i].length; j++)
                worst = Math.max(worst, plan.sourcePotential()[i] + plan.targetPotential()[j] - cost[i][j]);
        return worst;
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 2) void assignmentsAndPlansEqualSciPyWithoutADualityGap() {
        double assignment = 0, plans = 0, gap = 0, marginals = 0;
        int assignments = 0, programmes = 0;
        for (var c : Golden.load("golden/optimal-transport.json").list("cases")) {
            if (c.text("name").equals("line")) continue;
            double[][] cost = c.matrix("input.c");
            double expected = c.number("expected.cost");
            if (c.text("name").equals("assignment")) {
                double total = 0;
                int[] columns = OptimalTransport.assignment(cost);
                for (int i = 0; i < cost.length; i++) total += cost[i][columns[i]];
                assertThat(Arrays.stream(columns).distinct().count()).isEqualTo(cost.length);
                assignment = Math.max(assignment, Math.abs(total - expected));
                var pairing = OptimalTransport.pairing(cost);
                gap = Math.max(gap, proof(pairing, cost));
                double[] equal = OptimalTransport.equal(cost.length);
                plans = Math.max(plans, Math.abs(OptimalTransport.plan(cost, equal, equal).cost() - pairing.cost()));
                assignments++;
            } else {
                double[] a = c.doubles("input.a"), b = c.doubles("input.b");
                var plan = OptimalTransport.plan(cost, a, b);
                plans = Math.max(plans, Math.abs(plan.cost() - expected));
                gap = Math.max(gap, proof(plan, cost));
                marginals = Math.max(marginals, plan.marginalError(a, b));
                programmes++;
            }
        }
        var rng = Rng.of(2); // larger, with ties, with weights of 0: proved by their potentials
        for (int draw = 0; draw < 30; draw++) {
            int n = 1 + rng.nextInt(60), m = draw % 3 == 0 ? n : 1 + rng.nextInt(60);
            double[][] cost = OptimalTransport.costs(cloud(n, 2, rng), cloud(m, 2, rng), 2);
            if (draw % 2 == 0) for (double[] row : cost) for (int j = 0; j < m; j++) row[j] = Math.rint(row[j]);
            double[] a = draw % 3 == 0 ? OptimalTransport.equal(n) : weights(n, rng),
                    b = draw % 3 == 0 ? OptimalTransport.equal(m) : weights(m, rng);
            if (draw % 3 == 1 && n > 2 && m > 2) {
                a[1] = b[0] = b[m - 1] = 0;
                a = OptimalTransport.normalised("", a);
                b = OptimalTransport.normalised("", b);
            }
            var plan = OptimalTransport.plan(cost, a, b);
            gap = Math.max(gap, proof(plan, cost));
            marginals = Math.max(marginals, plan.marginalError(a, b));
            for (double[] row : plan.mass()) for (double v : row) assertThat(v).isNotNegative();
        }
        Evidence.of("assignments and linear programmes", Math.min(assignments, programmes), atLeast(8));
        Evidence.of("assignment cost less scipy's", assignment, below(1e-9));
        Evidence.of("plan's cost less the linear programme's", plans, below(1e-8));
        Evidence.of("duality gap, or a broken dual constraint", gap, atMost(1e-8));
        Evidence.of("largest marginal error", marginals, atMost(1e-12));
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 3) void sinkhornKeepsItsMarginalsAndNearsTheExactCost() {
        var rng = Rng.of(3);
        double marginals = 0, excess = 0, least = Double.POSITIVE_INFINITY, blurred = 0;
        for (int draw = 0; draw < 6; draw++) {
            int n = 20 + 5 * draw, m = 45 - 5 * draw;
            double[][] x = cloud(n, 2, rng), y = cloud(m, 2, rng);
            for (double[] row : y) row[0] = 1 + 1.5 * row[0];
            double[][] cost = OptimalTransport.costs(x, y, 2);
            double[] a = weights(n, rng), b = weights(m, rng);
            double mean = Arrays.stream(cost).flatMapToDouble(Arrays::stream).average().orElseThrow(),
                    exact = OptimalTransport.plan(cost, a, b).cost();
            var plan = new Sinkhorn(2e-3 * mean).plan(cost, a, b);
            marginals = Math.max(marginals, plan.marginalError(a, b));
            excess = Math.max(excess, plan.cost() / exact - 1);
            least = Math.min(least, plan.cost() / exact - 1);
            var rough = new Sinkhorn(0.3 * mean).plan(cost, a, b);
            marginals = Math.max(marginals, rough.marginalError(a, b));
            blurred = Math.max(blurred, rough.cost() / exact - 1);
        }
        Evidence.of("largest marginal error", marginals, atMost(1e-8));
        Evidence.of("cost over exact, less 1, at epsilon 0.002 of the mean cost", excess, below(0.01));
        Evidence.of("least of it: no plan is cheaper than the exact one", least, atLeast(-1e-7));
        Evidence.of("the same at 0.3: entropy does cost", blurred, above(0.1));
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 4) void distancesAreMetrics() {
        var rng = Rng.of(4);
        double symmetry = 0, identity = 0, triangle = Double.NEGATIVE_INFINITY, least = Double.POSITIVE_INFINITY;
        for (int draw = 0; draw < 1_000; draw++) {
            double[][][] clouds = {cloud(1 + rng.nextInt(6), 2, rng), cloud(1 + rng.nextInt(6), 2, rng), cloud(1 + rng.nextInt(6), 2, rng)};
            double[][] masses = new double[3][], flat = new double[3][];
            for (int k = 0; k < 3; k++) {
                masses[k] = weights(clouds[k].length, rng);
                flat[k] = Arrays.stream(clouds[k]).mapToDouble(point -> point[0]).toArray();
            }
            for (int p = 1; p <= 2; p++) for (int dimensions = 1; dimensions <= 2; dimensions++) {
                var distance = new double[3][3];
                for (int i = 0; i < 3; i++)
                    for (int j = 0; j < 3; j++)
                        distance[i][j] = dimensions == 1 ? OptimalTransport.wasserstein(flat[i], masses[i], flat[j], masses[j], p)
                                : Math.pow(
                                        Math.max(0, OptimalTransport
                                                .plan(OptimalTransport.costs(clouds[i], clouds[j], p), masses[i], masses[j]).cost()),
                                        1.0 / p);
                for (int i = 0; i < 3; i++) {
                    identity = Math.max(identity, distance[i][i]);
                    int j = (i + 1) % 3, k = (i + 2) % 3;
                    least = Math.min(least, distance[i][j]);
                    symmetry = Math.max(symmetry, Math.abs(distance[i][j] - distance[j][i]));
                    triangle = Math.max(triangle, distance[i][k] - distance[i][j] - distance[j][k]);
                }
            }
        }
        Evidence.of("distance from itself", identity, atMost(1e-7)); // a square root of rounding
        Evidence.of("least distance of two", least, above(1e-3));
        Evidence.of("difference of the two orders", symmetry, atMost(1e-12));
        Evidence.of("excess over the way round the third", triangle, atMost(1e-12));
    }

    @Test
    @Tag("heavy")
    @Acceptance(topic = TOPIC, clause = 5) void buresAgreesWithLargeSamples() {
        double formula = OptimalTransport.gaussian(new double[2], new double[][] {{9, 0}, {0, 1}}, new double[2],
                new double[][] {{1, 0}, {0, 9}});
        assertThat(formula).isCloseTo(Math.sqrt(8), within(1e-12));
        double mean = IntStream.range(0, 5).parallel().mapToDouble(pair -> {
            var rng = Rng.of(5).split(pair);
            double[][] x = cloud(2_000, 2, rng), y = cloud(2_000, 2, rng);
            for (int i = 0; i < 2_000; i++) {
                x[i][0] *= 3;
                y[i][1] *= 3;
            }
            return OptimalTransport.wasserstein(x, y, 2);
        }).average().orElseThrow();
        Evidence.of("Bures' W2 over the mean exact W2 of 5 pairs of 2,000 points, less 1", Math.abs(formula / mean - 1), atMost(0.03));
    }

    /** Central differences of f in every coordinate, against a gradient. */
    private static double worst(double[][] x, double[][] gradient, ToDoubleFunction<double[][]> f) {
        double worst = 0, h = 1e-5;
        for (int i = 0; i < x.length; i++) for (int c = 0; c < x[i].length; c++) {
            double at = x[i][c];
            x[i][c] = at + h;
            double high = f.applyAsDouble(x);
            x[i][c] = at - h;
            double low = f.applyAsDouble(x);
            x[i][c] = at;
            worst = Math.max(worst, Math.abs((high - low) / (2 * h) - gradient[i][c]));
        }
        return worst;
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 6) void gradientsEqualFiniteDifferences() {
        double positions = 0, entropic = 0, prices = 0, size = 0;
        for (int draw = 0; draw < 4; draw++) {
            var rng = Rng.of(60 + draw);
            double p = draw % 2 == 0 ? 2 : 1.5;
            double[][] x = cloud(6, 2, rng), y = cloud(8, 2, rng);
            double[] a = weights(6, rng), b = weights(8, rng);
            var plan = OptimalTransport.plan(OptimalTransport.costs(x, y, p), a, b);
            double[][] gradient = plan.gradient(x, y, p);
            for (double[] row : gradient) for (double g : row) size = Math.max(size, Math.abs(g));
            positions = Math.max(positions, worst(x, gradient, at -> OptimalTransport.plan(OptimalTransport.costs(at, y, p), a, b).cost()));
            var sinkhorn = new Sinkhorn(0.3).withTolerance(1e-13);
            var soft = sinkhorn.plan(OptimalTransport.costs(x, y, p), a, b);
            entropic = Math.max(entropic,
                    worst(x, soft.gradient(x, y, p), at -> sinkhorn.plan(OptimalTransport.costs(at, y, p), a, b).dual()));
            // Moving weight from one source to another: the difference of their potentials.
            for (int i = 1; i < 6; i++) {
                double h = 1e-5, each = 0;
                double[] more = a.clone(), less = a.clone();
                more[i] += h;
                more[0] -= h;
                less[i] -= h;
                less[0] += h;
                double[][] cost = OptimalTransport.costs(x, y, p);
                each = (sinkhorn.plan(cost, more, b).dual() - sinkhorn.plan(cost, less, b).dual()) / (2 * h);
                prices = Math.max(prices, Math.abs(each - (soft.sourcePotential()[i] - soft.sourcePotential()[0])));
            }
        }
        Evidence.of("exact cost, positions", positions, below(1e-5));
        Evidence.of("entropic value, positions", entropic, below(1e-5));
        Evidence.of("entropic value, weights", prices, below(1e-5));
        Evidence.of("largest entry of a gradient", size, above(0.1));
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 7) void distanceGrowsWithAShiftThatDivergenceCannotSee() {
        var base = new double[50];
        for (int i = 0; i < 50; i++) base[i] = (i + 0.5) / 50;
        double worst = 0, finite = 0, growth = 0, before = Double.NaN;
        for (double shift = 1.5; shift <= 10; shift += 0.5) {
            double s = shift;
            double[] moved = Arrays.stream(base).map(v -> v + s).toArray();
            double distance = OptimalTransport.wasserstein(base, moved, 1);
            double[][] cost = OptimalTransport.costs(column(base), column(moved), 1);
            double[] equal = OptimalTransport.equal(50);
            worst = Math.max(worst, Math.max(Math.abs(distance - s), Math.abs(OptimalTransport.plan(cost, equal, equal).cost() - s)));
            if (!Double.isNaN(before)) growth = Math.max(growth, Math.abs(distance - before - 0.5));
            before = distance;
            if (Divergences.kl(new Uniform(0, 1), new Uniform(s, s + 1)) < Double.POSITIVE_INFINITY) finite++;
        }
        Evidence.of("W1 of a shifted sample less the shift, on the line and by a plan", worst, below(1e-12));
        Evidence.of("step of W1 less the step of the shift", growth, below(1e-12));
        Evidence.of("shifts at which KL is finite", finite, exactly(0));
    }

    private static double[][] column(double[] x) { return Arrays.stream(x).mapToObj(v -> new double[] {v}).toArray(double[][]::new); }

    @Test void gaussiansSlicesBarycentersAndUnbalancedMass() {
        double[][] a = {{2, 0.6}, {0.6, 1}}, b = {{1, -0.3}, {-0.3, 3}};
        double trace = 2.0 + 1 + 1 + 3, determinants = Math.sqrt((2 - 0.36) * (3 - 0.09)), inner = 2 * 1 + 0.6 * -0.3 * 2 + 1 * 3; // tr(AB)
        double closed = trace - 2 * Math.sqrt(inner + 2 * determinants); // (tr sqrt M)^2 = tr M + 2 sqrt det M for 2 x 2
        assertThat(OptimalTransport.gaussian(new double[] {1, 0}, a, new double[] {0, 2}, b)).isCloseTo(Math.sqrt(5 + closed),
                within(1e-10));

        var rng = Rng.of(8);
        double[][] x = cloud(40, 2, rng), y = cloud(40, 2, rng), shifted = cloud(40, 2, rng);
        for (int i = 0; i < 40; i++) shifted[i] = new double[] {x[i][0] + 3, x[i][1]};
        // A pure shift by s: the mean of (s cos)^2 over directions is s^2 / d.
        assertThat(OptimalTransport.sliced(x, shifted, 2, 4_000, rng)).isCloseTo(3 / Math.sqrt(2), within(0.06));
        assertThat(OptimalTransport.sliced(x, y, 2, 50, rng)).isLessThan(OptimalTransport.wasserstein(x, y, 2));

        var sinkhorn = new Sinkhorn(0.5);
        assertThat(sinkhorn.divergence(x, x, 2)).isCloseTo(0, within(1e-9));
        assertThat(sinkhorn.divergence(x, shifted, 2)).isCloseTo(9, within(1e-4)); // debiased, a shift costs its square
        assertThat(sinkhorn.plan(OptimalTransport.costs(x, x, 2), weights(40, rng), weights(40, rng)).cost()).isPositive();

        // Unbalanced, two far points: for a pair alone the mass m solves cost + 2 rho log m = 0 as epsilon falls.
        double mass = new Sinkhorn(1e-4).withPenalty(2).plan(new double[][] {{1}}, new double[] {1}, new double[] {1}).mass()[0][0];
        assertThat(mass).isCloseTo(Math.exp(-1.0 / 4), within(1e-4));

        assertThat(OptimalTransport.barycenter(new double[][] {{0, 1, 2}, {12, 10, 11}}, new double[] {1, 1})).containsExactly(5, 6, 7);
        double[][] line = OptimalTransport.costs(column(IntStream.range(0, 41).mapToDouble(i -> i / 40.0).toArray()),
                column(IntStream.range(0, 41).mapToDouble(i -> i / 40.0).toArray()), 2);
        double[][] ends = new double[2][41];
        ends[0][4] = ends[1][36] = 1;
        double[] middle = new Sinkhorn(1e-3).barycenter(line, ends, new double[] {3, 1});
        double mean = 0;
        for (int i = 0; i < 41; i++) mean += middle[i] * i / 40;
        assertThat(mean).isCloseTo(0.3, within(1e-6)); // three quarters of the way to the first
        assertThat(middle[12]).isGreaterThan(0.3);

        assertThatThrownBy(() -> OptimalTransport.wasserstein(new double[1], new double[1], 0.5))
                .hasMessage("wasserstein: p is 0.5; it is at least 1");
        assertThatThrownBy(() -> OptimalTransport.assignment(new double[2][3])).hasMessageContaining("3 costs in a row for 2 targets");
        assertThatThrownBy(() -> new Sinkhorn(0)).hasMessageContaining("epsilon is 0.0");
    }
}
