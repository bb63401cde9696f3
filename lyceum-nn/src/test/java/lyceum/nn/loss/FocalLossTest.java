package lyceum.nn.loss;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class FocalLossTest {

    @Test
    @Acceptance(topic = "focal-loss", clause = 1) void withoutFocusItIsCrossEntropyBitForBit() {
        int bits = 0, seen = 0;
        for (var type : new DType[] {DType.F32, DType.F64}) for (int run = 0; run < 10; run++) {
            var rng = Rng.of(10 + run);
            Tensor z = Tensor.randn(rng, type, 50, 4).mul(6).compute(), hard = Tensor.randint(rng, 0, 2, 50, 4).to(type).compute(),
                    classes = Tensor.randint(rng, 0, 4, 50);
            for (var reduction : Reduction.values()) {
                var focal = Loss.focal(0).withReduction(reduction);
                var binary = new double[][] {focal.of(z, hard).toDoubleArray(),
                        focal.withClassWeights(Tensor.of(1.0, 1)).of(z, hard).toDoubleArray(),
                        Loss.bce().withReduction(reduction).of(z, hard).toDoubleArray()};
                var several = new double[][] {focal.of(z, classes).toDoubleArray(),
                        focal.withClassWeights(Tensor.ones(4)).of(z, classes).toDoubleArray(),
                        new CrossEntropy().withReduction(reduction).of(z, classes).toDoubleArray()};
                for (var all : new double[][][] {binary, several}) for (int i = 0; i < all[2].length; i++) for (int k = 0; k < 2; k++) {
                    seen++;
                    if (Double.doubleToLongBits(all[k][i]) != Double.doubleToLongBits(all[2][i])) bits++;
                }
            }
        }
        Evidence.of("values that differ in a bit, of " + seen, bits, exactly(0));
    }

    @Test
    @Acceptance(topic = "focal-loss", clause = 2) void equalsTheFormulasInPyTorchAndIsFiniteFarOut() {
        var gap = Gap.relativeBeyondOne();
        for (var c : LossCase.named("focal", "focalClasses", "dice", "tversky", "ldam")) c.see(gap, DType.F64);
        Evidence.of("values and gradients", gap, atMost(1e-7));
        int strange = 0, seen = 0;
        for (var type : new DType[] {DType.F32, DType.F64}) for (double gamma : new double[] {0, 0.5, 1, 2, 5}) {
            Tensor z = Tensor.of(-100.0, -100, 100, 100).to(type), y = Tensor.of(0.0, 1, 0, 1).to(type);
            Tensor rows = Tensor.of(new double[][] {{100, -100, 0}, {-100, 100, 100}}).to(type), classes = Tensor.of(0L, 0);
            var sum = Loss.focal(gamma).withReduction(Reduction.SUM);
            for (var values : new Tensor[] {Loss.focal(gamma).each(z, y), Autograd.grad(x -> sum.of(x, y)).apply(z),
                    Loss.focal(gamma).each(rows, classes), Autograd.grad(x -> sum.of(x, classes)).apply(rows),
                    Loss.dice().each(z.unsqueeze(0), y.unsqueeze(0)),
                    Autograd.grad(x -> Loss.dice().of(x, y.unsqueeze(0))).apply(z.unsqueeze(0)), Loss.ldam(100, 10, 1).each(rows, classes)})
                for (double v : values.toDoubleArray()) {
                    seen++;
                    if (!Double.isFinite(v)) strange++;
                }
        }
        Evidence.of("values not finite, of " + seen, strange, exactly(0));
    }

    @Test
    @Acceptance(topic = "focal-loss", clause = 3) void isAHundredTimesBelowCrossEntropyAtNinetyPercent() {
        // p_t = 0.9 three ways: a sure yes, a sure no, and one class of three.
        double logit = Math.log(9);
        Tensor z = Tensor.of(logit, -logit), y = Tensor.of(1.0, 0);
        var ratio = Gap.relative();
        ratio.see("sigmoid", Loss.bce().each(z, y).div(Loss.focal(2).each(z, y)).toDoubleArray(), new double[] {100, 100});
        Tensor rows = Tensor.of(new double[][] {{Math.log(18), 0, 0}}), classes = Tensor.of(0L);
        ratio.see("softmax", Loss.crossEntropy(rows, classes).div(Loss.focal(2).of(rows, classes)).item(), 100);
        Evidence.of("cross-entropy over focal loss", ratio, atMost(1e-12));
        assertThat(Loss.focal(2).each(z, y).item(0)).isCloseTo(-0.01 * Math.log(0.9), within(1e-15));
    }

    @Test
    @Acceptance(topic = "focal-loss", clause = 4) void takesTheTotalFromEasyNegatives() {
        var rng = Rng.of(4);
        int positives = 100, negatives = 100_000;
        double[] z = new double[positives + negatives], y = new double[z.length];
        for (int i = 0; i < z.length; i++) {
            z[i] = i < positives ? rng.nextGaussian() : -5 + rng.nextGaussian();
            y[i] = i < positives ? 1 : 0;
        }
        Tensor logits = Tensor.of(z), labels = Tensor.of(y), negative = labels.rsub(1);
        Evidence.of("negatives' share of cross-entropy", share(Loss.bce().each(logits, labels), negative), above(0.8));
        Evidence.of("negatives' share of focal loss", share(Loss.focal(2).each(logits, labels), negative), below(0.2));
    }

    private static double share(Tensor losses, Tensor negative) { return losses.mul(negative).sum().item() / losses.sum().item(); }

    @Test
    @Acceptance(topic = "focal-loss", clause = 5) void diceIsOneMinusF1OnHardMasks() {
        Gap gap = Gap.absolute(), smoothed = Gap.absolute();
        var loss = Loss.tversky(0.5, 0.5, 0).withReduction(Reduction.NONE);
        for (int run = 0; run < 50; run++) {
            var rng = Rng.of(500 + run);
            double rate = rng.nextDouble();
            Tensor truth = Tensor.rand(rng, DType.F64, 4, 6, 6).lt(rate).to(DType.F64).compute(),
                    said = Tensor.rand(rng, DType.F64, 4, 6, 6).lt(0.5).to(DType.F64).compute();
            double[] losses = loss.of(said.sub(0.5).mul(4000), truth).toDoubleArray(),
                    dice = Loss.dice().each(said.sub(0.5).mul(4000), truth).toDoubleArray();
            double[][] t = truth.reshape(4, 36).toRows(), s = said.reshape(4, 36).toRows();
            for (int image = 0; image < 4; image++) {
                int both = 0, one = 0;
                for (int i = 0; i < 36; i++) {
                    if (t[image][i] == 1 && s[image][i] == 1) both++;
                    else if (t[image][i] != s[image][i]) one++;
                }
                gap.see("run " + run, losses[image], 1 - 2.0 * both / (2 * both + one));
                smoothed.see("run " + run, dice[image], 1 - (2.0 * both + 1) / (2 * both + one + 1));
            }
        }
        Evidence.of("masks", gap.seen(), exactly(200));
        Evidence.of("Dice loss less (1 - F1)", gap, below(1e-12));
        Evidence.of("dice() less (1 - F1), 1 added above and below", smoothed, below(1e-12));
    }

    @Test void overlapOfSeveralClassesIsThatOfEach() {
        var rng = Rng.of(6);
        Tensor z = Tensor.randn(rng, DType.F64, 2, 3, 5).compute(), y = Tensor.randint(rng, 0, 3, 2, 5);
        double[] losses = Loss.tversky(0.3, 0.7, 1).each(z, y).toDoubleArray(), p = z.softmax(1).toDoubleArray();
        for (int i = 0; i < 2; i++) for (int c = 0; c < 3; c++) {
            double hit = 0, extra = 0, missed = 0;
            for (int l = 0; l < 5; l++) {
                double said = p[(3 * i + c) * 5 + l];
                boolean there = y.itemLong(i, l) == c;
                hit += there ? said : 0;
                extra += there ? 0 : said;
                missed += there ? 1 - said : 0;
            }
            assertThat(losses[3 * i + c]).isCloseTo(1 - (hit + 1) / (hit + 0.3 * extra + 0.7 * missed + 1), within(1e-14));
        }
        assertThat(Loss.tversky(0.5, 0.5, 0).of(Tensor.of(new double[][] {{-1e4, -1e4}}), Tensor.of(new double[][] {{0, 0}})).item())
                .isZero();
        assertThatThrownBy(() -> Loss.tversky(-1, 0, 0)).hasMessageContaining("all are at least 0");
    }

    /** The article's: with beta of 0.999, classes of 10 and 5,000 examples differ by a factor of 100. */
    /** Left out is what stands in no sum: as if the places were not there. */
    @Test void overlapLeavesOutWhatAMaskHides() {
        var rng = Rng.of(7);
        Tensor z = Tensor.randn(rng, DType.F64, 2, 3, 5).compute(), y = Tensor.randint(rng, 0, 3, 2, 5).compute();
        var mask = Tensor.arange(5).lt(3).unsqueeze(0).expand(2, 5).compute();
        double[] kept = Loss.dice().each(z.narrow(2, 0, 3), y.narrow(1, 0, 3)).toDoubleArray();
        var wild = z.maskedFill(mask.not().unsqueeze(1).expand(2, 3, 5), Double.NaN).compute();
        assertThat(Loss.dice().withMask(mask).each(wild, y).toDoubleArray()).containsExactly(kept, within(1e-14));
        var ignored = mask.where(y, y.zerosLike().sub(100)).compute();
        assertThat(Loss.dice().each(wild, ignored).toDoubleArray()).containsExactly(kept, within(1e-14));
        assertThat(Autograd.grad(x -> Loss.dice().of(x, ignored)).apply(wild).isFinite().all().item()).isEqualTo(1);
        // two classes as one map of logits
        Tensor one = z.select(1, 0), truth = y.eq(0).to(DType.F64).compute();
        double[] binary = Loss.tversky(0.3, 0.7, 1).each(one.narrow(1, 0, 3), truth.narrow(1, 0, 3)).toDoubleArray();
        assertThat(Loss.tversky(0.3, 0.7, 1).withMask(mask).each(one, truth).toDoubleArray()).containsExactly(binary, within(1e-14));
        // a whole example left out does not count for the mean
        var first = Tensor.of(true, false);
        assertThat(Loss.dice().withMask(first).of(z, y).item()).isCloseTo(Loss.dice().of(z.narrow(0, 0, 1), y.narrow(0, 0, 1)).item(),
                within(1e-14));
        assertThat(Loss.dice().withMask(first).each(z, y).narrow(0, 1, 1).abs().max().item()).isZero();
    }

    @Test void weightsOfClasses() {
        var w = FrequencyWeights.effectiveNumber(0.999, 5000, 10);
        assertThat(w.mean().item()).isCloseTo(1, within(1e-14));
        assertThat(w.item(1) / w.item(0)).isCloseTo((1 - Math.pow(0.999, 5000)) / (1 - Math.pow(0.999, 10)), within(1e-9)).isBetween(99.0,
                101.0);
        assertThat(FrequencyWeights.effectiveNumber(0, 7, 3).toDoubleArray()).containsExactly(1, 1);
        double[] inverse = FrequencyWeights.inverseFrequency(1, 3).toDoubleArray();
        assertThat(inverse).containsExactly(new double[] {1.5, 0.5}, within(1e-15));
        assertThatThrownBy(() -> FrequencyWeights.inverseFrequency(4, 0))
                .hasMessageContaining("[4, 0]; each class has at least one example");
        assertThatThrownBy(() -> FrequencyWeights.effectiveNumber(1, 4, 2)).hasMessage("effectiveNumber: beta is 1.0; it lies in [0, 1)");
    }
}
