package lyceum.nn.loss;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class BinaryCrossEntropyTest {
    private static final double[] GRID = {-1e4, -700, -40, -10, -3, -1, -0.1, 0, 0.1, 1, 3, 10, 40, 700, 1e4};

    @Test
    @Acceptance(topic = "binary-cross-entropy", clause = 1) void equalsTorchOverLogitsAndProbabilities() {
        Gap logits = Gap.relativeBeyondOne(), probabilities = Gap.relativeBeyondOne();
        var over = LossCase.named("bce");
        for (var c : over) c.see(logits, DType.F64);
        for (var c : LossCase.named("bceOfProbabilities")) c.see(probabilities, DType.F64);
        Evidence.of("cases", over.size(), exactly(50));
        Evidence.of("BCEWithLogitsLoss", logits, atMost(1e-6));
        Evidence.of("BCELoss", probabilities, atMost(1e-6));
    }

    @Test
    @Acceptance(topic = "binary-cross-entropy", clause = 2) void gradientIsSigmoidMinusTarget() {
        double worst = 0;
        var sum = Loss.bce().withReduction(Reduction.SUM);
        for (double y : new double[] {0, 0.25, 0.9, 1}) {
            var t = Tensor.full(DType.F64, y, GRID.length);
            double[] gradient = Autograd.grad(z -> sum.of(z, t)).apply(Tensor.of(GRID)).toDoubleArray();
            for (int i = 0; i < GRID.length; i++) worst = Math.max(worst, Math.abs(gradient[i] - (1 / (1 + Math.exp(-GRID[i])) - y)));
        }
        Evidence.of("gradient - (sigmoid(z) - y)", worst, atMost(1e-9));
    }

    @Test
    @Acceptance(topic = "binary-cross-entropy", clause = 3) void isExactFarOutWhereTheNaiveFormIsInfinite() {
        Tensor z = Tensor.of(-1e4, -1e4, 1e4, 1e4, -1e4, 1e4), y = Tensor.of(0.0, 1, 0, 1, 0.25, 0.25);
        double[] exact = {0, 1e4, 1e4, 0, 2500, 7500};
        var p = z.sigmoid();
        double[] naive = y.mul(p.log()).add(y.rsub(1).mul(p.rsub(1).log())).neg().toDoubleArray();
        int lost = 0;
        for (double v : naive) if (!Double.isFinite(v)) lost++;
        Evidence.of("places where the naive form is not finite", lost, exactly(6));
        Evidence.of("F64", Gap.relativeBeyondOne().see("z", Loss.bce().each(z, y).toDoubleArray(), exact), atMost(1e-12));
        var single = Loss.bce().each(z.to(DType.F32), y.to(DType.F32));
        Evidence.of("F32", Gap.relativeBeyondOne().see("z", single.toDoubleArray(), exact), atMost(1e-12));
        double[] slopes = Autograd.grad(x -> Loss.bce().withReduction(Reduction.SUM).of(x, y)).apply(z).toDoubleArray();
        Evidence.of("gradient", Gap.absolute().see("z", slopes, new double[] {0, -1, 1, 0, -0.25, 0.75}), atMost(1e-12));
    }

    @Test
    @Acceptance(topic = "binary-cross-entropy", clause = 4) void isTwoClassCrossEntropyOverZeroAndTheLogit() {
        var rng = Rng.of(4);
        Tensor z = Tensor.randn(rng, DType.F64, 500).mul(8).compute(), y = Tensor.randint(rng, 0, 2, 500);
        var each = new CrossEntropy().withReduction(Reduction.NONE).of(Tensor.stack(1, z.zerosLike(), z), y);
        Evidence.of("per example", Gap.absolute().see("z", Loss.bce().each(z, y.to(DType.F64)).toDoubleArray(), each.toDoubleArray()),
                atMost(1e-9));
        var soft = Tensor.rand(rng, DType.F64, 500).compute();
        double both = Loss.crossEntropy(Tensor.stack(1, z.zerosLike(), z), Tensor.stack(1, soft.rsub(1), soft)).item();
        Evidence.of("soft targets, mean", Math.abs(Loss.bce(z, soft).item() - both), atMost(1e-9));
    }

    /** Against scalar formulas, label by label. */
    @Test
    @Acceptance(topic = "binary-cross-entropy", clause = 5) void multiLabelLossIsTheSumOfIndependentOnes() {
        Gap gap = Gap.relativeBeyondOne(), slopes = Gap.absolute();
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(50 + run);
            Tensor z = Tensor.randn(rng, DType.F64, 7, 5).mul(3).compute(), y = Tensor.randint(rng, 0, 2, 7, 5).to(DType.F64).compute(),
                    weight = Tensor.rand(rng, DType.F64, 5).add(0.5).compute();
            var loss = Loss.bce(weight).withReduction(Reduction.SUM);
            var gradient = Autograd.grad(x -> loss.of(x, y)).apply(z);
            double total = 0;
            for (int label = 0; label < 5; label++) {
                double w = weight.item(label);
                for (int i = 0; i < 7; i++) {
                    double p = 1 / (1 + Math.exp(-z.item(i, label)));
                    boolean there = y.item(i, label) == 1;
                    total -= there ? w * Math.log(p) : Math.log1p(-p);
                    slopes.see("label " + label, gradient.item(i, label), there ? w * (p - 1) : p);
                }
            }
            gap.see("run " + run, loss.of(z, y).item(), total);
        }
        Evidence.of("sum over labels", gap, below(1e-12));
        Evidence.of("gradient of each label", slopes, below(1e-12));
    }

    @Test
    @Acceptance(topic = "binary-cross-entropy", clause = 6) void theBestConstantIsTheWeightedBaseRate() {
        double plain = 0, weighted = 0, positive = 0;
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(70 + run);
            double rate = run == 0 ? 0.01 : rng.nextDouble();
            double[] y = new double[300], w = new double[300];
            double ones = 0, all = 0, share = 0;
            for (int i = 0; i < y.length; i++) {
                y[i] = i == 0 ? 1 : i == 1 ? 0 : rng.nextDouble() < rate ? 1 : 0;
                w[i] = 0.1 + rng.nextDouble();
                ones += w[i] * y[i];
                all += w[i];
                share += y[i] / y.length;
            }
            var targets = Tensor.of(y);
            plain = Math.max(plain, Math.abs(probability(Loss.bce(), targets) - share));
            weighted = Math.max(weighted, Math.abs(probability(Loss.bce().withWeights(Tensor.of(w)), targets) - ones / all));
            // A positive weight multiplies the odds.
            double odds = 99 * share / (1 - share);
            positive = Math.max(positive, Math.abs(probability(Loss.bce(Tensor.scalar(99)), targets) - odds / (1 + odds)));
        }
        Evidence.of("base rate", plain, below(1e-8));
        Evidence.of("weighted base rate", weighted, below(1e-8));
        Evidence.of("odds times the positive weight", positive, below(1e-8));
    }

    private static double probability(Loss loss, Tensor targets) { return 1 / (1 + Math.exp(-Elicitation.number(loss, targets))); }

    @Test void probabilitiesAreClampedAtTheEnds() {
        Tensor p = Tensor.of(0.0, 0, 1, 1), y = Tensor.of(0.0, 1, 0, 1);
        for (var type : new DType[] {DType.F32, DType.F64}) {
            assertThat(Loss.bceOfProbabilities().each(p.to(type), y).toDoubleArray()).containsExactly(new double[] {0, 100, 100, 0},
                    within(0.0));
            var slopes = Autograd.grad(x -> Loss.bceOfProbabilities().of(x, y)).apply(p.to(type)).toDoubleArray();
            assertThat(slopes).containsExactly(new double[] {0.25, 0, 0, -0.25}, within(1e-7));
        }
    }

    /** The naive 1 - p has lost all digits there. */
    @Test void keepsItsDigitsForConfidentAnswers() {
        var z = Tensor.of(-50.0, 50);
        double[] loss = Loss.bce().each(z, Tensor.of(0.0, 1)).toDoubleArray();
        Evidence.of("relative", Gap.relative().see("50", loss, new double[] {Math.exp(-50), Math.exp(-50)}), below(1e-14));
        var slopes = Autograd.grad(x -> Loss.bce().withReduction(Reduction.SUM).of(x, Tensor.of(0.0, 1))).apply(z).toDoubleArray();
        Evidence.of("slopes", Gap.relative().see("50", slopes, new double[] {Math.exp(-50), -Math.exp(-50)}), below(1e-14));
        Evidence.of("a saturated float sigmoid", Tensor.of(17f).sigmoid().item(), atLeast(1));
    }
}
