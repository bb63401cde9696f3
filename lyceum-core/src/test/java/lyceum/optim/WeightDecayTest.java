package lyceum.optim;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.linalg.Linalg;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Decay, by the rules that have it built in and by the option that every optimiser has. */
class WeightDecayTest {
    private static final double RATE = 0.01, DECAY = 0.1;

    private static Optimizer decoupled(Tensor x) { return new Adam(RATE).over(x).decayedBy(WeightDecay.decoupled(DECAY).onAll()); }

    @Test
    @Acceptance(topic = "adamw", clause = 1) void twoHundredStepsOfAdamWEqualTorch() {
        Evidence.of("largest gap to torch", OptimiserRuns.gap(11, "AdamW", in -> true), below(1e-6));
    }

    @Test
    @Acceptance(topic = "weight-decay", clause = 3) void coupledAndDecoupledDecayOfAdamEqualTorchs() {
        var coupled = OptimiserRuns.gap(5, "Adam", in -> true, in -> new OptimiserRuns.Made(new Adam(in.number("lr")),
                o -> o.decayedBy(WeightDecay.coupled(in.number("weightDecay")).onAll())));
        Evidence.of("coupled: largest gap to torch's Adam", coupled, below(1e-6));
        var decoupled = OptimiserRuns.gap(11, "AdamW", in -> true,
                in -> new OptimiserRuns.Made(new Adam(in.number("lr")).withAmsgrad(OptimiserRuns.flag(in, "amsgrad")),
                        o -> o.decayedBy(WeightDecay.decoupled(in.number("weightDecay")).onAll())));
        Evidence.of("decoupled: largest gap to torch's AdamW", decoupled, below(1e-6));
    }

    @Test
    @Acceptance(topic = "adamw", clause = 2) void withoutGradientsAdamWsWeightsShrinkByAPower() {
        Evidence.of("largest relative gap, F64", shrinking(DType.F64, x -> new AdamW(RATE).withWeightDecay(DECAY).over(x)), below(1e-12));
        Evidence.of("largest relative gap, F32", shrinking(DType.F32, x -> new AdamW(RATE).withWeightDecay(DECAY).over(x)), below(3e-5));
    }

    @Test
    @Acceptance(topic = "weight-decay", clause = 1) void withoutGradientsDecoupledWeightsShrinkByAPower() {
        for (UpdateRule rule : new UpdateRule[] {new Adam(RATE), new Sgd(RATE).withMomentum(0.9), new RmsProp(RATE)}) {
            Function<Tensor, Optimizer> make = x -> rule.over(x).decayedBy(WeightDecay.decoupled(DECAY).onAll());
            String name = rule.getClass().getSimpleName();
            Evidence.of(name + ": largest relative gap, F64", shrinking(DType.F64, make), below(1e-12));
            Evidence.of(name + ": largest relative gap, F32", shrinking(DType.F32, make), below(3e-5));
        }
    }

    private static Gap shrinking(DType type, Function<Tensor, Optimizer> make) {
        var start = Tensor.randn(Rng.of(33), type, 40).compute();
        var x = start.copy().requiresGrad();
        var optimizer = make.apply(x);
        var worst = Gap.relative();
        var zero = Tensor.zeros(type, 40);
        double[] first = start.toDoubleArray();
        for (int t = 1; t <= 200; t++) {
            optimizer.step(zero);
            double[] now = x.toDoubleArray();
            for (int i = 0; i < first.length; i++) worst.see("step " + t, now[i], first[i] * Math.pow(1 - RATE * DECAY, t));
        }
        return worst;
    }

    @Test
    @Acceptance(topic = "adamw", clause = 3)
    @Acceptance(topic = "weight-decay", clause = 3) void largeGradientsHideCoupledDecayFromAdamAndNotFromSgd() {
        double adam = difference(new Adam(RATE).withWeightDecay(DECAY), o -> o, new AdamW(RATE).withWeightDecay(DECAY), o -> o, 100);
        Evidence.of("Adam + L2 against AdamW, relative", adam, above(0.1));
        double option = difference(new Adam(RATE), o -> o.decayedBy(WeightDecay.coupled(DECAY).onAll()), new Adam(RATE),
                o -> o.decayedBy(WeightDecay.decoupled(DECAY).onAll()), 100);
        Evidence.of("Adam, coupled against decoupled, relative", option, above(0.1));
        double sgd = largestDifference(new Sgd(RATE).withWeightDecay(DECAY), o -> o, new Sgd(RATE),
                o -> o.decayedBy(WeightDecay.decoupled(DECAY).onAll()), 100);
        Evidence.of("SGD, coupled against decoupled, relative", sgd, below(1e-12));
    }

