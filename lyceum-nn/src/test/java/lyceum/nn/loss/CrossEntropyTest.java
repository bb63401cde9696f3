package lyceum.nn.loss;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.autograd.Graph;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class CrossEntropyTest {
    private static final Golden GOLDEN = Golden.load("golden/cross-entropy.json");

    /** The logits and targets of a case of the grid. */
    private record Case(Tensor logits, Tensor target, CrossEntropy loss) {
        static Case of(Golden c) {
            var recipe = new Recipe(c.integer("input.seed"));
            long[] shape = c.longs("input.shape");
            int n = 1;
            for (long size : shape) n *= (int) size;
            var type = c.text("input.dtype").equals("float32") ? DType.F32 : DType.F64;
            var logits = Tensor.of(recipe.bells(n), shape).mul(2).to(type);
            int axis = Math.min(1, shape.length - 1), hardCount = n / 4;
            recipe.belows(4, hardCount);
            Tensor target;
            if (c.text("input.targetKind").equals("soft")) target = Tensor.of(recipe.bells(n), shape).softmax(axis).to(type);
            else target = hard(c, shape);
            var loss = new CrossEntropy().withLabelSmoothing(c.number("input.labelSmoothing"))
                    .withReduction(Reduction.valueOf(c.text("input.reduction").toUpperCase(Locale.ROOT)));
            if (c.text("name").contains("weight=True")) loss = loss.withClassWeights(Tensor.of(c.doubles("input.weight")));
            if (c.text("name").contains("ignore=1 ")) loss = loss.withIgnoreIndex(c.integer("input.ignoreIndex"));
            return new Case(logits, target, loss);
        }

        private static Tensor hard(Golden c, long[] shape) {
            double[] classes = c.flat("input.target");
            var numbers = new long[classes.length];
            for (int i = 0; i < numbers.length; i++) numbers[i] = (long) classes[i];
            return switch (shape.length) {
                case 1 -> Tensor.of(numbers).reshape();
                case 2 -> Tensor.of(numbers);
                default -> Tensor.of(numbers, shape[0], shape[2]);
            };
        }
    }

    @Test
    @Acceptance(topic = "cross-entropy", clause = 1) void equalsTorchInEveryCombinationOfOptions() {
        Gap twofold = Gap.relativeBeyondOne(), single = Gap.relativeBeyondOne();
        int seen = 0;
        for (var c : GOLDEN.list("cases")) {
            if (!c.has("input.layout")) continue;
            seen++;
            var one = Case.of(c);
            for (int chunk : new int[] {0, 1, 4}) {
                var loss = one.loss.withChunk(chunk);
                var gap = one.logits.dtype() == DType.F64 ? twofold : single;
                gap.see(c, "expected.loss", loss.of(one.logits, one.target).toDoubleArray());
                gap.see(c, "expected.gradient", Autograd.grad(z -> loss.of(z, one.target).sum()).apply(one.logits).toDoubleArray());
            }
        }
        Evidence.of("combinations", seen, exactly(144));
        Evidence.of("F64", twofold, below(1e-12));
        Evidence.of("F32", single, below(1e-6));
    }

    @Test
    @Acceptance(topic = "cross-entropy", clause = 2) void gradientIsSoftmaxMinusTarget() {
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var rng = Rng.of(2);
            var logits = Tensor.randn(rng, type, 200, 10).mul(3);
            var classes = Tensor.randint(rng, 0, 10, 200);
            var sum = new CrossEntropy().withReduction(Reduction.SUM);
            var gradient = Autograd.grad(z -> sum.of(z, classes)).apply(logits);
            double gap = gradient.sub(logits.softmax(1).sub(classes.oneHot(type, 10))).abs().max().item();
            Evidence.of(type + " class numbers", gap, below(1e-7));
            var soft = Tensor.randn(rng, type, 200, 10).softmax(1);
            // Probabilities in F32 add up to 1 within rounding only, and the gradient knows their sum.
            gap = Autograd.grad(z -> sum.of(z, soft)).apply(logits).sub(logits.softmax(1).mul(soft.sum(1, true)).sub(soft)).abs().max()
                    .item();
            Evidence.of(type + " probabilities", gap, below(1e-7));
            // So many classes that the logit of each row is fetched from its place.
            var many = Tensor.randn(rng, type, 50, 600).mul(3);
            var numbers = Tensor.randint(rng, 0, 600, 50);
            var hits = numbers.oneHot(type, 600);
            gap = Autograd.grad(z -> sum.of(z, numbers)).apply(many).sub(many.softmax(1).sub(hits)).abs().max().item();
            Evidence.of(type + " 600 classes", gap, below(1e-7));
            double expected = -many.to(DType.F64).logSoftmax(1).mul(hits.to(DType.F64)).sum().item();
            Evidence.of(type + " their loss, relative", Math.abs(sum.of(many, numbers).item() / expected - 1),
                    below(type == DType.F32 ? 1e-6 : 1e-14));
        }
    }

    @Test
    @Acceptance(topic = "cross-entropy", clause = 3) void isFiniteForLogitsOfTenThousand() {
        Gap single = Gap.absolute(), twofold = Gap.absolute(), gradient = Gap.absolute();
        for (var name : new String[] {"far [0, 1]", "far [1, 0]"}) {
            var c = GOLDEN.named(name);
            var target = Tensor.of(c.longs("input.target"));
            for (var type : new DType[] {DType.F32, DType.F64}) {
                var x = Tensor.of(c.matrix("input.x")).to(type);
                (type == DType.F64 ? twofold : single).see(c, "expected.loss", Loss.crossEntropy(x, target).item());
                gradient.see(c, "expected.gradient", Autograd.grad(z -> Loss.crossEntropy(z, target)).apply(x).toDoubleArray());
                var smooth = new CrossEntropy().withLabelSmoothing(0.1).of(x, target);
                Evidence.that("the smoothed loss is finite", Double.isFinite(smooth.item()));
            }
        }
        Evidence.of("loss, F64", twofold, atMost(1e-11));
        Evidence.of("loss, F32", single, atMost(2e-3));
        Evidence.of("gradient", gradient, below(1e-12));
    }

    @Test
    @Acceptance(topic = "cross-entropy", clause = 4) void isEntropyPlusDivergenceAndLeastAtTheTruth() {
        var rng = Rng.of(4);
        var p = Tensor.randn(rng, DType.F64, 1000, 12).mul(2).softmax(1);
        var q = Tensor.randn(rng, DType.F64, 1000, 12).mul(2).softmax(1);
        var cross = Loss.crossEntropyOf(p, q, 1);
        var entropy = p.mul(p.log()).sum(1).neg();
        var divergence = p.mul(p.log().sub(q.log())).sum(1);
        Evidence.of("H(p, q) - H(p) - KL", cross.sub(entropy).sub(divergence).abs().max().item(), below(1e-12));
        assertThat(Loss.crossEntropyOf(p, p, 1).sub(entropy).abs().max().item()).isLessThan(1e-12);
        assertThat(cross.sub(Loss.crossEntropyOf(p, p, 1)).min().item()).isGreaterThanOrEqualTo(0);
        // What never comes costs nothing; what has no code costs without end.
        Tensor rare = Tensor.of(0.5, 0.5, 0), code = Tensor.of(0.25, 0.75, 0);
        Evidence.of("an outcome that never comes", Loss.crossEntropyOf(rare, code, 0).item() + 0.5 * Math.log(0.25 * 0.75),
                equalTo(0, 1e-15));
        Evidence.of("an outcome without a code", Loss.crossEntropyOf(rare, Tensor.of(1.0, 0, 0), 0).item(),
                exactly(Double.POSITIVE_INFINITY));
        // In every direction along the simplex, too, and the slope there is the same for all outcomes.
        for (double step : new double[] {1e-3, 0.1}) {
            var near = p.mul(1 - step).add(q.mul(step));
            assertThat(Loss.crossEntropyOf(p, near, 1).sub(entropy).min().item()).isGreaterThan(0);
        }
    }

    /** Every class is present: an absent one has frequency 0 and its best logit is minus infinity. */
    @Test
    @Acceptance(topic = "cross-entropy", clause = 6) void minimiserIsTheClassFrequencies() {
        double worst = 0;
        for (int run = 0; run < 10; run++) {
            var rng = Rng.of(600 + run);
            var classes = new long[200];
            var frequency = new double[5];
            for (int i = 0; i < classes.length; i++) {
                classes[i] = i < 5 ? i : (long) (5 * Math.pow(rng.nextDouble(), 2));
                frequency[(int) classes[i]] += 1.0 / classes.length;
            }
            var target = Tensor.of(classes);
            var minimum = new Lbfgs().withGradientTolerance(1e-10)
                    .minimize(Objective.of(z -> Loss.crossEntropy(z.unsqueeze(0).expand(200, 5), target)), new double[5]);
            double[] found = Tensor.of(minimum.x()).softmax(0).toDoubleArray();
            for (int k = 0; k < 5; k++) worst = Math.max(worst, Math.abs(found[k] - frequency[k]));
        }
        Evidence.of("softmax - frequency", worst, below(1e-6));
    }

    /** PyTorch's: {@code -log softmax(z)}, by what is done to probabilities before. */
    @Test void gradientsReachSoftTargets() {
        var rng = Rng.of(70);
        Tensor z = Tensor.randn(rng, DType.F64, 6, 4).compute(), t = Tensor.randn(rng, DType.F64, 6, 4).softmax(1).compute();
        var weights = Tensor.of(1.0, 0.5, 2, 0);
        for (int chunk : new int[] {0, 4}) {
            var plain = new CrossEntropy().withChunk(chunk);
            close(Autograd.grad(q -> plain.of(z, q)).apply(t), z.logSoftmax(1).div(-6));
            var loss = plain.withLabelSmoothing(0.1).withClassWeights(weights).withReduction(Reduction.SUM);
            close(Autograd.grad(q -> loss.of(z, q)).apply(t), z.logSoftmax(1).mul(weights).mul(-0.9));
            close(Autograd.jvp(q -> plain.of(z, q), t, t), plain.of(z, t));
            // By both at once, and once more by the logits.
            close(Autograd.grad(s -> plain.of(s, s.softmax(1))).apply(z), Autograd.grad(s -> composed(s, s.softmax(1))).apply(z));
            close(Autograd.hvp(s -> plain.of(s, s.softmax(1)), z, t), Autograd.hvp(s -> composed(s, s.softmax(1)), z, t));
        }
    }

    private static Tensor composed(Tensor logits, Tensor target) { return logits.logSoftmax(1).mul(target).sum(1).mean().neg(); }

    private static void close(Tensor actual, Tensor expected) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.toDoubleArray()).containsExactly(expected.toDoubleArray(), within(1e-12));
    }

    @Test void labelsDifferBetweenTheEntriesOfABatch() {
        var rng = Rng.of(71);
        Tensor z = Tensor.randn(rng, DType.F64, 5, 3, 4).compute(), soft = Tensor.randn(rng, DType.F64, 5, 3, 4).softmax(2).compute(),
                hard = Tensor.randint(rng, 0, 4, 5, 3);
        hard = Tensor.where(Tensor.arange(15).reshape(5, 3).eq(7), Tensor.full(DType.I64, -100), hard).compute();
        var weights = Tensor.of(1.0, 0.5, 2, 3);
        for (var loss : new CrossEntropy[] {new CrossEntropy(), new CrossEntropy().withLabelSmoothing(0.2).withClassWeights(weights),
                new CrossEntropy().withChunk(2).withReduction(Reduction.SUM)}) {
            for (var target : new Tensor[] {soft, hard}) {
                close(Autograd.vmap(in -> loss.of(in[0], in[1]), z, target), loop(b -> loss.of(z.get(b), target.get(b))));
                close(Autograd.vmap(in -> loss.of(in[0], target.get(2)), z), loop(b -> loss.of(z.get(b), target.get(2))));
                close(Autograd.vmap(in -> loss.of(z.get(2), in[0]), target), loop(b -> loss.of(z.get(2), target.get(b))));
                close(Autograd.vmap(in -> Autograd.grad(s -> loss.of(s, in[1])).apply(in[0]), z, target),
                        loop(b -> Autograd.grad(s -> loss.of(s, target.get(b))).apply(z.get(b))));
                close(Autograd.grad(x -> Autograd.vmap(in -> loss.of(in[0], in[1]), x, target).sum()).apply(z),
                        Autograd.grad(x -> loop(b -> loss.of(x.get(b), target.get(b))).sum()).apply(z));
            }
        }
        // Labels beside the features of an example, as perSample has them.
        Tensor w = Tensor.randn(rng, DType.F64, 4, 4).compute(), examples = Tensor.concat(1, z.reshape(15, 4), soft.reshape(15, 4));
        var found = Autograd.perSample((m, e) -> Loss.crossEntropy(e.narrow(0, 0, 4).matmul(m), e.narrow(0, 4, 4)), w, examples);
        for (int b = 0; b < 15; b++) {
            var e = examples.get(b);
            close(found.get(b), Autograd.grad(m -> Loss.crossEntropy(e.narrow(0, 0, 4).matmul(m), e.narrow(0, 4, 4))).apply(w));
        }
    }

    private static Tensor loop(IntFunction<Tensor> entry) {
        return Tensor.stack(0, IntStream.range(0, 5).mapToObj(entry).toArray(Tensor[]::new));
    }

    @Test void whatABatchCannotSayIsRefusedOrNaN() {
        var z = Tensor.randn(Rng.of(72), DType.F64, 2, 3, 4).compute();
        var beyond = Tensor.of(new long[] {0, 1, 2, 0, 4, 1}, 2, 3);
        assertThat(Autograd.vmap(in -> Loss.crossEntropy(in[0], in[1]), z, beyond).isNaN().toBooleanArray())
                .as("only the first entry's labels are there to be looked at").containsExactly(false, true);
        assertThatThrownBy(
                () -> Autograd.vmap(in -> new CrossEntropy().withLabelSmoothing(0.1).withClassWeights(in[0]).of(z.get(0), beyond.get(0)),
                        Tensor.ones(DType.F64, 2, 4)))
                .isInstanceOf(LyceumException.class).hasMessageStartingWith("crossEntropy: smoothed labels").hasMessageContaining("vmap");
    }

    /** They were constants of the trace once. */
    @Test void aGraphTakesLabelsAsAnInput() {
        Tensor z = Tensor.randn(Rng.of(73), DType.F64, 3, 4).compute(), first = Tensor.of(0L, 1, 2), second = Tensor.of(3L, -100, 0);
        var graph = Graph.trace(in -> new Tensor[] {Loss.crossEntropy(in[0], in[1])}, z, first);
        assertThat(graph.run(z, second)[0].item()).isEqualTo(Loss.crossEntropy(z, second).item());
    }

    @Test void hasSecondDerivatives() {
        var rng = Rng.of(7);
        var z = Tensor.randn(rng, DType.F64, 1, 4);
        var target = Tensor.of(2L);
        var hessian = Autograd.hessian(x -> Loss.crossEntropy(x, target), z);
        var p = z.softmax(1).flatten();
        var expected = Tensor.eye(DType.F64, 4).mul(p).sub(p.outer(p));
        assertThat(hessian.sub(expected).abs().max().item()).isLessThan(1e-14);
    }

    @Test void takesClassesOnAnyAxis() {
        var rng = Rng.of(8);
        var logits = Tensor.randn(rng, DType.F64, 2, 3, 4);
        var last = Tensor.randint(rng, 0, 4, 2, 3);
        var moved = Loss.crossEntropy(logits.moveAxis(2, 1), last);
        assertThat(new CrossEntropy().withAxis(-1).of(logits, last).item()).isEqualTo(moved.item());
        assertThatThrownBy(() -> Loss.crossEntropy(logits, last)).isInstanceOf(ShapeException.class)
                .hasMessage("crossEntropy: logits (2, 3, 4) and target (2, 3); class numbers have that shape without axis 1");
    }

    @Test void maskedOutClassesCostNothing() {
        var logits = Tensor.of(new double[][] {{1, Double.NEGATIVE_INFINITY, 2}});
        double expected = Math.log1p(Math.exp(-1.0)) + 1;
        assertThat(Loss.crossEntropy(logits, Tensor.of(0L)).item()).isCloseTo(expected, within(1e-14));
        assertThat(Loss.crossEntropy(logits, Tensor.of(new double[][] {{1, 0, 0}})).item()).isCloseTo(expected, within(1e-14));
    }

    @Test void everythingIgnoredIsNaNWithoutAGradient() {
        var c = GOLDEN.named("all ignored");
        var x = Tensor.of(new Recipe(c.integer("input.seed")).matrix(3, 4)).requiresGrad();
        var loss = new CrossEntropy().withIgnoreIndex(1).of(x, Tensor.of(c.longs("input.target")));
        loss.backward();
        assertThat(loss.item()).isNaN();
        assertThat(x.grad().toDoubleArray()).containsOnly(0);
    }

    @Test void binaryAndNllEqualTorch() {
        for (var name : new String[] {"binary pos_weight=None", "binary pos_weight=2.5"}) {
            var c = GOLDEN.named(name);
            Tensor x = Tensor.of(c.doubles("input.x")), t = Tensor.of(c.doubles("input.target"));
            double w = name.endsWith("2.5") ? 2.5 : 1;
            assertThat(Loss.bce(Tensor.scalar(w)).of(x, t).item()).isCloseTo(c.number("expected.loss"), within(1e-14));
            Evidence.of("apply", Gap.relativeBeyondOne().see(c, "expected.gradient",
                    Autograd.grad(z -> Loss.bce(Tensor.scalar(w)).of(z, t)).apply(x).toDoubleArray()), below(1e-15));
        }
        var c = GOLDEN.named("nll");
        assertThat(Loss.nll(Tensor.of(c.matrix("input.logProbabilities")), Tensor.of(c.longs("input.target"))).item())
                .isCloseTo(c.number("expected.mean"), within(1e-15));
        assertThat(Loss.bce(Tensor.of(-1e4, 1e4), Tensor.of(1.0, 0.0)).item()).isEqualTo(1e4);
    }

    @Test void refusesWhatDoesNotFit() {
        var logits = Tensor.zeros(DType.F64, 2, 3);
        assertThatThrownBy(() -> Loss.crossEntropy(logits, Tensor.of(0L, 3L)))
                .hasMessage("crossEntropy: target 3 at 1; class numbers are 0 to 2, and -100 is ignored");
        assertThatThrownBy(() -> Loss.crossEntropy(logits, Tensor.zeros(DType.F64, 2, 4)))
                .hasMessageContaining("probabilities have the shape of the logits");
        assertThatThrownBy(() -> new CrossEntropy().withLabelSmoothing(1.5))
                .hasMessage("CrossEntropy: labelSmoothing is 1.5; it lies in [0, 1]");
        assertThatThrownBy(() -> new CrossEntropy().withClassWeights(Tensor.ones(2)).of(logits, Tensor.of(0L, 1L)))
                .hasMessage("crossEntropy: 2 class weights for 3 classes");
    }
}
