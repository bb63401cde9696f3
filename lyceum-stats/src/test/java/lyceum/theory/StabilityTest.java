package lyceum.theory;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class StabilityTest {
    private record Example(double[] x, double y) {}

    private static double kernel(double[] a, double[] b) {
        double square = 0;
        for (int j = 0; j < a.length; j++) square += (a[j] - b[j]) * (a[j] - b[j]);
        return Math.exp(-2 * square);
    }

    /** Kernel ridge: {@code (K + lambda n I) alpha = y}, by elimination. @param height of the kernel, kappa^2 */
    private record KernelRidge(List<Example> sample, double[] alpha, double height) {
        static KernelRidge fit(List<Example> sample, double lambda, double height) {
            int n = sample.size();
            var a = new double[n][n + 1];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j <= i; j++) a[j][i] = a[i][j] = height * kernel(sample.get(i).x, sample.get(j).x);
                a[i][i] += lambda * n;
                a[i][n] = sample.get(i).y;
            }
            for (int k = 0; k < n; k++) for (int i = k + 1; i < n; i++) {
                double factor = a[i][k] / a[k][k];
                for (int j = k; j <= n; j++) a[i][j] -= factor * a[k][j];
            }
            var alpha = new double[n];
            for (int i = n - 1; i >= 0; i--) {
                double sum = a[i][n];
                for (int j = i + 1; j < n; j++) sum -= a[i][j] * alpha[j];
                alpha[i] = sum / a[i][i];
            }
            return new KernelRidge(sample, alpha, height);
        }

        double at(double[] x) {
            double sum = 0;
            for (int i = 0; i < alpha.length; i++) sum += alpha[i] * height * kernel(sample.get(i).x, x);
            return sum;
        }
    }

    private static Example draw(Rng rng) {
        double a = rng.nextDouble(), b = rng.nextDouble();
        return new Example(new double[] {a, b}, a > b != rng.nextDouble() < 0.2 ? 1 : -1);
    }

    @Test
    @Acceptance(topic = "algorithmic-stability", clause = 1) void kernelRidgeIsAsStableAsItsBound() {
        ridge(1, 1);
        ridge(0.8, 4); // a kernel of another height, another penalty
        ridge(3, 0.25);
        // L, kappa, lambda and n each of its own: 9 * 4 / (0.5 * 10).
        assertThat(Stability.regularized(3, 2, 0.5, 10)).isCloseTo(7.2, within(1e-12));
    }

    private static void ridge(double lambda, double height) {
        double kappa = Math.sqrt(height), most = 1 + kappa / Math.sqrt(lambda); // |f| <= kappa |f|_K <= kappa / sqrt(lambda), and |y| = 1
        int[] sizes = {16, 32, 64, 128};
        var found = new double[4];
        double worst = 0;
        for (int s = 0; s < 4; s++) {
            var estimate = Stability.replaceOne((List<Example> sample, Rng rng) -> KernelRidge.fit(sample, lambda, height), (f, z) -> {
                double error = f.at(z.x) - z.y;
                return error * error;
            }, StabilityTest::draw, sizes[s], 500, 5, Rng.of(1));
            found[s] = estimate.uniform();
            worst = Math.max(worst, found[s] / Stability.regularized(2 * most, kappa, lambda, sizes[s]));
            assertThat(estimate.control()).isZero();
            assertThat(estimate.hypothesis()).isLessThan(found[s]);
            assertThat(estimate.onAverage()).isPositive();
        }
        String name = "lambda " + lambda + ", kappa^2 " + height + ": ";
        Evidence.of(name + "largest change over 500 trials, over L^2 kappa^2 / (lambda n), four sizes", worst, atMost(1));
        Evidence.of(name + "the same, so that the bound is not far", worst, above(0.05));
        Evidence.of(name + "slope of the largest change over n", Stability.rate(sizes, found), between(-1.1, -0.9));
        assertThat(Stability.isUniformlyStable(sizes, found)).isTrue();
    }

    private static double logistic(double[] w, double[] yx) {
        double margin = 0;
        for (int j = 0; j < w.length; j++) margin += w[j] * yx[j];
        return Math.log1p(Math.exp(-margin));
    }

    private static void logisticGradient(double[] w, double[] yx, double[] g) {
        double margin = 0;
        for (int j = 0; j < w.length; j++) margin += w[j] * yx[j];
        for (int j = 0; j < w.length; j++) g[j] = -yx[j] / (1 + Math.exp(margin));
    }

    /** An input of norm 1, times its label. */
    private static double[] unit(Rng rng) {
        double angle = 2 * Math.PI * rng.nextDouble(), sign = Math.cos(angle) > 0 != rng.nextDouble() < 0.2 ? 1 : -1;
        return new double[] {sign * Math.cos(angle), sign * Math.sin(angle)};
    }

    @Test
    @Acceptance(topic = "algorithmic-stability", clause = 2) void coupledRunsStayTogetherOnTheMean() {
        int n = 100, time = 200, runs = 1_000, exceeded = 0;
        var steps = new double[time];
        Arrays.fill(steps, 2); // at most 2 over the smoothness, which is 1/4
        var bound = new double[time + 1];
        for (int t = 1; t <= time; t++) bound[t] = Stability.sgd(1, Arrays.copyOf(steps, t), n);
        var tests = new double[8][];
        for (int k = 0; k < 8; k++) tests[k] = new double[] {Math.cos(k * Math.PI / 4), Math.sin(k * Math.PI / 4)};
        var mean = new double[8][time + 1];
        var rng = Rng.of(2);
        for (int run = 0; run < runs; run++) {
            var examples = new double[n][];
            for (int i = 0; i < n; i++) examples[i] = unit(rng);
            double[] taken = examples[rng.nextInt(n)];
            int index = Arrays.asList(examples).indexOf(taken);
            // The replacement's label is the other one.
            var twins = Stability.twins(StabilityTest::logisticGradient, examples, index, new double[] {-taken[0], -taken[1]}, steps,
                    new double[2], rng);
            boolean above = false;
            for (int t = 1; t <= time; t++) for (int k = 0; k < 8; k++) {
                double gap = Math.abs(logistic(twins.first()[t], tests[k]) - logistic(twins.second()[t], tests[k]));
                mean[k][t] += gap / runs;
                above |= t < n && gap > bound[t];
            }
            if (above) exceeded++;
            assertThat(twins.distance(0)).isZero();
        }
        double worst = 0;
        for (int t = 1; t <= time; t++) for (int k = 0; k < 8; k++) worst = Math.max(worst, mean[k][t] / bound[t]);
        Evidence.of("largest mean gap over (2 L^2 / n) sum of steps, T = 1..200 and eight test points", worst, atMost(1));
        Evidence.of("the same, so that the bound is not far", worst, above(0.1));
        Evidence.of("runs of 1,000 that exceed it at some T < n", exceeded, above(100));
        assertThat(bound[50]).isCloseTo(2.0 / 100 * 100, within(1e-12));
        assertThat(Stability.sgd(3, new double[] {1, 2}, 6)).isCloseTo(9, within(1e-12)); // 2 * 9 / 6 * 3
    }

    @Test
    @Acceptance(topic = "algorithmic-stability", clause = 3) void realisedGapsAreWithinTheBound() {
        int n = 200, exceeded = 0;
        double lambda = 0.5, norm = Math.sqrt(Math.log(2) / lambda), most = Math.log1p(Math.exp(norm));
        double bound = Stability.generalization(Stability.regularized(1, 1, lambda, n), most, n, 0.05), largest = -9;
        var rng = Rng.of(3);
        var population = new double[4_000][];
        for (int i = 0; i < population.length; i++) population[i] = unit(rng);
        for (int draw = 0; draw < 500; draw++) {
            var sample = new double[n][];
            for (int i = 0; i < n; i++) sample[i] = population[rng.nextInt(population.length)];
            double[] w = new double[2], g = new double[2];
            for (int step = 0; step < 60; step++) {
                double[] next = {w[0] * (1 - 2 * lambda * 0.7), w[1] * (1 - 2 * lambda * 0.7)};
                for (var z : sample) {
                    logisticGradient(w, z, g);
                    for (int j = 0; j < 2; j++) next[j] -= 0.7 * g[j] / n;
                }
                w = next;
            }
            double training = 0, truth = 0;
            for (var z : sample) training += logistic(w, z) / n;
            for (var z : population) truth += logistic(w, z) / population.length;
            if (truth - training > bound) exceeded++;
            largest = Math.max(largest, truth - training);
        }
        Evidence.of("share of 500 draws above the bound", exceeded / 500.0, atMost(0.05));
        Evidence.of("the bound over the largest loss: it says something", bound / most, between(0, 0.5));
        assertThat(largest).isGreaterThan(0);
        // beta = 1 / (0.5 * 200); 2 n beta = 4.
        assertThat(bound).isCloseTo(0.01 + (4 + most) * Math.sqrt(Math.log(20) / 400), within(1e-12));
    }

    @Test
    @Acceptance(topic = "algorithmic-stability", clause = 4) void theNearestNeighbourIsNotUniformlyStable() {
        int[] sizes = {25, 50, 100, 200};
        var uniform = new double[4];
        var mean = new double[4];
        for (int s = 0; s < 4; s++) {
            var estimate = Stability.replaceOne((List<Example> sample, Rng rng) -> sample, (sample, z) -> {
                Example near = sample.getFirst();
                for (var e : sample) if (kernel(e.x, z.x) > kernel(near.x, z.x)) near = e;
                return near.y == z.y ? 0 : 1;
            }, StabilityTest::draw, sizes[s], 500, 20, Rng.of(4));
            uniform[s] = estimate.uniform();
            mean[s] = estimate.hypothesis();
        }
        Evidence.of("least of the uniform stabilities at four sizes", Arrays.stream(uniform).min().orElseThrow(), exactly(1));
        Evidence.of("reported as uniformly stable", Stability.isUniformlyStable(sizes, uniform) ? 1 : 0, exactly(0));
        assertThat(Stability.rate(sizes, mean)).as("on average it is").isBetween(-1.3, -0.7);
    }

    @Test void controlsAndClosedForms() {
        // A learner with randomness of its own is found out.
        var own = Rng.of(5);
        var estimate = Stability.replaceOne((List<Example> sample, Rng rng) -> own.nextDouble(), (m, z) -> m, StabilityTest::draw, 10, 5, 2,
                Rng.of(6));
        assertThat(estimate.control()).isPositive();
        assertThat(Stability
                .replaceOne((List<Example> sample, Rng rng) -> rng.nextDouble(), (m, z) -> m, StabilityTest::draw, 10, 5, 2, Rng.of(6))
                .uniform()).isZero();
        // The article's: L = 1, n = 50,000, ten epochs of steps 0.1 give 2.
        var steps = new double[500_000];
        Arrays.fill(steps, 0.1);
        assertThat(Stability.sgd(1, steps, 50_000)).isCloseTo(2, within(1e-9));
        assertThat(Stability.sgdNonConvex(1, 2, 0.5, 100, 101)).isCloseTo(2.0 / 100 * 1 * 10, within(1e-12));
        // q = 1/2: (1 + 2) / 10 * 4^(2/3) * 27^(1/3).
        assertThat(Stability.sgdNonConvex(2, 1, 0.5, 27, 11)).isCloseTo(0.9 * Math.cbrt(16), within(1e-12));
        // The mean of n uniform numbers under squared loss: a gap of 2/12n, and a change of loss of at most 2/n at one end.
        var average = Stability.replaceOne((List<Double> sample, Rng rng) -> sample.stream().mapToDouble(v -> v).average().orElseThrow(),
                (m, z) -> (m - z) * (m - z), Rng::nextDouble, 10, 20_000, 1, Rng.of(7));
        assertThat(average.onAverage()).isCloseTo(1 / 60.0, within(1e-3));
        assertThat(average.uniform()).isBetween(0.1, 0.2);
        assertThatThrownBy(() -> Stability.regularized(1, 1, 0, 5)).hasMessageContaining("lambda is 0.0");
        assertThatThrownBy(() -> Stability.rate(new int[1], new double[1])).hasMessageContaining("1 stabilities of 1 sizes");
    }
}
