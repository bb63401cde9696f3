package lyceum.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.loss.Loss;
import lyceum.optim.Sgd;
import lyceum.random.Rng;
import lyceum.tensor.Index;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ReluTest {
    private static final Golden GOLDEN = Golden.load("golden/relu.json");

    @Test
    @Acceptance(topic = "relu", clause = 1) void valueAndGradientEqualTorchExactly() {
        var cases = new AtomicInteger();
        Backends.each(() -> {
            for (var type : new DType[] {DType.F32, DType.F64}) {
                var name = type == DType.F32 ? " float32" : " float64";
                TorchCase.check(GOLDEN.named("relu" + name), type, Activation.RELU, 0);
                TorchCase.check(GOLDEN.named("leakyRelu 0.01" + name), type, Activation.LEAKY_RELU, 0);
                TorchCase.check(GOLDEN.named("leakyRelu 0.2" + name), type, Activation.leakyRelu(0.2), 0);
                cases.addAndGet(4);
                TorchCase.check(GOLDEN.named("relu6" + name), type, Activation.RELU6, Double.MIN_VALUE); // up to the sign of zero
            }
        });
        Evidence.of("cases equal in every bit, over the backends", cases.get(), atLeast(8));
    }

    @Test void relativesEqualTorchOnFiniteInputs() {
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var name = type == DType.F32 ? " float32" : " float64";
            double bound = type == DType.F32 ? 6e-7 : 2e-15;
            finite(GOLDEN.named("elu" + name), type, Activation.ELU, bound);
            finite(GOLDEN.named("gelu" + name), type, Activation.GELU, bound);
            finite(GOLDEN.named("geluTanh" + name), type, Activation.GELU_TANH, bound);
            finite(GOLDEN.named("softplus" + name), type, Activation.SOFTPLUS, bound);
            finite(GOLDEN.named("mish" + name), type, Activation.MISH, bound);
            finite(GOLDEN.named("selu" + name), type, Activation.SELU, bound);
            finite(GOLDEN.named("hardswish" + name), type, Activation.HARD_SWISH, bound);
        }
    }

    /** tools/golden/core_kinks.py: at and about the limits. */
    @Test void slopesAtKinksEqualTorch() {
        var cases = Golden.load("golden/kinks.json").list("cases");
        assertThat(cases).hasSize(6);
        for (var golden : cases) {
            var x = Tensor.of(golden.doubles("input.x"));
            var activation = Activation.valueOf(golden.text("name"));
            TorchCase.equal(golden.text("name"), activation.derivative(x), golden.doubles("expected.slope"), 1e-8); // torch has 1/6 in F32
            var forward = Autograd.jvp(activation::apply, x, x.onesLike());
            TorchCase.equal(golden.text("name") + ", forward", forward, golden.doubles("expected.slope"), 1e-8);
        }
    }

    private static void finite(Golden golden, DType type, Activation activation, double bound) {
        double[] x = golden.doubles("input.x"), y = golden.doubles("expected.y"), slope = golden.doubles("expected.gradient");
        int n = 0;
        for (int i = 0; i < x.length; i++) {
            if (!(Math.abs(x[i]) < 1e3)) continue;
            x[n] = x[i];
            y[n] = y[i];
            slope[n++] = slope[i];
        }
        var input = Tensor.of(Arrays.copyOf(x, n)).to(type);
        TorchCase.equal(golden.text("name") + ": value", activation.apply(input), Arrays.copyOf(y, n), bound);
        TorchCase.equal(golden.text("name") + ": gradient", activation.derivative(input), Arrays.copyOf(slope, n), bound);
    }

    @Test void learnedSlopesEqualTorch() {
        var golden = GOLDEN.named("prelu");
        var recipe = new Recipe(golden.integer("input.seed"));
        var x = Tensor.of(recipe.matrix(4, 3)).requiresGrad();
        var upstream = Tensor.of(recipe.matrix(4, 3));
        var layer = new PRelu(Tensor.of(golden.doubles("input.weight")));
        var y = layer.forward(x);
        y.backward(upstream);
        TorchCase.equal("value", y, golden.flat("expected.y"), 1e-15);
        TorchCase.equal("gradient of x", x.grad(), golden.flat("expected.gradient"), 1e-15);
        TorchCase.equal("gradient of the slopes", layer.parameters().get("weight").grad(), golden.doubles("expected.weightGradient"),
                1e-15);
    }

    /** For c at least 0: at negative c it cannot hold. The scale is a power of two or the product is rounded alike on both sides. */
    @Test
    @Acceptance(topic = "relu", clause = 2) void isPositivelyHomogeneousAndSplitsItsArgument() {
        Gap scaled = Gap.absolute(), split = Gap.absolute();
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var x = Tensor.randn(Rng.of(2), type, 5000).mul(10);
            for (double c : new double[] {0, 1, 0.25, 3, 0.1, 1e-3, 12345.678}) {
                scaled.see(type + ", c = " + c, x.mul(c).relu().toDoubleArray(), x.relu().mul(c).toDoubleArray());
            }
            split.see(type.toString(), x.relu().sub(x.neg().relu()).toDoubleArray(), x.toDoubleArray());
        }
        for (double x : new double[] {-2.5, -0.1, 0, 0.1, 7}) {
            scaled.see("x = " + x, Activation.relu(0.1 * x), 0.1 * Activation.relu(x));
            split.see("x = " + x, Activation.relu(x) - Activation.relu(-x), x);
        }
        Evidence.of("relu(c x) less c relu(x)", scaled, exactly(0));
        Evidence.of("relu(x) - relu(-x) less x", split, exactly(0));
    }

    @Test
    @Acceptance(topic = "relu", clause = 3) void halvesSymmetricInputs() {
        var x = Tensor.randn(Rng.of(3), DType.F64, 4000, 100);
        var report = ActivationReport.of(Activation.RELU, List.of(x.narrow(0, 0, 1500), x.narrow(0, 1500, 2500))).layers().getFirst();
        Evidence.of("share of active units", report.active(), equalTo(0.5, 0.01));
        double moment = report.mean() * report.mean() + report.deviation() * report.deviation();
        Evidence.of("second moment over that of the inputs", moment / x.square().mean().item(), equalTo(0.5, 0.01));
    }

    @Test void aNetworkThatGivesNanIsNotCalledDead() {
        var network = withDeadUnits(new int[] {2}, Rng.of(1));
        Autograd.noGrad(() -> ((Linear) network.layers().getFirst()).bias().set_(Double.NaN, Index.at(5)));
        assertThatThrownBy(() -> DeadUnits.find(network, List.of(Tensor.randn(Rng.of(2), DType.F64, 10, 8))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("activation 0 is NaN at unit 5");
    }

    /** 100 units on standard normal rows; 30 get a bias so low that no row reaches them. */
    private static Sequential withDeadUnits(int[] dead, Rng rng) {
        var first = new Linear(8, 100, true, DType.F64, Init.heNormal(), rng);
        var network = new Sequential(first, Activation.RELU, new Linear(100, 3, true, DType.F64, Init.heNormal(), rng));
        Autograd.noGrad(() -> { for (int unit : dead) first.bias().set_(-1000, Index.at(unit)); });
        return network;
    }

    @Test
    @Acceptance(topic = "relu", clause = 4) void findsExactlyThePlantedDeadUnits() {
        var rng = Rng.of(4);
        int[] planted = rng.sample(100, 30);
        Arrays.sort(planted);
        var x = Tensor.randn(rng, DType.F64, 1000, 8);
        var network = withDeadUnits(planted, rng);
        var batches = List.of(x.narrow(0, 0, 300), x.narrow(0, 300, 700));
        var dead = DeadUnits.find(network, batches);
        assertThat(dead.layers()).hasSize(1);
        // What else the layer's report says, of all rows at once.
        var linear = (Linear) network.layers().getFirst();
        var before = x.matmul(linear.weight().detach().transpose()).add(linear.bias().detach());
        Tensor after = before.relu(), fires = before.gt(0).to(DType.F64);
        double mean = after.mean().item(), active = fires.mean().item();
        var report = ActivationReport.of(network, batches);
        var layer = report.layers().getFirst();
        Evidence.of("report against its definitions",
                Gap.absolute().see("mean", layer.mean(), mean)
                        .see("deviation", layer.deviation(), after.sub(mean).square().mean().sqrt().item())
                        .see("active", layer.active(), active).see("flat", layer.saturated(), 1 - active).see("rows", layer.rows(), 1000)
                        .see("fired", Arrays.stream(layer.fired()).asDoubleStream().toArray(), fires.sum(0).toDoubleArray())
                        .see("dead", report.deadShare(), 0.3),
                below(1e-12));
        Evidence.that("the units found are the 30 planted", Arrays.equals(dead.layers().getFirst(), planted));
        assertThat(dead.share()).isEqualTo(0.3);
        Evidence.of("found", dead.count(), exactly(30));
    }

    @Test void revivedUnitsFireAgainAndTheNetworkComputesTheSame() {
        var rng = Rng.of(5);
        int[] planted = rng.sample(100, 30);
        var network = withDeadUnits(planted, rng);
        var x = Tensor.randn(rng, DType.F64, 1000, 8);
        double[] before = network.forward(x).toDoubleArray();
        var leaking = DeadUnits.leaking(network, 0.01);
        var dead = DeadUnits.find(network, List.of(x));
        dead.reinitialise(network, Init.heNormal(), rng);
        assertThat(DeadUnits.find(network, List.of(x)).count()).isZero();
        assertThat(network.forward(x).toDoubleArray()).containsExactly(before, within(1e-12));
        assertThat(leaking.layers().get(1)).isEqualTo(Activation.leakyRelu(0.01));
        assertThat(leaking.parameters().get("0.weight")).isSameAs(network.parameters().get("0.weight"));
    }

    /**
     * Digits, one hidden layer of 64: 100 steps of plain SGD at 2, ten times a rate that works, then 500 at 0.2. A unit is dead if it fires for no digit; most
     * leaky ones are at such a rate too, but their slope is never 0, and the network comes back. The bounds were set on 40 networks of seeds from 2000 on.
     */
    @Test
    @Tag("slow")
    @Acceptance(topic = "relu", clause = 5) void tooHighARateKillsUnitsAndOnlyLeakyNetworksComeBack() {
        var data = Datasets.digits().flat();
        var digits = data.withX(data.x().to(DType.F32).div(16).compute());
        int networks = 20;
        double died = 1, stillDead = 1, plainMean = 0, leakyMean = 0;
        for (int seed = 3000; seed < 3000 + networks; seed++) {
            Sequential plain = hidden(Activation.RELU, seed), leaky = hidden(Activation.LEAKY_RELU, seed);
            train(plain, digits, 2, 100, seed);
            train(leaky, digits, 2, 100, seed);
            died = Math.min(died, DeadUnits.find(plain, List.of(digits.x())).share());
            train(plain, digits, 0.2, 500, 100 + seed);
            train(leaky, digits, 0.2, 500, 100 + seed);
            stillDead = Math.min(stillDead, DeadUnits.find(plain, List.of(digits.x())).share());
            plainMean += accuracy(plain, digits) / networks;
            leakyMean += accuracy(leaky, digits) / networks;
        }
        Evidence.of("least share that dies with ReLU, of 20 networks", died, atLeast(0.3));
        Evidence.of("least share still dead after 500 steps at 0.2", stillDead, atLeast(0.3));
        Evidence.of("mean accuracy with leaky ReLU then", leakyMean, atLeast(0.85));
        Evidence.of("by how much that exceeds ReLU's", leakyMean - plainMean, atLeast(0.2));
    }

    private static Sequential hidden(Activation activation, int seed) {
        var rng = Rng.of(seed);
        return new Sequential(new Linear(64, 64, true, DType.F32, Init.heUniform(), rng), activation,
                new Linear(64, 10, true, DType.F32, Init.heUniform(), rng));
    }

    private static void train(Sequential network, Dataset data, double rate, int steps, int seed) {
        var rng = Rng.of(1000 + seed);
        var optimizer = new Sgd(rate).over(network.parameters());
        for (int step = 0; step < steps; step++) {
            var batch = data.rows(rng.sample(data.size(), 64));
            optimizer.zeroGrad();
            Loss.crossEntropy(network.forward(batch.x()), batch.y()).backward();
            optimizer.step();
        }
    }

    private static double accuracy(Sequential network, Dataset data) {
        return network.forward(data.x()).argmax(1).eq(data.y()).to(DType.F64).mean().item();
    }

    /** A layer's sum and activation, in the kernel or right behind it, have the bits of the steps computed one by one; so have the gradients. */
    @Test
    @Acceptance(topic = "relu", clause = 6) void fusedIntoLinearAndConvolutionalLayersItHasTheSameBits() {
        var gap = Gap.absolute();
        Backends.each(() -> {
            fusedIntoALinearLayerItHasTheSameBits(gap);
            fusedIntoAConvolutionItHasTheSameBits(gap);
        });
        Evidence.of("fused less unfused", gap, exactly(0));
    }

    private static void fusedIntoAConvolutionItHasTheSameBits(Gap gap) {
        var rng = Rng.of(7);
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var layer = new Conv2d(5, 12, new int[] {3}, new Convolution().withPadding(1).withStride(2), true, type, null, rng);
            var x = Tensor.randn(rng, type, 2, 5, 19, 14);
            Tensor w = layer.weight().detach().copy().requiresGrad(), b = layer.bias().detach().copy().requiresGrad();
            sameBits(gap, "convolution, " + type, layer.then(Activation.RELU), x,
                    leaf -> leaf.conv(w, null, layer.how()).compute().add(b.reshape(12, 1, 1)).compute().relu().compute(), w, b, rng);
        }
    }

    /** Values, and the gradients of the rows, the weight and the bias. */
    private static void sameBits(Gap gap, String what, Sequential fused, Tensor x, UnaryOperator<Tensor> steps, Tensor weight, Tensor bias,
            Rng rng) {
        Tensor one = x.detach().copy().requiresGrad(), other = x.detach().copy().requiresGrad(), y = fused.forward(one),
                expected = steps.apply(other);
        gap.see(what, y.toDoubleArray(), expected.toDoubleArray());
        var upstream = Tensor.randn(rng, x.dtype(), y.shape().toArray()).compute();
        y.backward(upstream);
        expected.backward(upstream);
        var gradients = fused.parameters().values().stream().map(Tensor::grad).toList();
        gap.see(what + ": gradient of the rows", one.grad().toDoubleArray(), other.grad().toDoubleArray());
        gap.see(what + ": gradient of the weight", gradients.get(0).toDoubleArray(), weight.grad().toDoubleArray());
        gap.see(what + ": gradient of the bias", gradients.get(1).toDoubleArray(), bias.grad().toDoubleArray());
    }

    private static void fusedIntoALinearLayerItHasTheSameBits(Gap gap) {
        var rng = Rng.of(6);
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var layer = new Linear(37, 29, true, type, Init.heUniform(), rng);
            var x = Tensor.randn(rng, type, 53, 37);
            Tensor w = layer.weight().detach().copy().requiresGrad(), b = layer.bias().detach().copy().requiresGrad();
            sameBits(gap, "linear, " + type, layer.then(Activation.RELU), x,
                    leaf -> leaf.matmul(w.transpose()).compute().add(b).compute().relu().compute(), w, b, rng);
        }
    }

    @Test void afterALinearLayerEqualsTorch() {
        var golden = GOLDEN.named("relu of linear float32");
        var recipe = new Recipe(golden.integer("input.seed"));
        var x = Tensor.of(recipe.matrix(5, 4)).to(DType.F32).requiresGrad();
        var layer = new Linear(Tensor.of(recipe.matrix(3, 4)).to(DType.F32), Tensor.of(recipe.bells(3)).to(DType.F32));
        var upstream = Tensor.of(recipe.matrix(5, 3)).to(DType.F32);
        var y = layer.forward(x).relu();
        y.backward(upstream);
        TorchCase.equal("value", y, golden.flat("expected.y"), 2e-7);
        TorchCase.equal("gradient of x", x.grad(), golden.flat("expected.xGradient"), 4e-7);
        TorchCase.equal("gradient of the weight", layer.weight().grad(), golden.flat("expected.weightGradient"), 4e-7);
        TorchCase.equal("gradient of the bias", layer.bias().grad(), golden.doubles("expected.biasGradient"), 4e-7);
    }
}
