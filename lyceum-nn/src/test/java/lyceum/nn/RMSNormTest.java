package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class RMSNormTest {
    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    @Acceptance(topic = "rmsnorm", clause = 1)
    @Test void outputAndGradientsEqualPyTorchOnFiftyShapes() {
        var cases = Golden.load("golden/rmsnorm.json").cases("rmsnorm");
        var gap = Gap.relativeBeyondOne();
        for (var c : cases) {
            var twin = new Twin((long) c.number("input.seed"));
            long[] last = c.longs("input.last");
            var norm = twin.fill(new RMSNorm(1e-3, c.flag("input.weighted") ? RMSNorm.Gain.WEIGHT : RMSNorm.Gain.NONE, 1, DType.F64, last));
            var x = twin.draw(LayerNormTest.joined(c.longs("input.lead"), last)).requiresGrad();
            twin.compare(gap, c, norm.parameters(), List.of(x), List.of(norm.forward(x)));
        }
        Evidence.of("shapes", cases.size(), exactly(50));
        Evidence.of("largest gap of outputs and gradients", gap, below(1e-6));
    }

    @Acceptance(topic = "rmsnorm", clause = 2)
    @Test void theScaleOfARowIsNotSeen() {
        double worst = 0;
        for (var type : List.of(DType.F64, DType.F32)) {
            var norm = new RMSNorm(1e-12, RMSNorm.Gain.NONE, 1, type, 64);
            var x = normal(1, 20, 64).to(type);
            var expected = norm.forward(x);
            for (double c : new double[] {0.1, 0.3, 0.7, 1.5, 9, 33, 100})
                worst = Math.max(worst, distance(norm.forward(x.mul(c)), expected));
            Evidence.of(type + ": mean square", expected.square().mean().item(), above(0.999));
        }
        Evidence.of("largest distance at epsilon 1e-12", worst, below(1e-5));
        var blunt = new RMSNorm(1e-2, RMSNorm.Gain.NONE, 1, DType.F64, 64);
        Evidence.of("at epsilon 0.01 it would be", distance(blunt.forward(normal(1, 20, 64).mul(0.1)), blunt.forward(normal(1, 20, 64))),
                above(0.1));
    }

    @Acceptance(topic = "rmsnorm", clause = 3)
    @Test void onRowsOfMeanZeroItIsLayerNormWithoutAffine() {
        double worst = 0;
        for (int seed = 0; seed < 20; seed++) {
            var x = normal(seed, 7, 5 + 13 * seed).mul(Math.pow(10, seed / 5.0 - 2)).compute();
            var centred = x.sub(x.mean(-1, true)).compute();
            worst = Math.max(worst, distance(new RMSNorm(1e-5, RMSNorm.Gain.NONE, 1, DType.F64, x.size(1)).forward(centred),
                    LayerNorm.plain(1e-5, x.size(1)).forward(centred)));
        }
        Evidence.of("largest distance over 20 widths", worst, below(1e-6));
        var shifted = normal(3, 7, 44).add(1);
        Evidence.of("on shifted rows they differ by", distance(new RMSNorm(1e-5, RMSNorm.Gain.NONE, 1, DType.F64, 44).forward(shifted),
                LayerNorm.plain(1e-5, 44).forward(shifted)), above(0.3));
    }

    @Acceptance(topic = "rmsnorm", clause = 4)
    @Test void bfloatsAreNormalisedInFloats() {
        var gap = Gap.relative();
        Backends.each(() -> {
            for (int width : new int[] {64, 1000, 4096}) for (var gain : RMSNorm.Gain.values()) {
                // rows from far below to far above 1, and gains that are no ones
                var x = normal(width, 16, width).mul(Tensor.arange(16).to(DType.F64).sub(8).mul(0.7).exp().unsqueeze(1)).to(DType.BF16)
                        .compute();
                var norm = new RMSNorm(1e-6, gain, 1, DType.BF16, width);
                var g = new double[width];
                Arrays.fill(g, 1);
                if (gain != RMSNorm.Gain.NONE) {
                    var weight = norm.parameters().get("weight");
                    // as Llama, WEIGHT rounds before it multiplies: powers of two multiply exactly
                    var drawn = normal(width + 1, width);
                    var exact = Tensor.scalar(2.0).pow(drawn.round().minimum(2.0).maximum(-2.0));
                    Autograd.noGrad(() -> weight.copy_((gain == RMSNorm.Gain.WEIGHT ? exact : drawn).to(DType.BF16)));
                    g = weight.toDoubleArray();
                    if (gain == RMSNorm.Gain.ONE_PLUS_WEIGHT) for (int i = 0; i < width; i++) g[i]++;
                }
                double[] in = x.toDoubleArray(), got = norm.forward(x).toDoubleArray();
                for (int r = 0; r < 16; r++) {
                    double square = 0;
                    for (int i = 0; i < width; i++) square += in[r * width + i] * in[r * width + i] / width;
                    for (int i = 0; i < width; i++) {
                        double y = g[i] * in[r * width + i] / Math.sqrt(square + 1e-6);
                        if (Math.abs(y) > 1e-3) gap.see(gain + " of " + width + ", row " + r, got[r * width + i], y);
                    }
                }
            }
        });
        Evidence.of("outputs compared", gap.seen(), atLeast(200000));
        Evidence.of("largest relative distance", gap, below(4e-3));
    }

    @Test void thePartialFormLooksAtTheFirstShare() {
        var norm = new RMSNorm(0, RMSNorm.Gain.WEIGHT, 0.3, DType.F64, 10);
        double[] x = normal(5, 10).toDoubleArray(), y = norm.forward(Tensor.of(x)).toDoubleArray();
        double root = Math.sqrt((x[0] * x[0] + x[1] * x[1] + x[2] * x[2]) / 3);
        for (int i = 0; i < 10; i++) assertThat(y[i]).isCloseTo(x[i] / root, within(1e-14));
        GradientCheck.of(norm, n -> n.forward(normal(6, 4, 10)).pow(3).mean());
        assertThat(new RMSNorm(0, RMSNorm.Gain.NONE, 1e-9, DType.F64, 4).forward(Tensor.of(2.0, 4, 6, 8)).toDoubleArray())
                .containsExactly(1, 2, 3, 4);
    }

    @Test void onePlusTheWeightKeepsTheDigitsOfSmallWeights() {
        var norm = new RMSNorm(1e-6, RMSNorm.Gain.ONE_PLUS_WEIGHT, 1, DType.BF16, 4);
        norm.load(java.util.Map.of("weight", Tensor.full(DType.BF16, 0.00390625 / 2, 4))); // is lost in 1 + weight of BF16
        assertThat(norm.forward(Tensor.of(3.0, -3, 3, -3).to(DType.BF16)).toDoubleArray()[0]).isCloseTo(1, within(0.004));
        GradientCheck.of(new RMSNorm(1e-6, RMSNorm.Gain.ONE_PLUS_WEIGHT, 1, DType.F64, 2, 3),
                n -> n.forward(normal(7, 4, 2, 3)).pow(3).mean());
    }

    @Test void badOptionsAreNamed() {
        assertThatThrownBy(() -> new RMSNorm(1e-6, RMSNorm.Gain.NONE, 0, DType.F32, 4))
                .hasMessage("RMSNorm: share is 0.0; it lies in (0, 1]");
        assertThatThrownBy(() -> new RMSNorm(-1, RMSNorm.Gain.NONE, 1, DType.F32, 4)).hasMessageContaining("epsilon is -1.0");
        assertThatThrownBy(() -> new RMSNorm(4).forward(Tensor.zeros(2, 5))).hasMessage("RMSNorm: input (2, 5) for a width of 4");
        assertThatThrownBy(() -> new RMSNorm(1e-6, RMSNorm.Gain.NONE, 1, DType.F32, 2, 3).forward(Tensor.zeros(3, 2)))
                .hasMessageContaining("(2, 3)");
    }
}
