package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.LongStream;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class LayerNormTest {
    private static Tensor normal(long seed, DType type, long... shape) { return Tensor.randn(Rng.of(seed), type, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    static long[] joined(long[] a, long[] b) { return LongStream.concat(LongStream.of(a), LongStream.of(b)).toArray(); }

    @Acceptance(topic = "layer-norm", clause = 1)
    @Test void outputAndGradientsEqualPyTorchOnFiftyShapes() {
        var cases = Golden.load("golden/layer-norm.json").cases("layer-norm");
        var gap = Gap.relativeBeyondOne();
        for (var c : cases) {
            var twin = new Twin((long) c.number("input.seed"));
            long[] last = c.longs("input.last");
            var norm = twin.fill(switch (c.text("input.kind")) {
                case "both" -> new LayerNorm(c.number("input.eps"), DType.F64, last);
                case "weight" -> new LayerNorm(c.number("input.eps"), DType.F64, false, last);
                default -> LayerNorm.plain(c.number("input.eps"), last);
            });
            var x = twin.draw(joined(c.longs("input.lead"), last)).requiresGrad();
            twin.compare(gap, c, norm.parameters(), List.of(x), List.of(norm.forward(x)));
        }
        Evidence.of("shapes", cases.size(), exactly(50));
        Evidence.of("largest gap of outputs and gradients", gap, below(1e-6));
    }

    @Acceptance(topic = "layer-norm", clause = 2)
    @Test void aRowOfVarianceVLeavesWithVOverVPlusEpsilon() {
        double worstMean = 0, worstVariance = 0, constant = 0;
        int rows = 0;
        for (double epsilon : new double[] {1e-5, 1e-2}) for (int width : new int[] {2, 7, 96, 1000}) {
            var norm = LayerNorm.plain(epsilon, width);
            for (double log = -6; log <= 6; log += 0.5) {
                double[] row = normal(rows, DType.F64, width).toDoubleArray();
                double mean = mean(row), scale = Math.sqrt(Math.pow(10, log) / variance(row));
                // Rows whose variance is v itself, not about v.
                for (int i = 0; i < width; i++) row[i] = (row[i] - mean) * scale + rows % 25 - 12;
                double[] out = norm.forward(Tensor.of(row)).toDoubleArray();
                double v = Math.pow(10, log);
                assertThat(variance(row) / v).isCloseTo(1, within(1e-8));
                worstMean = Math.max(worstMean, Math.abs(mean(out)));
                worstVariance = Math.max(worstVariance, Math.abs(variance(out) - v / (v + epsilon)));
                rows++;
                for (double c : new double[] {0.1, -3, 1e-7, 12345.678, Math.PI * Math.pow(10, log)})
                    constant = Math.max(constant, norm.forward(Tensor.full(DType.F64, c, width)).abs().max().item());
            }
        }
        Evidence.of("rows from variance 1e-6 to 1e6", rows, exactly(8 * 25));
        Evidence.of("largest mean", worstMean, atMost(1e-6));
        Evidence.of("largest distance of the variance from v/(v+eps)", worstVariance, atMost(1e-6));
        Evidence.of("largest output of constant rows", constant, atMost(1e-6));
    }

    private static double mean(double[] x) {
        double sum = 0;
        for (double v : x) sum += v / x.length;
        return sum;
    }

    private static double variance(double[] x) {
        double mean = mean(x), sum = 0;
        for (double v : x) sum += (v - mean) * (v - mean) / x.length;
        return sum;
    }

    @Acceptance(topic = "layer-norm", clause = 3)
    @Test void anExampleHasTheSameBitsAloneAndInABatch() {
        var gap = Gap.absolute();
        Backends.each(() -> {
            for (var type : List.of(DType.F32, DType.F64, DType.BF16)) for (int width : new int[] {1, 7, 64, 257, 1000}) {
                var x = normal(width, type, 17, width);
                var norm = new LayerNorm(1e-5, type, width);
                var all = norm.forward(x);
                for (int i = 0; i < 17; i++)
                    gap.see(type + " of " + width + ", row " + i, norm.forward(x.narrow(0, i, 1).copy()).toDoubleArray(),
                            all.narrow(0, i, 1).toDoubleArray());
            }
        });
        Evidence.of("alone less in the batch", gap, exactly(0));
    }

    @Acceptance(topic = "layer-norm", clause = 4)
    @Test void shiftAndScaleOfARowAreNotSeen() {
        double worst = 0;
        var norm = LayerNorm.plain(1e-12, 64);
        var x = normal(3, DType.F64, 20, 64);
        var unit = x.sub(x.mean(-1, true)).div(x.var(-1, 0, true).sqrt()).add(0.3).compute(); // rows of unit variance
        var expected = norm.forward(unit);
        for (double a : new double[] {0.01, 0.1, 1, 7, 100})
            for (double b : new double[] {-100, -1, 0, 3, 100})
                worst = Math.max(worst, distance(norm.forward(unit.mul(a).add(b)), expected));
        Evidence.of("largest distance over 25 pairs", worst, below(1e-5));
        Evidence.of("what is normalised has a deviation", expected.square().mean().item(), above(0.999));
    }

    @Acceptance(topic = "layer-norm", clause = 5)
    @Test void aMeanOfTenThousandCostsFloatsLittle() {
        var gap = Gap.absolute();
        Backends.each(() -> {
            var x = normal(4, DType.F64, 16, 4096).add(1e4).to(DType.F32).compute();
            double[] got = LayerNorm.plain(1e-5, 4096).forward(x).toDoubleArray(), in = x.toDoubleArray();
            for (int r = 0; r < 16; r++) {
                double m = 0, v = 0, error = 0, size = 0;
                for (int i = 0; i < 4096; i++) m += in[4096 * r + i] / 4096;
                for (int i = 0; i < 4096; i++) v += Math.pow(in[4096 * r + i] - m, 2) / 4096;
                for (int i = 0; i < 4096; i++) {
                    double y = (in[4096 * r + i] - m) / Math.sqrt(v + 1e-5);
                    error += Math.pow(got[4096 * r + i] - y, 2);
                    size += y * y;
                }
                gap.see("row " + r, Math.sqrt(error / size), 0);
            }
        });
        Evidence.of("||error|| / ||output||, worst row", gap, below(1e-2));
    }

    @Test void optionsAndErrors() {
        assertThat(LayerNorm.plain(1e-5, 3).parameters()).isEmpty();
        assertThat(new LayerNorm(1e-5, DType.F32, false, 3).state().keySet()).containsExactly("weight");
        assertThatThrownBy(() -> LayerNorm.plain(1e-5, 3, 5).forward(Tensor.zeros(2, 5, 3)))
                .hasMessage("LayerNorm: input (2, 5, 3) does not end in (3, 5)");
        assertThatThrownBy(() -> LayerNorm.plain(Double.NaN, 3)).hasMessageContaining("epsilon is NaN");
        assertThatThrownBy(() -> LayerNorm.plain(1e-5)).hasMessageContaining("no axis");
    }
}
