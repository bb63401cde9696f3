package lyceum.optim;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdamTest {

    @Test
    @Acceptance(topic = "adam", clause = 1) void twoHundredStepsEqualTorchOnFiveProblems() {
        var worst = Gap.absolute();
        int cases = 0;
        for (var c : Golden.load("golden/adam.json").list("cases")) {
            var in = c.at("input");
            if (!in.has("problem")) continue;
            var rule = rule(in);
            boolean maximize = in.has("maximize") && in.flag("maximize");
            var f = TestProblems.named(in.text("problem"));
            var x = Tensor.of(in.doubles("x0")).requiresGrad();
            var optimizer = rule.over(x);
            for (int step = 1; step <= 200; step++) {
                optimizer.zeroGrad();
                (maximize ? f.apply(x).neg() : f.apply(x)).backward();
                optimizer.step();
                SgdTest.see(worst, c, step, x.toDoubleArray());
            }
            cases++;
        }
        assertThat(cases).isEqualTo(17);
        Evidence.of("largest gap to torch", worst, below(1e-6));
    }

    private static UpdateRule rule(Golden in) {
        boolean amsgrad = in.has("amsgrad") && in.flag("amsgrad"), maximize = in.has("maximize") && in.flag("maximize");
        double decay = in.has("weightDecay") ? in.number("weightDecay") : 0;
        if (in.text("optimiser").equals("AdamW"))
            return new AdamW(in.number("lr")).withAmsgrad(amsgrad).withWeightDecay(decay).withMaximize(maximize);
        var adam = new Adam(in.number("lr")).withAmsgrad(amsgrad).withMaximize(maximize).withWeightDecay(decay);
        return in.has("betas") ? adam.withBetas(in.number("betas.0"), in.number("betas.1")).withEpsilon(in.number("eps")) : adam;
    }

    @Test void lazyRowsEqualTorchsSparseAdam() {
        var c = Golden.load("golden/adam.json").named("lazy");
        var table = Tensor.of(c.matrix("input.weight")).requiresGrad();
        // torch adds epsilon before the bias is divided out in this variant, and after it in Adam.
        var optimizer = new Adam(c.number("input.lr")).withEpsilonPlace(Adam.Epsilon.BEFORE_CORRECTION).over(table);
        var worst = Gap.absolute();
        int step = 0;
        for (var rows : c.intMatrix("input.rowsByStep")) {
            var ids = new long[rows.length];
            for (int i = 0; i < ids.length; i++) ids[i] = rows[i];
            optimizer.rowGradient(table, Tensor.of(ids), table.detach().indexSelect(0, Tensor.of(ids)).mul(2));
            optimizer.step();
            SgdTest.see(worst, c, ++step, table.toDoubleArray());
        }
        assertThat(step).isEqualTo(40);
        Evidence.of("largest gap to torch", worst, below(1e-10));
    }

    @Test
    @Acceptance(topic = "adam", clause = 2) void theFirstStepIsTheLearningRateTimesTheSign() {
        var rng = Rng.of(3192);
        double worst = 0, rate = 0.01;
        for (var adam : new Adam[] {new Adam(rate), new Adam(rate).withAmsgrad(true), new Adam(rate).withBetas(0.5, 0.9)}) {
            var x = Tensor.randn(rng, DType.F64, 500).requiresGrad();
            var before = x.detach().copy();
            // |g| from 1e-2 to 1e6: large beside epsilon = 1e-8.
            var g = Tensor.rand(rng, DType.F64, 500).mul(8 * Math.log(10)).exp().mul(1e-2).mul(Tensor.randn(rng, DType.F64, 500).sign())
                    .compute();
            adam.over(x).step(g);
            worst = Math.max(worst, x.detach().sub(before).add(g.sign().mul(rate)).abs().max().item() / rate);
        }
        Evidence.of("largest relative gap", worst, below(1e-5));
    }

    @Test
    @Acceptance(topic = "adam", clause = 3) void theScaleOfTheGradientsDoesNotMatter() {
        double worst = 0;
        for (var problem : new String[] {"rosenbrock", "ravine"}) {
            var f = TestProblems.named(problem);
            var scaled = path(x -> f.apply(x).mul(1_000), 200);
            var plain = path(f, 200);
            for (int i = 0; i < plain.length; i++) worst = Math.max(worst, Math.abs(plain[i] - scaled[i]));
        }
        Evidence.of("largest gap of the paths", worst, below(1e-4));
    }

    /** All points of a run from (-1.2, 1, -0.5, 0.8), one after another. */
    private static double[] path(UnaryOperator<Tensor> f, int steps) {
        var x = Tensor.of(-1.2, 1, -0.5, 0.8).requiresGrad();
        var optimizer = new Adam(0.02).withEpsilon(1e-16).over(x);
        var points = new double[4 * steps];
        for (int t = 0; t < steps; t++) {
            optimizer.zeroGrad();
            f.apply(x).backward();
            optimizer.step();
            System.arraycopy(x.toDoubleArray(), 0, points, 4 * t, 4);
        }
        return points;
    }

    @Test
    @Acceptance(topic = "adam", clause = 4) void onReddisCounterexampleAdamSettlesAtTheWorstPointAndAmsgradAtTheBest() {
        Evidence.of("Adam ends at", reddi(false), equalTo(1, 0.05));
        Evidence.of("AMSGrad ends at", reddi(true), equalTo(-1, 0.05));
    }

    /** Losses C x, -x, -x, C x, ... on [-1, 1] with C = 3: on average they rise, so -1 is best. The mean of the last 300 points. */
    static double reddi(boolean amsgrad) {
        double c = 3, sum = 0;
        var x = Tensor.of(0.0).requiresGrad();
        var optimizer = new Adam(0.5).withBetas(0, 1 / (1 + c * c)).withAmsgrad(amsgrad).over(x).scheduledBy(t -> 1 / Math.sqrt(t + 1));
        int steps = 15_000;
        for (int t = 0; t < steps; t++) {
            optimizer.step(Tensor.of(t % 3 == 0 ? c : -1));
            Autograd.noGrad(() -> x.copy_(x.clamp(-1, 1)));
            if (t >= steps - 300) sum += x.item() / 300;
        }
        return sum;
    }

    @Test
    @Acceptance(topic = "adam", clause = 5) void aSavedRunGoesOnBitForBit(@TempDir Path folder) throws Exception {
        var gap = Gap.absolute();
        var f = TestProblems.named("bowl");
        for (var rule : new UpdateRule[] {new Adam(0.05), new Adam(0.05).withAmsgrad(true), new AdamW(0.05),
                new Sgd(0.02).withMomentum(0.9).withDampening(0.1)}) {
            var x = Tensor.of(-1.0, 2, 0.5, 0, 1, 3).requiresGrad();
            var optimizer = rule.over(x).scheduledBy(new Schedule.Cosine(50)).averagedBy(Average.exponential(0.9));
            optimizer.scaleRates(0.7);
            run(optimizer, f, x, 20);
            var saved = x.toDoubleArray();
            optimizer.save(folder.resolve("state"));
            run(optimizer, f, x, 30);

            var y = Tensor.of(saved).requiresGrad();
            var average = Average.exponential(0.9);
            var resumed = rule.over(y).scheduledBy(new Schedule.Cosine(50)).averagedBy(average);
            resumed.load(folder.resolve("state"));
            run(resumed, f, y, 30);
            gap.see(rule.toString(), y.toDoubleArray(), x.toDoubleArray());
            assertThat(resumed.state().json()).isEqualTo(optimizer.state().json());
            resumed.state().tensors().forEach(
                    (name, tensor) -> gap.see(name, tensor.toDoubleArray(), optimizer.state().tensors().get(name).toDoubleArray()));
        }
        Evidence.of("resumed against the run that went on", gap, exactly(0));
    }

    private static void run(Optimizer optimizer, UnaryOperator<Tensor> f, Tensor x, int steps) {
        for (int t = 0; t < steps; t++) {
            optimizer.zeroGrad();
            f.apply(x).backward();
            optimizer.step();
        }
    }

    @Test void epsilonStandsWhereItIsPut() {
        // One step from zero with g = epsilon, where the places differ most: mHat = g, vHat = g^2, v = 0.001 g^2.
        double g = 1e-8;
        double after = g / (g + g), before = g * Math.sqrt(0.001) / (Math.sqrt(0.001) * g + g), inside = g / Math.sqrt(g * g + g);
        double[] expected = {after, before, inside};
        for (var place : Adam.Epsilon.values()) {
            var x = Tensor.of(0.0).requiresGrad();
            new Adam(1).withEpsilonPlace(place).over(x).step(Tensor.of(g));
            assertThat(x.item()).as(place.name()).isCloseTo(-expected[place.ordinal()], within(1e-9));
        }
    }

    @Test void adamWDecaysAllWeightsAtOneRate() {
        var x = Tensor.of(1.0, 1).requiresGrad();
        var optimizer = new AdamW(0.1).withWeightDecay(0.5).over(x);
        for (int t = 0; t < 10; t++) optimizer.step(Tensor.of(0.0, 0));
        assertThat(x.toDoubleArray()).containsExactly(new double[] {Math.pow(0.95, 10), Math.pow(0.95, 10)}, within(1e-12));
    }

    @Test void halfWidthParametersAreUpdatedInSinglePrecision() {
        var x = Tensor.full(DType.BF16, 1, 4).copy().requiresGrad();
        var optimizer = new Adam(1e-2).over(x);
        for (int t = 0; t < 3; t++) optimizer.step(Tensor.full(DType.BF16, 0.5, 4));
        assertThat(optimizer.state().tensors().get("0.mean").dtype()).isEqualTo(DType.F32);
        assertThat(x.dtype()).isEqualTo(DType.BF16);
        assertThat(x.detach().to(DType.F64).toDoubleArray()[0]).isCloseTo(0.97, within(0.01));
    }
}
