package lyceum.optim;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class SamTest {

    @Test
    @Acceptance(topic = "sam", clause = 1) void onAQuadraticPerturbationAndStepAreTheFormulas() {
        var rng = Rng.of(598);
        Gap perturbation = Gap.absolute(), step = Gap.absolute(), gaps = Gap.absolute();
        for (int draw = 0; draw < 50; draw++) {
            int n = 1 + rng.nextInt(12);
            double rho = Math.exp(rng.nextGaussian() - 1), eta = 0.1 * rng.nextDouble();
            var curvature = new double[n];
            for (int i = 0; i < n; i++) curvature[i] = Math.exp(rng.nextGaussian());
            var h = TestProblems.Quadratic.of(curvature, new double[n], rng).hessian();
            double[] w = Tensor.randn(rng, DType.F64, n).toDoubleArray(), g = times(h, w), e = scaled(g, rho / Vectors.norm(g)),
                    uphill = w.clone();
            Vectors.addScaled(uphill, 1, e);
            var x = Tensor.of(w.clone()).requiresGrad();
            var matrix = Tensor.of(h);
            var passes = new double[2][];
            int[] pass = {0};
            var seen = new Sam(new Sgd(eta).over(x), rho).step(() -> {
                passes[pass[0]++] = x.toDoubleArray();
                return x.matmul(matrix.matmul(x)).div(2);
            });
            var moved = passes[1].clone();
            Vectors.addScaled(moved, -1, passes[0]);
            perturbation.see("draw " + draw, moved, e);
            var next = w.clone();
            Vectors.addScaled(next, -eta, times(h, uphill));
            step.see("draw " + draw, x.toDoubleArray(), next);
            gaps.see("draw " + draw, seen.gap(), Vectors.dot(uphill, times(h, uphill)) / 2 - Vectors.dot(w, g) / 2);
            assertThat(pass[0]).isEqualTo(2);
        }
        Evidence.of("perturbation's largest gap to rho g / |g|", perturbation, below(1e-9));
        Evidence.of("the step's largest gap to the formula", step, below(1e-9));
        Evidence.of("the sharpness gap's largest gap to the formula", gaps, below(1e-9));
    }

    private static double[] times(double[][] h, double[] w) {
        var product = new double[w.length];
        for (int i = 0; i < w.length; i++) product[i] = Vectors.dot(h[i], w);
        return product;
    }

    private static double[] scaled(double[] x, double factor) { return DoubleStream.of(x).map(v -> v * factor).toArray(); }

    /** The network of golden/sam.json. */
    private record Net(List<Tensor> parameters, Supplier<Tensor> loss) {
        static Net of() {
            var r = new Recipe(8120);
            Tensor x = Tensor.of(r.matrix(40, 4)), y = Tensor.of(r.matrix(40, 2));
            var w1 = Tensor.of(r.matrix(4, 8)).mul(0.5).compute().requiresGrad();
            var b1 = Tensor.of(r.bells(8)).mul(0.1).compute().requiresGrad();
            var w2 = Tensor.of(r.matrix(8, 2)).mul(0.5).compute().requiresGrad();
            var b2 = Tensor.of(r.bells(2)).mul(0.1).compute().requiresGrad();
            return new Net(List.of(w1, b1, w2, b2), () -> x.matmul(w1).add(b1).tanh().matmul(w2).add(b2).sub(y).square().mean());
        }

        double[] values() { return parameters.stream().flatMapToDouble(p -> DoubleStream.of(p.flatten().toDoubleArray())).toArray(); }
    }

    @Test
    @Acceptance(topic = "sam", clause = 2) void fiftyStepsOfANetworkEqualTorch() {
        Gap gap = Gap.absolute(), gaps = Gap.absolute();
        for (var c : Golden.load("golden/sam.json").list("cases")) {
            var net = Net.of();
            var sam = new Sam(new Sgd(0.1).withMomentum(0.9).over(net.parameters), c.number("input.rho")).every(c.integer("input.every"));
            if (c.flag("input.adaptive")) sam.adaptive(0.01);
            double[] expected = c.doubles("expected.gaps");
            int looked = 0;
            for (int t = 1; t <= 50; t++) {
                var seen = sam.step(net.loss);
                if (!Double.isNaN(seen.perturbed())) gaps.see("step " + t, seen.gap(), expected[looked++]);
                if (c.has("expected.steps." + t)) gap.see(c, "expected.steps." + t, net.values());
            }
            assertThat(looked).isEqualTo(expected.length);
            assertThat(sam.evaluations()).isEqualTo(50 + looked);
        }
        Evidence.of("numbers compared", gap.seen(), exactly(4 * 4 * 58));
        Evidence.of("largest gap to torch", gap, below(1e-6));
        Evidence.of("largest gap of the sharpness gaps", gaps, below(1e-6));
    }

    /** A wide bowl with its bottom at 1.5, and on its slope a narrow notch at 0. */
    private static Tensor basins(Tensor w) { return w.sub(1.5).square().div(2).sub(w.div(0.04).square().div(-2).exp().mul(0.3)).sum(); }

    /**
     * With momentum SAM reaches the bowl's bottom. Without it comes to rest a radius from the notch, where the point uphill stands in the notch's
     * far wall: in the wide basin, since plain descent goes on to its bottom from there.
     */
    @Test
    @Acceptance(topic = "sam", clause = 3) void fromOneStartSgdEndsInTheSharpBasinAndSamInTheWideOne() {
        double farthestSgd = 0, farthestSam = 0, farthestAfter = 0;
        for (double start : new double[] {-0.04, -0.02, 0, 0.02, 0.04}) {
            farthestSgd = Math.max(farthestSgd, Math.abs(walk(start, 0.9, 0)));
            farthestSam = Math.max(farthestSam, Math.abs(walk(start, 0.9, 0.3) - 1.5));
            farthestSgd = Math.max(farthestSgd, Math.abs(walk(start, 0, 0)));
            double rest = walk(start, 0, 0.3);
            assertThat(rest).isBetween(0.3, 0.32);
            farthestAfter = Math.max(farthestAfter, Math.abs(walk(rest, 0, 0) - 1.5));
        }
        Evidence.of("curvature of the notch over the bowl's", bend(0) / bend(1.5), above(100));
        Evidence.of("where SGD ends, from the notch", farthestSgd, below(0.04));
        Evidence.of("where SAM ends with momentum, from the bowl's bottom", farthestSam, below(0.04));
        Evidence.of("where plain descent goes from SAM's end without momentum, from the bowl's bottom", farthestAfter, below(0.04));
    }

    /** Where 2,000 steps end. */
    private static double walk(double start, double momentum, double rho) {
        var w = Tensor.of(start).requiresGrad();
        var sam = new Sam(new Sgd(0.004).withMomentum(momentum).over(w), rho).every(rho == 0 ? Integer.MAX_VALUE : 1);
        for (int t = 0; t < 2_000; t++) sam.step(() -> basins(w));
        return w.item();
    }

    private static double bend(double w) {
        double h = 1e-4;
        return (basins(Tensor.of(w + h)).item() - 2 * basins(Tensor.of(w)).item() + basins(Tensor.of(w - h)).item()) / (h * h);
    }

    @Test void parametersComeBackBitForBitWhateverHappens() {
        var net = Net.of();
        var before = net.values();
        var sam = new Sam(new Sgd(0).over(net.parameters), 0.3);
        sam.step(net.loss);
        assertThat(net.values()).isEqualTo(before);
        assertThatThrownBy(() -> sam.step(net.loss, () -> { throw new IllegalStateException("no second pass"); }))
                .hasMessage("no second pass");
        assertThat(net.values()).isEqualTo(before);
        assertThatThrownBy(() -> new Sam(sam.optimizer(), -1)).hasMessageContaining("rho is -1.0");
        var flat = Tensor.of(0.0).requiresGrad();
        assertThat(new Sam(new Sgd(1).over(flat), 1).step(() -> flat.square().sum()).gap()).isZero();
    }
}
