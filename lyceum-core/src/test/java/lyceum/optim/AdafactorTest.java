package lyceum.optim;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class AdafactorTest {
    private static final long[][] SHAPES = {{4, 3}, {5}, {2, 3, 4}};

    @Test
    @Acceptance(topic = "adafactor", clause = 1) void fiftyStepsEqualTorch() {
        var worst = Gap.absolute();
        int runs = 0;
        for (var c : Golden.load("golden/adafactor.json").list("cases")) {
            var in = c.at("input");
            var rule = new Adafactor(OptimiserRuns.number(in, "lr", 0.01)).withWeightDecay(OptimiserRuns.number(in, "weightDecay", 0))
                    .withSquareDecay(OptimiserRuns.number(in, "squareDecay", 0.8)).withClip(OptimiserRuns.number(in, "clip", 1))
                    .withLeastScale(OptimiserRuns.number(in, "leastScale", 1e-3)).withMaximize(OptimiserRuns.flag(in, "maximize"));
            var r = new Recipe(7911);
            var parameters = drawn(r);
            parameters.forEach(Tensor::requiresGrad);
            var optimizer = rule.over(parameters);
            for (int step = 1; step <= 50; step++) {
                optimizer.step(drawn(r).toArray(Tensor[]::new));
                var all = parameters.stream().flatMapToDouble(p -> Arrays.stream(p.detach().reshape(-1).toDoubleArray())).toArray();
                SgdTest.see(worst, c, step, all);
            }
            runs++;
        }
        Evidence.of("runs", runs, exactly(4));
        Evidence.of("largest gap to torch", worst, below(1e-6));
    }

    private static List<Tensor> drawn(Recipe r) {
        var tensors = new ArrayList<Tensor>();
        for (var shape : SHAPES)
            tensors.add(Tensor.of(r.bells((int) Arrays.stream(shape).reduce(1, (a, b) -> a * b))).reshape(shape).copy());
        return tensors;
    }

    @Test
    @Acceptance(topic = "adafactor", clause = 2) void aMatrixIsRememberedByItsRowsAndColumns() {
        for (long[] shape : new long[][] {{40, 30}, {7, 1}, {1, 9}}) {
            var x = Tensor.zeros(DType.F32, shape).copy().requiresGrad();
            var optimizer = new Adafactor().over(x);
            optimizer.step(Tensor.ones(DType.F32, shape));
            long numbers = optimizer.state().tensors().values().stream().mapToLong(Tensor::count).sum();
            Evidence.of("numbers kept for " + Arrays.toString(shape), numbers, exactly(shape[0] + shape[1]));
        }
    }

    /**
     * The full second moment is kept here, in its own loop. The reconstruction is taken twice: from the saved rows and columns, and from the step
     * itself, {@code V = (g pace / (x - x'))^2} where no update is clipped.
     */
    @Test
    @Acceptance(topic = "adafactor", clause = 3) void squaresThatAreMultiplesOfOneRankOneMatrixAreRememberedWhole() {
        Gap kept = Gap.relative(), used = Gap.relative();
        for (int[] shape : new int[][] {{6, 5}, {2, 9}, {1, 4}}) seeRankOne(shape[0], shape[1], kept, used);
        Evidence.of("numbers compared", kept.seen(), exactly(100 * (30 + 18 + 4)));
        Evidence.of("largest relative gap of the reconstruction", kept, below(1e-7));
        Evidence.of("largest relative gap of the one that divides the step", used, below(1e-7));
    }

    private static void seeRankOne(int m, int n, Gap kept, Gap used) {
        var rng = Rng.of(601);
        double[] r = positive(rng, m), c = positive(rng, n);
        var x = Tensor.zeros(DType.F64, m, n).copy().requiresGrad();
        var optimizer = new Adafactor().withClip(1e9).over(x);
        var full = new double[m][n];
        for (int t = 1; t <= 100; t++) {
            double scale = Math.exp(2 * rng.nextGaussian()), fresh = Math.pow(t, -0.8);
            var g = new double[m][n];
            for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) {
                double square = scale * r[i] * c[j];
                g[i][j] = Math.copySign(Math.sqrt(square), rng.nextGaussian());
                full[i][j] += fresh * (square - full[i][j]);
            }
            var before = x.detach().copy();
            optimizer.step(Tensor.of(g));
            var state = optimizer.state().tensors();
            double[] rows = state.get("0.rows").reshape(-1).toDoubleArray(), columns = state.get("0.columns").reshape(-1).toDoubleArray();
            double mean = Arrays.stream(rows).average().orElseThrow(),
                    pace = Math.max(1e-3, rms(before)) * Math.min(0.01, 1 / Math.sqrt(t));
            for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) {
                kept.see("step " + t, rows[i] * columns[j] / mean, full[i][j]);
                used.see("step " + t, Math.pow(g[i][j] * pace / (before.item(i, j) - x.item(i, j)), 2), full[i][j]);
            }
        }
    }

    private static double[] positive(Rng rng, int n) {
        var values = new double[n];
        for (int i = 0; i < n; i++) values[i] = Math.exp(rng.nextGaussian());
        return values;
    }

    /** From the change of the weights, the update before its scale: {@code (x - x') / (max(leastScale, rms(x)) * min(rate, 1 / sqrt(t)))}. */
    @Test
    @Acceptance(topic = "adafactor", clause = 4) void aClippedUpdateIsNeverLargerThanItsBound() {
        double largest = 0;
        int reached = 0;
        for (double clip : new double[] {0.3, 1}) for (long[] shape : new long[][] {{8, 6}, {20}, {2, 4, 3}}) {
            var rng = Rng.of(602);
            var x = Tensor.randn(rng, DType.F64, shape).copy().requiresGrad();
            var optimizer = new Adafactor().withClip(clip).over(x);
            for (int t = 1; t <= 200; t++) {
                var before = x.detach().copy();
                double jump = t % 10 == 0 ? 1e4 : 1; // gradients far above what the memory expects
                optimizer.step(Tensor.randn(rng, DType.F64, shape).mul(jump).compute());
                double pace = Math.max(1e-3, rms(before)) * Math.min(0.01, 1 / Math.sqrt(t));
                double size = rms(before.sub(x.detach())) / pace / clip;
                largest = Math.max(largest, size);
                if (size > 0.999) reached++;
            }
        }
        Evidence.of("largest root mean square of an update over its bound", largest, atMost(1 + 1e-9));
        Evidence.that("the bound is reached in some steps, not in all: " + reached + " of 1,200", reached > 60 && reached < 1_200);
    }

    /** The momentum of the clipped updates, kept here in its own loop from a run without it: the gradients do not depend on the weights. */
    @Test void momentumAveragesUpdatesBeforeTheyAreScaled() {
        var rng = Rng.of(603);
        Tensor plain = Tensor.ones(DType.F64, 3, 4).copy().requiresGrad(), heavy = Tensor.ones(DType.F64, 3, 4).copy().requiresGrad();
        Optimizer without = new Adafactor().over(plain), with = new Adafactor().withMomentum(0.9).over(heavy);
        var m = new double[12];
        var worst = Gap.absolute();
        for (int t = 1; t <= 50; t++) {
            var g = Tensor.randn(rng, DType.F64, 3, 4).compute();
            Tensor before = plain.detach().copy(), heavyBefore = heavy.detach().copy();
            without.step(g);
            with.step(g);
            double pace = Math.min(0.01, 1 / Math.sqrt(t));
            double[] update = before.sub(plain.detach()).div(pace * rms(before)).reshape(-1).toDoubleArray();
            for (int i = 0; i < m.length; i++) m[i] = 0.9 * m[i] + 0.1 * update[i];
            worst.see("step " + t, heavyBefore.sub(heavy.detach()).div(pace * rms(heavyBefore)).reshape(-1).toDoubleArray(), m);
        }
        assertThat(worst.worst()).as(worst.toString()).isLessThan(1e-9);
    }

    private static double rms(Tensor x) { return Math.sqrt(x.square().mean().item()); }
}