    @Test
    @Acceptance(topic = "weight-decay", clause = 2) void forPlainSgdBothAreOneAndWithMomentumTheyAreNot() {
        UnaryOperator<Optimizer> coupled = o -> o.decayedBy(WeightDecay.coupled(DECAY).onAll()),
                decoupled = o -> o.decayedBy(WeightDecay.decoupled(DECAY).onAll());
        Evidence.of("plain", largestDifference(new Sgd(RATE), coupled, new Sgd(RATE), decoupled, 1), below(1e-12));
        var heavy = new Sgd(RATE).withMomentum(0.9);
        Evidence.of("momentum 0.9", difference(heavy, coupled, heavy, decoupled, 1), above(1e-4));
    }

    /** After 200 steps along the same gradients, the distance relative to the second's length. */
    private static double difference(UpdateRule a, UnaryOperator<Optimizer> alsoA, UpdateRule b, UnaryOperator<Optimizer> alsoB,
            double scale) {
        var differences = differences(a, alsoA, b, alsoB, scale);
        return differences[differences.length - 1];
    }

    private static double largestDifference(UpdateRule a, UnaryOperator<Optimizer> alsoA, UpdateRule b, UnaryOperator<Optimizer> alsoB,
            double scale) {
        return Arrays.stream(differences(a, alsoA, b, alsoB, scale)).max().orElseThrow();
    }

    /** The distance after each of 200 steps. */
    private static double[] differences(UpdateRule a, UnaryOperator<Optimizer> alsoA, UpdateRule b, UnaryOperator<Optimizer> alsoB,
            double scale) {
        var differences = new double[200];
        var start = Tensor.randn(Rng.of(34), DType.F64, 50).compute();
        Tensor x = start.copy().requiresGrad(), y = start.copy().requiresGrad();
        Optimizer ofX = alsoA.apply(a.over(x)), ofY = alsoB.apply(b.over(y));
        var rng = Rng.of(35);
        for (int t = 0; t < differences.length; t++) {
            var g = Tensor.randn(rng, DType.F64, 50).mul(scale).compute();
            ofX.step(g);
            ofY.step(g);
            differences[t] = Vectors.norm(x.detach().sub(y.detach()).toDoubleArray()) / Vectors.norm(y.toDoubleArray());
        }
        return differences;
    }

    @Test
    @Acceptance(topic = "weight-decay", clause = 4) void biasesAndNormsNeverShrink() {
        var parameters = new LinkedHashMap<String, Tensor>();
        parameters.put("dense.weight", Tensor.ones(DType.F64, 3, 4).copy().requiresGrad());
        parameters.put("dense.bias", Tensor.ones(DType.F64, 4).copy().requiresGrad());
        parameters.put("norm.gain", Tensor.ones(DType.F64, 4).copy().requiresGrad());
        parameters.put("embedding", Tensor.ones(DType.F64, 5, 4).copy().requiresGrad());
        for (var decay : new WeightDecay[] {WeightDecay.coupled(DECAY), WeightDecay.decoupled(DECAY), WeightDecay.independent(DECAY)}) {
            for (var x : parameters.values()) Autograd.noGrad(() -> x.copy_(Tensor.ones(DType.F64, x.shape().toArray())));
            var optimizer = new Adam(RATE).over(parameters).decayedBy(decay);
            for (int t = 0; t < 100; t++)
                optimizer.step(parameters.values().stream().map(x -> Tensor.zeros(DType.F64, x.shape().toArray())).toArray(Tensor[]::new));
            for (var e : parameters.entrySet()) {
                boolean shrinks = e.getValue().rank() == 2;
                double largest = e.getValue().detach().max().item();
                if (shrinks) Evidence.of(decay.kind() + " " + e.getKey(), largest, below(0.95));
                else Evidence.of(decay.kind() + " " + e.getKey(), e.getValue().detach().min().item(), exactly(1));
            }
        }
        var named = new Sgd(RATE).over(parameters).decayedBy(WeightDecay.decoupled(DECAY).on((name, x) -> !name.equals("embedding")));
        double before = parameters.get("embedding").item(0, 0);
        named.step(parameters.values().stream().map(x -> Tensor.zeros(DType.F64, x.shape().toArray())).toArray(Tensor[]::new));
        Evidence.of("a name that is left out", parameters.get("embedding").item(0, 0) - before, exactly(0));
    }

