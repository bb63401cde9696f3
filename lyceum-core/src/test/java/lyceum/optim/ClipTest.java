package lyceum.optim;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.linalg.Eigen;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class ClipTest {
    private static final long[][] SHAPES = {{3, 4}, {4}, {2, 2, 2}};

    private record Case(List<Tensor> weights, Tensor[] gradients, Golden expected) {
        static List<Case> all() {
            var cases = new ArrayList<Case>();
            for (var c : Golden.load("golden/clipping.json").list("cases")) {
                var r = new Recipe(c.integer("input.seed"));
                double scale = c.number("input.scale");
                var gradients = drawn(r).stream().map(g -> g.mul(scale)).toArray(Tensor[]::new);
                cases.add(new Case(drawn(r), gradients, c));
            }
            return cases;
        }

        private static List<Tensor> drawn(Recipe r) {
            var tensors = new ArrayList<Tensor>();
            for (var shape : SHAPES) tensors.add(Tensor.of(r.bells((int) Arrays.stream(shape).reduce(1, (a, b) -> a * b))).reshape(shape));
            return tensors;
        }

        void see(Gap gap, String what, Clip clip) { gap.see(expected, "expected." + what, flat(clip.apply(weights, gradients).all())); }
    }

    private static double[] flat(Tensor... tensors) {
        return Arrays.stream(tensors).flatMapToDouble(t -> Arrays.stream(t.reshape(-1).toDoubleArray())).toArray();
    }

    @Test
    @Acceptance(topic = "gradient-clipping", clause = 1) void clippedGradientsEqualTorchs() {
        Gap limited = Gap.absolute(), norms = Gap.absolute();
        for (var c : Case.all()) {
            c.see(limited, "byNorm", Clip.norm(1));
            c.see(limited, "byValue", Clip.value(0.5));
            c.see(limited, "each", Clip.eachNorm(1));
            norms.see(c.expected, "expected.norm", Clip.norm(1).apply(c.weights, c.gradients).norm());
        }
        Evidence.of("numbers compared", limited.seen(), exactly(6 * 3 * 24));
        Evidence.of("largest gap to torch", limited, below(1e-7));
        Evidence.of("largest gap of the norm before", norms, below(1e-7));
    }

    @Test
    @Acceptance(topic = "gradient-clipping", clause = 2) void theNormIsCappedAndTheDirectionKept() {
        double turned = 0, over = 0;
        int clipped = 0;
        var rng = Rng.of(317);
        for (int draw = 0; draw < 200; draw++) {
            double most = Math.exp(2 * rng.nextGaussian());
            Tensor[] g = {Tensor.randn(rng, DType.F64, 5, 3).mul(Math.exp(3 * rng.nextGaussian())), Tensor.randn(rng, DType.F64, 7)};
            double[] before = flat(g), after = flat(Clip.norm(most).apply(List.of(), g).all());
            double norm = Vectors.norm(after);
            turned = Math.max(turned, 1 - Vectors.dot(before, after) / Vectors.norm(before) / norm);
            over = Math.max(over, norm / most - 1);
            if (Vectors.norm(before) > most) clipped++;
            else assertThat(after).isEqualTo(before);
        }
        Evidence.of("one minus the cosine", turned, below(1e-7));
        Evidence.of("norm over its cap, minus 1", over, below(1e-6));
        Evidence.that("both kinds occurred: " + clipped + " of 200 were clipped", clipped > 40 && clipped < 190);
    }

    @Test
    @Acceptance(topic = "gradient-clipping", clause = 3) void theNormOverShardsIsTheWholes() {
        var rng = Rng.of(318);
        var gap = Gap.relative();
        for (int draw = 0; draw < 20; draw++) {
            var whole = Tensor.randn(rng, DType.F32, 64, 8).mul(Math.exp(2 * rng.nextGaussian())).compute();
            double[] squares = new double[4];
            double expected = Clip.norm(1).apply(List.of(), whole).norm();
            for (int s = 0; s < 4; s++) squares[s] = Math.pow(Clip.normOf(whole.narrow(0, 16 * s, 16)), 2);
            double total = Arrays.stream(squares).sum();
            for (int s = 0; s < 4; s++) {
                var shard = whole.narrow(0, 16 * s, 16);
                double mine = squares[s];
                var clip = Clip.norm(1).withOverShards(square -> square + total - mine); // what an all-reduce gives
                var clipped = clip.apply(List.of(), shard);
                gap.see("norm", clipped.norm(), expected);
                gap.see("shard", flat(clipped.all()), flat(Clip.norm(1).apply(List.of(), whole).all()[0].narrow(0, 16 * s, 16)));
            }
        }
        Evidence.of("largest relative gap to the unsharded gradients", gap, below(1e-6));
    }

    @Test
    @Acceptance(topic = "gradient-clipping", clause = 4) void aRecurrentNetBeyondTheEdgeLearnsOnlyWithClipping() {
        int blown = 0, halved = 0;
        for (int seed = 0; seed < 5; seed++) {
            double[] wild = Recurrent.train(seed, null), held = Recurrent.train(seed, Clip.norm(1));
            if (Double.isNaN(wild[1])) blown++;
            if (held[1] <= held[0] / 2) halved++;
        }
        Evidence.of("seeds in which SGD alone ends at NaN", blown, exactly(5));
        Evidence.of("seeds in which norm 1 at least halves the loss", halved, exactly(5));
    }

    /** 32 ReLU units, recurrent weights of spectral radius 1.5, 50 steps of two channels; the target is the mean of the first. */
    private static final class Recurrent {
        private static final int UNITS = 32, TIME = 50, BATCH = 32, CHANNELS = 2;

        private static Tensor weights(Rng rng, double deviation, long... shape) {
            return Tensor.randn(rng, DType.F64, shape).mul(deviation).copy().requiresGrad();
        }

        /** Mean loss of the first and of the last ten updates. */
        static double[] train(int seed, Clip clip) {
            var rng = Rng.of(319 + seed);
            var recurrent = Tensor.randn(rng, DType.F64, UNITS, UNITS).compute();
            double radius = Eigen.general(recurrent).spectralRadius();
            Tensor w = recurrent.mul(1.5 / radius).copy().requiresGrad(), in = weights(rng, 1, CHANNELS, UNITS),
                    out = weights(rng, 1 / Math.sqrt(UNITS), UNITS, 1);
            var bias = Tensor.zeros(DType.F64, UNITS).copy().requiresGrad();
            var optimizer = new Sgd(0.3).over(w, in, out, bias);
            if (clip != null) optimizer.clippedBy(clip);
            var losses = new double[100];
            for (int update = 0; update < losses.length; update++) {
                var x = Tensor.randn(rng, DType.F64, TIME, BATCH, CHANNELS).compute();
                var target = x.select(2, 0).mean(0);
                var h = Tensor.zeros(DType.F64, BATCH, UNITS);
                for (int t = 0; t < TIME; t++) h = x.select(0, t).matmul(in).add(h.matmul(w)).add(bias).relu();
                var loss = h.matmul(out).reshape(-1).sub(target).square().mean();
                losses[update] = loss.item();
                if (Double.isNaN(losses[update])) return new double[] {losses[0], Double.NaN};
                optimizer.zeroGrad();
                loss.backward();
                optimizer.step();
            }
            return new double[] {losses[0], Arrays.stream(losses, 90, 100).average().orElseThrow()};
        }
    }

    @Test
    @Acceptance(topic = "agc", clause = 1) void adaptiveClippingLimitsEveryUnitByItsWeights() {
        var gap = Gap.absolute();
        for (var c : Case.all()) c.see(gap, "adaptive", Clip.adaptive(0.05));
        Evidence.of("numbers compared", gap.seen(), exactly(6 * 24));
        Evidence.of("largest gap to a PyTorch reference", gap, below(1e-7));
        double ratio = 0, least = Double.POSITIVE_INFINITY, turned = 0;
        int kept = 0, changed = 0, tiny = 0;
        var rng = Rng.of(664);
        for (int draw = 0; draw < 100; draw++) {
            double lambda = 0.01 + 0.2 * rng.nextDouble();
            double size = Math.exp(2 * rng.nextGaussian()) * (draw % 4 == 0 ? 1e-4 : 1); // some weights so small that eps counts
            var w = Tensor.randn(rng, DType.F64, 6, 4).mul(size).compute();
            var g = Tensor.randn(rng, DType.F64, 6, 4).mul(size * Math.exp(2 * rng.nextGaussian() - 2)).compute();
            var limited = Clip.adaptive(lambda).apply(List.of(w), g).all()[0];
            for (int unit = 0; unit < 6; unit++) {
                double[] wu = w.select(0, unit).toDoubleArray(), gu = g.select(0, unit).toDoubleArray(),
                        cu = limited.select(0, unit).toDoubleArray();
                double most = lambda * Math.max(Vectors.norm(wu), 1e-3);
                if (Vectors.norm(wu) < 1e-3) tiny++;
                ratio = Math.max(ratio, Vectors.norm(cu) / most);
                turned = Math.max(turned, 1 - Vectors.dot(gu, cu) / Vectors.norm(gu) / Vectors.norm(cu));
                if (Vectors.norm(gu) > most) {
                    changed++;
                    least = Math.min(least, Vectors.norm(cu) / most);
                } else if (Arrays.equals(gu, cu)) {
                    kept++;
                }
            }
        }
        Evidence.of("largest gradient over its limit", ratio, atMost(1 + 1e-6));
        Evidence.of("smallest clipped gradient over its limit", least, atLeast(1 - 1e-6));
        Evidence.of("one minus the cosine", turned, below(1e-7));
        Evidence.of("units clipped or bit-identical, of 600", kept + changed, exactly(600));
        Evidence.that("both kinds occurred: " + kept + " kept, " + tiny + " below eps", kept > 60 && changed > 60 && tiny > 60);
    }

    @Test
    @Acceptance(topic = "agc", clause = 2) void scalingAUnitScalesItsClippedGradient() {
        var rng = Rng.of(665);
        var gap = Gap.relative();
        for (int draw = 0; draw < 100; draw++) {
            Tensor w = Tensor.randn(rng, DType.F64, 5, 8).compute(), g = Tensor.randn(rng, DType.F64, 5, 8).mul(0.1).compute();
            var c = Tensor.randn(rng, DType.F64, 5, 1).mul(1.5).exp().compute(); // a factor of its own for each unit
            var plain = Clip.adaptive(0.05).apply(List.of(w), g).all()[0];
            var scaled = Clip.adaptive(0.05).apply(List.of(w.mul(c)), g.mul(c)).all()[0];
            assertThat(w.mul(c.clamp(0, 1)).square().sum(1).sqrt().min().item()).isGreaterThan(1e-3);
            gap.see("draw " + draw, flat(scaled), flat(plain.mul(c)));
        }
        Evidence.of("largest relative gap", gap, below(1e-6));
    }

    /** A table whose gradient is known by rows is limited like one whose gradient is given whole. */
    @Test void gradientsOfRowsAreLimitedWithTheOthers() {
        var rng = Rng.of(318);
        Tensor start = Tensor.randn(rng, DType.F64, 6, 3).compute(), rows = Tensor.of(4L, 1, 4),
                values = Tensor.randn(rng, DType.F64, 3, 3).mul(5).compute(), g = Tensor.randn(rng, DType.F64, 4).compute();
        for (var clip : new Clip[] {Clip.norm(1), Clip.eachNorm(1), Clip.value(0.5)}) {
            Tensor table = start.copy().requiresGrad(), whole = start.copy().requiresGrad(), w = g.copy().requiresGrad(),
                    v = g.copy().requiresGrad();
            Optimizer byRows = new Sgd(1).over(table, w).clippedBy(clip), dense = new Sgd(1).over(whole, v).clippedBy(clip);
            byRows.rowGradient(table, rows, values);
            byRows.step(null, g);
            dense.step(Tensor.zeros(DType.F64, 6, 3).indexAdd(0, rows, values), g);
            var worst = Gap.absolute().see("table", flat(table.detach()), flat(whole.detach())).see("w", flat(w.detach()), flat(v.detach()))
                    .see("norm", byRows.gradientNorm(), dense.gradientNorm());
            assertThat(worst.worst()).as(clip + ": " + worst).isLessThan(1e-12);
        }
        var table = start.copy().requiresGrad();
        var adaptive = new Sgd(1).over(table).clippedBy(Clip.adaptive(0.1));
        adaptive.rowGradient(table, rows, values);
        assertThatThrownBy(() -> adaptive.step((Tensor) null)).hasMessage(
                "Clip.adaptive: gradient (2, 3) for parameter (6, 3); give it the gradient of all rows, or name it in passing(...)");
        var skipping = new Sgd(1).over(table).clippedBy(Clip.norm(1).withNonFinite(Clip.NonFinite.SKIP));
        skipping.rowGradient(table, rows, values.mul(Double.NaN));
        skipping.step((Tensor) null);
        skipping.step(Tensor.zeros(DType.F64, 6, 3));
        assertThat(skipping.steps()).as("steps, of which the first was skipped").isEqualTo(1);
        assertThat(flat(table.detach())).isEqualTo(flat(start));
    }

    @Test void whatIsNotFiniteIsKeptSkippedOrRefused() {
        var x = Tensor.of(1.0, 2).requiresGrad();
        var optimizer = new Sgd(1).over(x).clippedBy(Clip.norm(1).withNonFinite(Clip.NonFinite.SKIP));
        optimizer.step(Tensor.of(Double.NaN, 1));
        assertThat(x.toDoubleArray()).containsExactly(1, 2);
        assertThat(optimizer.steps()).isZero();
        assertThatThrownBy(
                () -> Clip.norm(1).withNonFinite(Clip.NonFinite.FAIL).apply(List.of(), Tensor.of(1.0), Tensor.of(Double.POSITIVE_INFINITY)))
                .isInstanceOf(LyceumException.class).hasMessageContaining("number 1 of 2");
        assertThat(Clip.norm(1).apply(List.of(), Tensor.of(Double.NaN, 1)).all()[0].toDoubleArray()).containsExactly(Double.NaN,
                Double.NaN);
        assertThat(Clip.norm(1).apply(List.of(), Tensor.of(Double.POSITIVE_INFINITY, 1)).all()[0].toDoubleArray())
                .containsExactly(Double.NaN, 0);
        var exempt = Tensor.ones(DType.F64, 2, 2);
        var g = Tensor.full(DType.F64, 9, 2, 2);
        assertThat(Clip.adaptive(0.01).passing(List.of(exempt)).apply(List.of(exempt), g).all()[0].item(0, 0)).isEqualTo(9);
    }
}
