package lyceum.optim;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.linalg.Linalg;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class AdaGradTest {

    @Test
    @Acceptance(topic = "adagrad", clause = 1) void twoHundredStepsEqualTorch() {
        Evidence.of("largest gap to torch", OptimiserRuns.gap(7, "AdaGrad", in -> true), below(1e-6));
    }

    @Test
    @Acceptance(topic = "adagrad", clause = 1) void rowsAloneEqualTheWholeTable() {
        var worst = Gap.absolute();
        for (var c : Golden.load("golden/adagrad-rows.json").list("cases")) {
            boolean sparse = c.text("name").equals("sparse");
            var table = Tensor.of(c.matrix("input.weight")).requiresGrad();
            var optimizer = new AdaGrad(c.number("input.lr")).over(table);
            int step = 0;
            for (var rows : c.intMatrix("input.rowsByStep")) {
                var ids = Tensor.of(Arrays.stream(rows).asLongStream().toArray());
                optimizer.zeroGrad();
                if (sparse) optimizer.rowGradient(table, ids, table.detach().indexSelect(0, ids).mul(2));
                else table.indexSelect(0, ids).square().sum().backward();
                optimizer.step();
                SgdTest.see(worst, c, ++step, table.toDoubleArray());
            }
        }
        Evidence.of("numbers compared", worst.seen(), exactly(2 * 7 * 18));
        Evidence.of("largest gap to torch", worst, below(1e-6));
    }

    @Test
    @Acceptance(topic = "adagrad", clause = 2) void underAConstantGradientStepsFallWithTheRootOfTheirNumber() {
        double rate = 0.3;
        var worst = Gap.relative();
        double[] g = {1e-3, -2, 500};
        var way = OptimiserRuns.underConstantGradient(new AdaGrad(rate), g, 1_000);
        for (int t = 1; t < way.size(); t++)
            for (int i = 0; i < 3; i++) worst.see("step " + t, way.get(t)[i] - way.get(t - 1)[i], -Math.signum(g[i]) * rate / Math.sqrt(t));
        Evidence.of("largest relative gap to lr / sqrt(t)", worst, below(1e-6));
    }

    /**
     * Duchi, Hazan and Singer (2011), corollary 6 in its diagonal form: against every fixed u,
     * {@code regret(t) <= (max_s |u - x_s|_inf^2 / (2 rate) + rate) * sum_i sqrt(sum_s g_si^2)}. The u of each t is the best in hindsight.
     * Half of the problems are least squares, half absolute distances of one coordinate a step, whose best is each coordinate's median;
     * a quarter have no noise, and are less than a rate away or 8 to 10: a rule that forgets its squares breaks the bound on the near ones, one that
     * divides by their sum without the root on the far ones.
     */
    @Test
    @Acceptance(topic = "adagrad", clause = 3) void regretStaysUnderTheProvenBoundAtEveryStep() {
        int n = 4, compared = 0;
        double worst = Double.NEGATIVE_INFINITY;
        var largest = new double[2];
        for (int problem = 0; problem < 50; problem++) {
            var rng = Rng.of(32_000 + problem);
            boolean smooth = problem % 2 == 0, exact = problem % 4 == 3, near = problem % 8 == 3;
            int steps = smooth ? 120 : 400;
            double rate = 0.1 * Math.pow(10, rng.nextDouble());
            var x = Tensor.zeros(DType.F64, n).copy().requiresGrad();
            var optimizer = new AdaGrad(rate).over(x);
            var a = new double[steps][n];
            double[] b = new double[steps], truth = IntStream.range(0, n)
                    .mapToDouble(i -> exact ? rate * (near ? rng.nextDouble(0.5, 1) : rng.nextDouble(8, 10)) : rng.nextGaussian())
                    .toArray(), squares = new double[n];
            var points = new double[steps][];
            double paid = 0;
            for (int t = 0; t < steps; t++) {
                // Features of very different frequency, which is what the method is for.
                if (smooth) for (int i = 0; i < n; i++) a[t][i] = rng.nextDouble() < 1.0 / (i + 1) ? rng.nextGaussian() : 0;
                else a[t][rng.nextInt(n)] = 1;
                b[t] = Vectors.dot(a[t], truth) + (exact ? 0 : 0.3 * rng.nextGaussian());
                points[t] = x.toDoubleArray();
                double miss = Vectors.dot(a[t], points[t]) - b[t];
                paid += loss(smooth, miss);
                var gradient = Arrays.stream(a[t]).map(v -> v * (smooth ? miss : Math.signum(miss))).toArray();
                for (int i = 0; i < n; i++) squares[i] += gradient[i] * gradient[i];
                optimizer.step(Tensor.of(gradient));

                var best = smooth ? leastSquares(Arrays.copyOf(a, t + 1), Arrays.copyOf(b, t + 1)) : medians(a, b, t + 1);
                double hindsight = 0, reach = 0;
                for (int s = 0; s <= t; s++) {
                    hindsight += loss(smooth, Vectors.dot(a[s], best) - b[s]);
                    for (int i = 0; i < n; i++) reach = Math.max(reach, Math.abs(best[i] - points[s][i]));
                }
                double bound = (reach * reach / (2 * rate) + rate) * Arrays.stream(squares).map(Math::sqrt).sum();
                worst = Math.max(worst, paid - hindsight - bound);
                if (bound > 0) largest[problem % 2] = Math.max(largest[problem % 2], (paid - hindsight) / bound);
                compared++;
            }
        }
        Evidence.of("steps compared", compared, exactly(25 * 120 + 25 * 400));
        Evidence.of("regret over its bound", worst, atMost(1e-9));
        Evidence.of("the bound is not idle: largest part of it that regret takes, smooth", largest[0], above(0.1));
        Evidence.of("the bound is not idle: largest part of it that regret takes, absolute", largest[1], above(0.1));
    }

    private static double loss(boolean smooth, double miss) { return smooth ? miss * miss / 2 : Math.abs(miss); }

    private static double[] leastSquares(double[][] a, double[] b) {
        return Linalg.pinv(Tensor.of(a)).matmul(Tensor.of(b)).toDoubleArray();
    }

    /** For each coordinate a median of the targets of the first {@code count} steps that looked at it; 0 where none did. */
    private static double[] medians(double[][] a, double[] b, int count) {
        return IntStream.range(0, a[0].length).mapToDouble(i -> {
            var targets = IntStream.range(0, count).filter(s -> a[s][i] == 1).mapToDouble(s -> b[s]).sorted().toArray();
            return targets.length == 0 ? 0 : targets[targets.length / 2];
        }).toArray();
    }

    @Test
    @Acceptance(topic = "adagrad", clause = 4) void rareFeaturesAreLearntInFewerStepsThanByTheBestSgd() {
        int faster = 0, inside = 0;
        double[] rates = {0.3, 1, 3, 5, 10, 20, 30, 50, 100};
        for (int seed = 0; seed < 5; seed++) {
            var task = ZipfTask.of(seed);
            var ends = Arrays.stream(rates).map(rate -> task.losses(new Sgd(rate))[ZipfTask.STEPS]).toArray();
            double target = Arrays.stream(ends).min().orElseThrow();
            if (target < ends[0] && target < ends[ends.length - 1]) inside++;
            int best = Integer.MAX_VALUE;
            for (double rate : new double[] {0.03, 0.1, 0.3, 1, 3}) {
                var losses = task.losses(new AdaGrad(rate));
                for (int t = 0; t <= ZipfTask.STEPS && t < best; t++) if (losses[t] <= target) best = t;
            }
            if (best < ZipfTask.STEPS) faster++;
        }
        Evidence.of("seeds in which SGD's best rate lies inside the range tried", inside, exactly(5));
        Evidence.of("seeds in which AdaGrad needs fewer steps than the best of nine SGDs", faster, exactly(5));
    }

    /** Logistic regression on features that occur with probability {@code 1 / rank}. */
    private record ZipfTask(Tensor x, Tensor signs, long[][] batches) {
        static final int ROWS = 1_000, FEATURES = 100, STEPS = 300;

        static ZipfTask of(int seed) {
            var rng = Rng.of(32_004 + seed);
            var x = new double[ROWS][FEATURES];
            double[] signs = new double[ROWS], truth = IntStream.range(0, FEATURES).mapToDouble(j -> 2 * rng.nextGaussian()).toArray();
            for (int i = 0; i < ROWS; i++) {
                for (int j = 0; j < FEATURES; j++) x[i][j] = rng.nextDouble() < 1.0 / (j + 1) ? 1 : 0;
                signs[i] = rng.nextDouble() < 1 / (1 + Math.exp(-Vectors.dot(x[i], truth))) ? 1 : -1;
            }
            var batches = new long[STEPS][32];
            for (var batch : batches) for (int i = 0; i < batch.length; i++) batch[i] = (long) (rng.nextDouble() * ROWS);
            return new ZipfTask(Tensor.of(x), Tensor.of(signs), batches);
        }

        /** The loss over all rows before each step and after the last. */
        double[] losses(UpdateRule rule) {
            var w = Tensor.zeros(DType.F64, FEATURES).copy().requiresGrad();
            var optimizer = rule.over(w);
            var losses = new double[STEPS + 1];
            for (int t = 0; t <= STEPS; t++) {
                losses[t] = x.matmul(w.detach()).mul(signs).neg().softplus().mean().item();
                if (t == STEPS) break;
                var rows = Tensor.of(batches[t]);
                optimizer.zeroGrad();
                x.indexSelect(0, rows).matmul(w).mul(signs.indexSelect(0, rows)).neg().softplus().mean().backward();
                optimizer.step();
            }
            return losses;
        }
    }

    /** In one dimension both forms are one; in two the full form does not care how the axes are turned. */
    @Test void theFullFormTurnsWithTheAxes() {
        var way = OptimiserRuns.underConstantGradient(new AdaGrad(0.1).withFull(true), new double[] {2}, 20);
        var diagonal = OptimiserRuns.underConstantGradient(new AdaGrad(0.1), new double[] {2}, 20);
        var worst = Gap.absolute();
        for (int t = 0; t <= 20; t++) worst.see("step " + t, way.get(t), diagonal.get(t));
        double c = Math.cos(0.7), s = Math.sin(0.7);
        var turn = Tensor.of(new double[][] {{c, -s}, {s, c}});
        Tensor x = Tensor.of(1.0, 2).requiresGrad(), y = turn.matmul(x.detach()).requiresGrad();
        Optimizer ofX = new AdaGrad(0.1).withFull(true).over(x), ofY = new AdaGrad(0.1).withFull(true).over(y);
        var rng = Rng.of(5);
        for (int t = 0; t < 20; t++) {
            var g = Tensor.randn(rng, DType.F64, 2);
            ofX.step(g);
            ofY.step(turn.matmul(g));
            worst.see("turned, step " + t, y.toDoubleArray(), turn.matmul(x.detach()).toDoubleArray());
        }
        Evidence.of("largest gap", worst, below(1e-7));
        assertThatThrownBy(() -> new AdaGrad(0.1).withFull(true).over(Tensor.zeros(2_000).requiresGrad()).step(Tensor.zeros(2_000)))
                .hasMessageContaining("at most 1000 coordinates");
    }
}