    @Test
    @Acceptance(topic = "weight-decay", clause = 5) void underCoupledDecayLinearRegressionEndsAtRidge() {
        var rng = Rng.of(36);
        int n = 60, d = 6;
        double lambda = 0.3;
        Tensor a = Tensor.randn(rng, DType.F64, n, d).compute(), b = Tensor.randn(rng, DType.F64, n).compute();
        var ridge = Linalg.solve(a.transpose().matmul(a).div(n).add(Tensor.eye(DType.F64, d).mul(lambda)), a.transpose().matmul(b).div(n));
        for (UpdateRule rule : new UpdateRule[] {new Sgd(0.2), new Sgd(0.05).withMomentum(0.9)}) {
            var w = Tensor.zeros(DType.F64, d).copy().requiresGrad();
            var optimizer = rule.over(w).decayedBy(WeightDecay.coupled(lambda).onAll());
            for (int t = 0; t < 2_000; t++) optimizer.step(a.transpose().matmul(a.matmul(w.detach()).sub(b)).div(n));
            Evidence.of(rule.getClass().getSimpleName() + ": largest gap to the closed form", w.detach().sub(ridge).abs().max().item(),
                    below(1e-6));
        }
    }

    @Test
    @Acceptance(topic = "adamw", clause = 4) void aRunSavedAtStepOneHundredGoesOnBitForBit(@TempDir Path folder) throws Exception {
        var rule = new AdamW(RATE).withWeightDecay(DECAY).withAmsgrad(true);
        for (var type : new DType[] {DType.F64, DType.F32, DType.BF16}) {
            Tensor whole = start(type), resumed = start(type);
            var straight = rule.over(whole).withMasterWeights().scheduledBy(new Schedule.Cosine(200));
            var first = rule.over(resumed).withMasterWeights().scheduledBy(new Schedule.Cosine(200));
            var rng = Rng.of(37);
            for (int t = 0; t < 100; t++) {
                var g = Tensor.randn(rng, type, 4, 5).compute();
                straight.step(g);
                first.step(g);
            }
            first.save(folder.resolve("adamw"));
            var second = rule.over(resumed).withMasterWeights().scheduledBy(new Schedule.Cosine(200));
            second.load(folder.resolve("adamw"));
            for (int t = 100; t < 200; t++) {
                var g = Tensor.randn(rng, type, 4, 5).compute();
                straight.step(g);
                second.step(g);
            }
            Evidence.that(type + ": the resumed run is the straight one bit for bit",
                    Arrays.equals(whole.toDoubleArray(), resumed.toDoubleArray()));
        }
    }

    private static Tensor start(DType type) { return Tensor.randn(Rng.of(38), type, 4, 5).copy().requiresGrad(); }

    /** Steps of 1e-4 at weights of 1: BF16 has 2^-8 between neighbours there. */
    @Test void masterWeightsAddUpWhatHalfWidthLoses() {
        Tensor plain = Tensor.ones(DType.BF16, 8).copy().requiresGrad(), kept = Tensor.ones(DType.BF16, 8).copy().requiresGrad();
        Optimizer without = new Sgd(1e-4).over(plain), with = new Sgd(1e-4).over(kept).withMasterWeights();
        for (int t = 0; t < 1_000; t++) {
            without.step(Tensor.ones(DType.BF16, 8));
            with.step(Tensor.ones(DType.BF16, 8));
        }
        assertThat(plain.detach().min().item()).isEqualTo(1);
        assertThat(kept.detach().max().item()).isBetween(0.89, 0.91);
    }

    /** The paper's form: a rate ten times as large decays no faster. */
    @Test void independentDecayDoesNotDependOnTheLearningRate() {
        for (double rate : new double[] {0.01, 0.1}) {
            var x = Tensor.ones(DType.F64, 3, 3).copy().requiresGrad();
            var optimizer = new Sgd(rate).over(x).decayedBy(WeightDecay.independent(0.01)).scheduledBy(new Schedule.Linear(10));
            double expected = 1;
            for (int t = 0; t < 10; t++) {
                optimizer.step(Tensor.zeros(DType.F64, 3, 3));
                expected *= 1 - 0.01 * (1 - t / 10.0);
            }
            assertThat(x.item(0, 0)).isCloseTo(expected, within(1e-12));
        }
    }
}
