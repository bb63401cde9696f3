package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ResidualTest {
    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item(); }

    @Acceptance(topic = "residual-connection", clause = 1)
    @Test void theJacobianIsTheIdentityAndTheBranchs() {
        double worst = 0;
        for (int trial = 0; trial < 20; trial++) {
            var branch = new Sequential(new Linear(6, 6, true, DType.F64, Init.normal(0.5), Rng.of(trial)), Activation.TANH);
            double s = 0.1 + 0.2 * trial;
            var x = normal(trial, 1, 6);
            Tensor whole = Autograd.jacobian(new Residual(branch).scaled(s)::forward, x), inner = Autograd.jacobian(branch::forward, x);
            var learned = Autograd.jacobian(new Residual(branch).scaled(s, DType.F64)::forward, x);
            var expected = Tensor.eye(DType.F64, 6).add(inner.reshape(6, 6).mul(s));
            worst = Math.max(worst, Math.max(distance(whole.reshape(6, 6), expected), distance(learned.reshape(6, 6), expected)));
        }
        Evidence.of("largest distance from I + s J", worst, below(1e-6));
    }

    @Acceptance(topic = "residual-connection", clause = 2)
    @Test void aBranchThatBeginsAtZeroPassesTheGradientAsItIs() {
        long differ = 0, compared = 0;
        for (int trial = 0; trial < 20; trial++) {
            var block = new Residual(
                    new Sequential(new Linear(16, 16, Rng.of(trial)), Activation.RELU, new Linear(16, 16, Rng.of(trial + 50))))
                    .scaled(0, DType.F32);
            Tensor x = Tensor.randn(Rng.of(trial), DType.F32, 4, 16).requiresGrad(),
                    g = Tensor.randn(Rng.of(trial + 99), DType.F32, 4, 16).compute();
            block.forward(x).backward(g);
            double[] in = x.grad().toDoubleArray(), out = g.toDoubleArray();
            for (int i = 0; i < in.length; i++) if (Double.doubleToRawLongBits(in[i]) != Double.doubleToRawLongBits(out[i])) differ++;
            compared += in.length;
            assertThat(block.parameters().get("scale").grad().item()).isNotZero();
            // The branch's last layer may be what begins at zero.
            var silent = new Linear(Tensor.zeros(DType.F32, 16, 16), Tensor.zeros(DType.F32, 16));
            Tensor z = Tensor.randn(Rng.of(trial + 7), DType.F32, 4, 16).requiresGrad();
            new Residual(new Sequential(new Linear(16, 16, Rng.of(trial)), Activation.RELU, silent)).forward(z).backward(g);
            double[] passed = z.grad().toDoubleArray();
            for (int i = 0; i < passed.length; i++)
                if (Double.doubleToRawLongBits(passed[i]) != Double.doubleToRawLongBits(out[i])) differ++;
            compared += passed.length;
        }
        Evidence.of("numbers that differ of " + compared, differ, exactly(0));
    }

    @Test void residualsProjectNormaliseAndDrop() {
        var x = normal(1, 50, 4);
        var branch = new Linear(4, 6, true, DType.F64, Init.normal(0.3), Rng.of(1));
        var projection = new Linear(4, 6, false, DType.F64, Init.normal(0.3), Rng.of(2));
        assertThat(distance(new Residual(branch).projected(projection).forward(x), projection.forward(x).add(branch.forward(x)))).isZero();
        var norm = new LayerNorm(1e-5, DType.F64, 4);
        Layer tanh = Activation.TANH;
        assertThat(distance(new Residual(tanh).normalised(norm, Residual.Place.BEFORE).forward(x), x.add(norm.forward(x).tanh()))).isZero();
        assertThat(distance(new Residual(tanh).normalised(norm, Residual.Place.AFTER).forward(x), norm.forward(x.add(x.tanh())))).isZero();
        var dropped = new Residual(tanh).dropped(0.5).forward(x, Pass.training(Rng.of(3))).sub(x);
        int none = 0;
        for (int i = 0; i < 50; i++) {
            double ratio = dropped.get(i).get(0).item() / x.get(i).get(0).tanh().item();
            if (ratio == 0) none++;
            else assertThat(ratio).isCloseTo(2, within(1e-6));
        }
        assertThat(none).isBetween(12, 38);
    }

    @Acceptance(topic = "residual-connection", clause = 3)
    @Tag("slow")
    @Test void sixtyFourLayersLearnDigitsOnlyWithResiduals() {
        int right = 0;
        for (int seed = 1; seed <= 3; seed++) {
            double with = digits(true, seed), without = digits(false, seed);
            Evidence.of("seed " + seed + ": accuracy with residuals that begin at zero", with, above(0.9));
            Evidence.of("seed " + seed + ": accuracy of the plain stack", without, below(0.5));
            right++;
        }
        Evidence.of("seeds", right, exactly(3));
    }

    /** Test accuracy of 64 layers of 32 ReLU units after ten epochs of Adam at 1e-3. */
    private static double digits(boolean residual, int seed) {
        var rng = Rng.of(seed);
        var layers = new ArrayList<Layer>(List.of(new Linear(64, 32, rng)));
        for (int i = 0; i < 64; i++) {
            var layer = new Sequential(new Linear(32, 32, rng), Activation.RELU);
            layers.add(residual ? new Residual(layer).scaled(0, DType.F32) : layer);
        }
        layers.add(new Linear(32, 10, rng));
        var network = new Sequential(layers);
        var parts = Split.random(Datasets.digits().to(DType.F32).scaled(1.0 / 16), Rng.of(7), 0.8, 0.2);
        new Trainer(new Adam(1e-3), 10).withBatchSize(32).fit(network, Loss::crossEntropy, parts.get(0), rng);
        var test = parts.get(1);
        return Autograd.noGrad(() -> network.forward(test.x()).argmax(-1).eq(test.y()).to(DType.F64).mean().item());
    }
}
