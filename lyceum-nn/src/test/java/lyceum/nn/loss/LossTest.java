package lyceum.nn.loss;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.autograd.Graph;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class LossTest {
    /** What PyTorch has under the same or another name; the rest of the files are written formulas. */
    private static final List<String> TORCH = List.of("l1", "mse", "huber", "smoothL1", "poisson", "poissonOfRate", "gaussian",
            "klDivergence", "bce", "bceOfProbabilities", "softMargin", "rankingHinge", "hingeEmbedding", "nll", "crossEntropy",
            "multiMargin");
    private static final List<String> FORMULAS = List.of("pinball", "logCosh", "epsilonInsensitive", "hinge", "squaredHinge",
            "smoothedHinge", "focal", "tversky", "dice", "crammerSinger", "westonWatkins", "brier", "focalClasses", "ldam");

    @Test
    @Acceptance(topic = "loss-function", clause = 1) void everyFactoryEqualsTorchInValueAndGradientUnderAllReductions() {
        Gap torch = Gap.relativeBeyondOne(), formulas = Gap.relativeBeyondOne();
        var seen = LossCase.all().stream().filter(c -> TORCH.contains(c.name())).toList();
        for (var c : seen) c.see(torch, DType.F64);
        for (var c : LossCase.all()) if (FORMULAS.contains(c.name())) c.see(formulas, DType.F64);
        Evidence.of("factories", new TreeSet<>(seen.stream().map(LossCase::name).toList()).size(), exactly(16));
        Evidence.of("cases of each", seen.size() / 16.0, exactly(50));
        for (var method : Loss.class.getMethods())
            if (method.getReturnType() == WeightedLoss.class)
                assertThat(TORCH.contains(method.getName()) || FORMULAS.contains(method.getName())).as(method.getName()).isTrue();
        Evidence.of("PyTorch", torch, atMost(1e-6));
        Evidence.of("written formulas", formulas, atMost(1e-6));
    }

    @Test void singlePrecisionIsAsGoodAsItsDigits() {
        var gap = Gap.relativeBeyondOne();
        for (var c : LossCase.all()) c.see(gap, DType.F32);
        Evidence.of("F32", gap, below(3e-5));
        assertThat(LossCase.all()).hasSize(50 * (TORCH.size() + FORMULAS.size()));
    }

    /** A thousand draws of a skewed distribution, odd so that the median is one of them; the quantile's level falls inside a step. */
    @Test
    @Acceptance(topic = "loss-function", clause = 2) void elicitsMeanMedianQuantileAndProbabilities() {
        double mean = 0, median = 0, quantile = 0, log = 0, brier = 0;
        for (int run = 0; run < 10; run++) {
            var rng = Rng.of(20 + run);
            var y = new double[1001];
            for (int i = 0; i < y.length; i++) y[i] = Math.exp(rng.nextGaussian());
            var targets = Tensor.of(y);
            var sorted = y.clone();
            Arrays.sort(sorted);
            mean = Math.max(mean, Math.abs(Elicitation.number(Loss::mse, targets) - Arrays.stream(y).sum() / y.length));
            median = Math.max(median, Math.abs(Elicitation.number(Loss.l1(), targets) - sorted[500]));
            for (double tau : new double[] {0.05, 0.3, 0.9})
                quantile = Math.max(quantile, Math.abs(Elicitation.number(Loss.pinball(tau), targets) - sorted[(int) (tau * 1001)]));
            var shares = new double[4];
            var classes = new long[1000];
            for (int i = 0; i < classes.length; i++) {
                classes[i] = i < 4 ? i : (long) (4 * Math.pow(rng.nextDouble(), 1.5));
                shares[(int) classes[i]] += 1e-3;
            }
            log = Math.max(log, furthest(Elicitation.vector(Loss::crossEntropy, Tensor.of(classes), 4), shares));
            brier = Math.max(brier, furthest(Elicitation.vector(Loss.brier(), Tensor.of(classes), 4), shares));
        }
        Evidence.of("squared loss: mean", mean, below(1e-3));
        Evidence.of("absolute loss: median", median, below(1e-3));
        Evidence.of("pinball loss: quantile", quantile, below(1e-3));
        Evidence.of("log loss: class probabilities", log, below(1e-3));
        Evidence.of("Brier loss: class probabilities", brier, below(1e-3));
    }

    private static double furthest(Tensor logits, double[] shares) { return logits.softmax(0).sub(Tensor.of(shares)).abs().max().item(); }

    @Test void elicitsUnderADistributionTooAndSaysWhereNothingIsBest() {
        assertThat(Elicitation.number(Loss.l1(), new Normal(40, 3))).isCloseTo(40, within(1e-3));
        assertThat(Elicitation.number(Loss.pinball(0.9), new Normal(40, 3))).isCloseTo(40 + 3 * 1.2815515655, within(1e-3));
        assertThat(Elicitation.number(Loss.poisson(), Tensor.of(1.0, 4, 10))).isCloseTo(Math.log(5), within(1e-12));
        assertThatThrownBy(() -> Elicitation.number((p, t) -> p.neg().sum(), Tensor.of(1.0, 1))).hasMessageContaining("still falls above");
        assertThatThrownBy(() -> Elicitation.number(Loss::mse, Tensor.of(1.0, Double.NaN))).hasMessageContaining("NaN");
    }

    /** Each of 20 data sets; the outlier stands at the end of the line, a hundred deviations off. */
    @Test
    @Acceptance(topic = "loss-function", clause = 3) void anOutlierMovesASquaredFitTenTimesAsFar() {
        double least = Double.POSITIVE_INFINITY, moved = 0;
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(40 + run);
            double[] x = new double[100], y = new double[100];
            for (int i = 0; i < 100; i++) {
                x[i] = 6 * (i + 0.5) / 100 - 3;
                y[i] = 1 + 0.6 * x[i] + 0.5 * rng.nextGaussian();
            }
            var clean = y.clone();
            y[99] += 50;
            double squared = apart(line(Loss::mse, x, clean), line(Loss::mse, x, y)),
                    huber = apart(line(Loss.huber(1), x, clean), line(Loss.huber(1), x, y));
            least = Math.min(least, squared / huber);
            moved = Math.max(moved, huber);
        }
        Evidence.of("least ratio of movements", least, above(10));
        Evidence.of("largest movement under Huber", moved, below(0.1));
    }

    private static double[] line(Loss loss, double[] x, double[] y) {
        Tensor xs = Tensor.of(x), ys = Tensor.of(y);
        return new Lbfgs().withGradientTolerance(1e-10)
                .minimize(Objective.of(w -> loss.of(xs.mul(w.select(0, 1)).add(w.select(0, 0)), ys)), new double[2]).x();
    }

    private static double apart(double[] a, double[] b) { return Math.hypot(a[0] - b[0], a[1] - b[1]); }

    @Test
    @Acceptance(topic = "loss-function", clause = 4) void integerWeightsEqualRepeatedExamples() {
        Gap sum = Gap.relativeBeyondOne(), mean = Gap.relativeBeyondOne();
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(60 + run);
            var times = new long[6];
            for (int i = 0; i < 6; i++) times[i] = i == 0 ? 0 : 1 + rng.nextInt(4);
            var repeated = new long[(int) Arrays.stream(times).sum()];
            for (int i = 0, at = 0; i < 6; i++) for (int r = 0; r < times[i]; r++) repeated[at++] = i;
            Tensor weights = Tensor.of(times).to(DType.F64), rows = Tensor.of(repeated);
            for (var entry : elementwise().entrySet()) {
                var kind = entry.getValue();
                Tensor p = kind.prediction(rng), t = kind.target(rng);
                for (var reduction : new Reduction[] {Reduction.SUM, Reduction.MEAN}) {
                    var loss = kind.loss.withReduction(reduction);
                    double weighted = loss.withWeights(weights).of(p, t).item(),
                            copies = loss.of(p.indexSelect(0, rows), t.indexSelect(0, rows)).item();
                    (reduction == Reduction.SUM ? sum : mean).see(entry.getKey() + ", run " + run, weighted, copies);
                }
            }
        }
        // losses that are records of their own, of rows, elements and classes
        int records = 0;
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(90 + run);
            long[] times = {2, 1, 3, 1, 4, 2};
            var repeated = new long[13];
            for (int i = 0, at = 0; i < 6; i++) for (int r = 0; r < times[i]; r++) repeated[at++] = i;
            Tensor weights = Tensor.of(times).to(DType.F64), rows = Tensor.of(repeated), p = Tensor.randn(rng, DType.F64, 6, 3).compute(),
                    t = Tensor.randn(rng, DType.F64, 6, 3).compute(), z = Tensor.randint(rng, 0, 3, 6).compute();
            for (var reduction : new Reduction[] {Reduction.SUM, Reduction.MEAN}) {
                var squares = new MeanSquaredError().withReduction(reduction);
                var see = reduction == Reduction.SUM ? sum : mean;
                see.see("squares, run " + run, squares.withWeights(weights).of(p, t).item(),
                        squares.of(p.indexSelect(0, rows), t.indexSelect(0, rows)).item());
                // class weights: every row of class 1 twice, of class 2 three times
                var copies = new ArrayList<Long>();
                long[] classes = z.toLongArray();
                for (int i = 0; i < 6; i++) for (int r = 0; r <= classes[i]; r++) copies.add((long) i);
                var often = Tensor.of(copies.stream().mapToLong(i -> i).toArray());
                var cross = new CrossEntropy().withReduction(reduction);
                see.see("cross-entropy, run " + run, cross.withClassWeights(Tensor.of(1.0, 2, 3)).of(p, z).item(),
                        cross.of(p.indexSelect(0, often), z.indexSelect(0, often)).item());
                see.see("focal, run " + run, Loss.focal(2).withReduction(reduction).withClassWeights(Tensor.of(1.0, 2, 3)).of(p, z).item(),
                        Loss.focal(2).withReduction(reduction).of(p.indexSelect(0, often), z.indexSelect(0, often)).item());
                // of elements: a weight for each number
                var each = Tensor.randint(rng, 0, 4, 6, 3).compute();
                var one = Loss.huber(1).withReduction(reduction);
                var flat = new ArrayList<Long>();
                long[] counts = each.toLongArray();
                for (int i = 0; i < 18; i++) for (int r = 0; r < counts[i]; r++) flat.add((long) i);
                var places = Tensor.of(flat.stream().mapToLong(i -> i).toArray());
                see.see("elements, run " + run, one.withWeights(each.to(DType.F64)).of(p, t).item(),
                        one.of(p.flatten().indexSelect(0, places), t.flatten().indexSelect(0, places)).item());
                records += 4;
            }
        }
        Evidence.of("more comparisons of rows, classes and elements", records, exactly(160));
        Evidence.of("losses", elementwise().size(), exactly(24));
        Evidence.of("sum", sum, below(1e-9));
        Evidence.of("weight-normalised mean", mean, below(1e-9));
    }

    /** A loss and what it takes: numbers (6, 3), labels of two kinds, or class numbers (6). */
    private record Kind(WeightedLoss loss, String targets) {
        Tensor prediction(Rng rng) {
            var x = Tensor.randn(rng, DType.F64, 6, 3);
            return switch (targets) {
                case "probabilities" -> x.sigmoid();
                case "log-probabilities", "distributions" -> x.logSoftmax(1);
                default -> x;
            };
        }

        Tensor target(Rng rng) {
            var y = Tensor.randn(rng, DType.F64, 6, 3);
            return switch (targets) {
                case "signs" -> y.gt(0).to(DType.F64).mul(2).sub(1);
                case "labels", "probabilities" -> y.gt(0).to(DType.F64);
                case "classes", "log-probabilities" -> Tensor.randint(rng, 0, 3, 6);
                case "distributions" -> y.softmax(1);
                default -> y.abs();
            };
        }
    }

    private static Map<String, Kind> elementwise() {
        var all = new LinkedHashMap<String, Kind>();
        for (var e : Map.of("l1", Loss.l1(), "huber", Loss.huber(1), "smoothL1", Loss.smoothL1(0.5), "logCosh", Loss.logCosh(), "pinball",
                Loss.pinball(0.3), "epsilonInsensitive", Loss.epsilonInsensitive(0.1), "poisson", Loss.poisson()).entrySet())
            all.put(e.getKey(), new Kind(e.getValue(), "numbers"));
        for (var e : Map.of("softMargin", Loss.softMargin(), "hinge", Loss.hinge(), "squaredHinge", Loss.squaredHinge(), "smoothedHinge",
                Loss.smoothedHinge(1), "hingeEmbedding", Loss.hingeEmbedding(1)).entrySet())
            all.put(e.getKey(), new Kind(e.getValue(), "signs"));
        for (var e : Map.of("bce", Loss.bce(Tensor.scalar(2)), "focal", Loss.focal(2), "dice", Loss.dice()).entrySet())
            all.put(e.getKey(), new Kind(e.getValue(), "labels"));
        for (var e : Map.of("brier", Loss.brier(), "crammerSinger", Loss.crammerSinger(1), "westonWatkins", Loss.westonWatkins(1),
                "multiMargin", Loss.multiMargin(2, 1), "focalClasses", Loss.focal(2), "ldam", Loss.ldam(9, 5, 2)).entrySet())
            all.put(e.getKey(), new Kind(e.getValue(), "classes"));
        all.put("bceOfProbabilities", new Kind(Loss.bceOfProbabilities(), "probabilities"));
        all.put("nll", new Kind(Loss.nll(), "log-probabilities"));
        all.put("klDivergence", new Kind(Loss.klDivergence(), "distributions"));
        return all;
    }

    @Test void masksKeepNaNOutOfValuesAndGradients() {
        Tensor p = Tensor.of(new double[][] {{1, Double.NaN}, {3, 4}}), t = Tensor.of(new double[][] {{0, 2}, {Double.NaN, 2}});
        var mask = Tensor.of(new boolean[] {true, false, false, true}, 2, 2);
        for (var loss : List.of(Loss.l1(), Loss.huber(1), Loss.logCosh(), Loss.pinball(0.5), Loss.bce(), Loss.focal(2), Loss.hinge())) {
            var masked = loss.withMask(mask);
            double expected = loss.of(Tensor.of(1.0, 4), Tensor.of(0.0, 2)).item();
            assertThat(masked.of(p, t).item()).isCloseTo(expected, within(1e-15));
            assertThat(masked.withNormalized(false).of(p, t).item()).isCloseTo(expected, within(1e-15));
            var gradient = Autograd.grad(x -> masked.of(x, t)).apply(p).toDoubleArray();
            var alone = Autograd.grad(x -> loss.of(x, Tensor.of(0.0, 2))).apply(Tensor.of(1.0, 4)).toDoubleArray();
            assertThat(gradient).containsExactly(new double[] {alone[0], 0, 0, alone[1]}, within(1e-15));
            assertThat(masked.each(p, t).toDoubleArray()[1]).isZero();
        }
        var none = Loss.l1().withMask(Tensor.of(new boolean[4], 2, 2));
        assertThat(none.of(p, t).item()).isNaN();
        assertThat(Autograd.grad(x -> none.of(x, t)).apply(p).toDoubleArray()).containsOnly(0);
    }

    @Test void rowsColumnsAndClassesAreWeighted() {
        Tensor p = Tensor.of(new double[][] {{1, 2}, {3, 4}}), zero = p.zerosLike();
        assertThat(Loss.l1().withWeights(Tensor.of(1.0, 3)).of(p, zero).item()).isCloseTo((1 + 2 + 9 + 12) / 8.0, within(1e-15));
        assertThat(Loss.l1().withWeights(Tensor.of(new double[][] {{1, 3}})).of(p, zero).item()).isCloseTo((1 + 6 + 3 + 12) / 8.0,
                within(1e-15));
        assertThat(Loss.l1().withWeights(Tensor.of(1.0, 3)).withNormalized(false).of(p, zero).item()).isCloseTo(24 / 4.0, within(1e-15));
        var signs = Tensor.of(new double[][] {{1, -1}, {-1, -1}});
        assertThat(Loss.hinge().withReduction(Reduction.NONE).withClassWeights(Tensor.of(2.0, 10)).of(p, signs).toDoubleArray())
                .containsExactly(0, 6, 8, 10);
        assertThat(Loss.l1().plus(Loss.huber(1).times(2)).of(p, zero).item()).isCloseTo(2.5 + 2 * (0.5 + 1.5 + 2.5 + 3.5) / 4,
                within(1e-15));
    }

    @Test void refusesWhatDoesNotFit() {
        assertThatThrownBy(() -> Loss.l1().of(Tensor.zeros(5, 1), Tensor.zeros(5))).isInstanceOf(ShapeException.class)
                .hasMessage("l1: prediction (5, 1) and target (5,) differ; reshape one, losses do not broadcast");
        assertThatThrownBy(() -> Loss.l1().withWeights(Tensor.ones(4)).of(Tensor.zeros(5, 4), Tensor.zeros(5, 4))).hasMessage(
                "loss: weights (4,) for values of shape (5, 4); of fewer axes they are the first ones, else each size is equal or 1");
        assertThatThrownBy(() -> Loss.nll().of(Tensor.zeros(2, 3), Tensor.of(0L, 3)))
                .hasMessage("nll: target 3 at 1; class numbers are 0 to 2");
        assertThatThrownBy(() -> Loss.nll().of(Tensor.zeros(2, 3), Tensor.of(0.0, 1))).hasMessageContaining("targets are integers");
        assertThatThrownBy(() -> Loss.pinball(1)).hasMessage("pinball: tau is 1.0; it lies strictly between 0 and 1");
        assertThatThrownBy(() -> Loss.focal(-1)).hasMessage("focal: gamma is -1.0; it is at least 0");
        assertThatThrownBy(() -> Loss.multiMargin(3, 1)).hasMessage("multiMargin: power is 3; it is 1 or 2");
        assertThatThrownBy(() -> Loss.l1().withMask(Tensor.ones(2))).hasMessageContaining("it is BOOL");
    }

    @Test void labelsMayBeBooleans() {
        Tensor z = Tensor.randn(Rng.of(8), DType.F64, 5, 2), y = Tensor.randn(Rng.of(9), DType.F64, 5, 2).gt(0);
        for (var loss : List.of(Loss.bce(), Loss.focal(2), Loss.dice(), Loss.focal(1).withClassWeights(Tensor.of(1.0, 3))))
            assertThat(loss.of(z, y).item()).isEqualTo(loss.of(z, y.to(DType.F64)).item());
    }

    @Test void batchesAndGraphsTakeTargetsAsInputs() {
        var rng = Rng.of(10);
        Tensor z = Tensor.randn(rng, DType.F64, 4, 3, 2).compute(), t = Tensor.rand(rng, DType.F64, 4, 3, 2).compute(),
                c = Tensor.randint(rng, 0, 2, 4, 3), mask = t.gt(0.3).compute();
        for (var loss : List.of(Loss.huber(1), Loss.bce(), Loss.focal(2), Loss.brier(), Loss.nll(), Loss.crammerSinger(1))) {
            var target = loss.ignoreIndex() == WeightedLoss.NONE ? t : c;
            var batch = Autograd.vmap(in -> loss.of(in[0], in[1]), z, target).toDoubleArray();
            var graph = Graph.trace(in -> new Tensor[] {loss.of(in[0], in[1])}, z.get(0), target.get(0));
            for (int b = 0; b < 4; b++) {
                double alone = loss.of(z.get(b), target.get(b)).item();
                assertThat(batch[b]).isCloseTo(alone, within(1e-14));
                assertThat(graph.run(z.get(b), target.get(b))[0].item()).isCloseTo(alone, within(1e-14));
            }
        }
        var masked = Autograd.vmap(in -> Loss.l1().withMask(in[2]).of(in[0], in[1]), z, t, mask).toDoubleArray();
        for (int b = 0; b < 4; b++)
            assertThat(masked[b]).isCloseTo(Loss.l1().withMask(mask.get(b)).of(z.get(b), t.get(b)).item(), within(1e-14));
    }
}
