package lyceum.tensor;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class TemperatureTest {
    private static final String TOPIC = "softmax-temperature";

    private static double[] logits(Rng rng) {
        var z = new double[2 + rng.nextInt(30)];
        double scale = Math.exp(rng.nextGaussian());
        for (int i = 0; i < z.length; i++) z[i] = scale * rng.nextGaussian();
        return z;
    }

    /** The formula in plain doubles: shares, by the largest quotient. */
    private static double[] plain(double[] z, double t) {
        double top = Arrays.stream(z).max().getAsDouble(), sum = 0;
        var p = new double[z.length];
        for (int i = 0; i < z.length; i++) sum += p[i] = Math.exp((z[i] - top) / t);
        for (int i = 0; i < z.length; i++) p[i] /= sum;
        return p;
    }

    private static double plainEntropy(double[] z, double t) {
        double h = 0;
        for (double p : plain(z, t)) if (p > 0) h -= p * Math.log(p);
        return h;
    }

    private static double entropy(double[] z, double t) { return new Temperature(t).entropy(Tensor.of(z), 0).item(); }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void entropyRisesByTheVarianceOverTheCubeOfTheTemperature() {
        var rng = Rng.of(371);
        var gap = Gap.absolute();
        double fall = 0;
        for (int k = 0; k < 500; k++) {
            var z = logits(rng);
            double t = Math.exp(0.7 * rng.nextGaussian()), h = 1e-5 * t;
            double mean = 0, square = 0;
            var p = plain(z, t);
            for (int i = 0; i < z.length; i++) mean += p[i] * z[i];
            for (int i = 0; i < z.length; i++) square += p[i] * (z[i] - mean) * (z[i] - mean);
            gap.see("vector " + k, (entropy(z, t + h) - entropy(z, t - h)) / (2 * h), square / (t * t * t));
            double last = -1e-12;
            for (double u = 0.01; u < 200; u *= 1.7) {
                double now = entropy(z, u);
                fall = Math.max(fall, last - now);
                last = now;
            }
        }
        Evidence.of("vectors", gap.seen(), exactly(500));
        Evidence.of("largest gap of dH/dT to Var/T^3", gap, below(1e-5));
        Evidence.of("largest fall of the entropy between rising temperatures", fall, below(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void coldIsTheLargestAndHotIsUniform() {
        var rng = Rng.of(372);
        Gap cold = Gap.absolute(), hot = Gap.absolute();
        for (int k = 0; k < 500; k++) {
            var z = logits(rng);
            var largest = new double[z.length];
            int at = 0;
            for (int i = 1; i < z.length; i++) if (z[i] > z[at]) at = i;
            largest[at] = 1;
            var uniform = new double[z.length];
            Arrays.fill(uniform, 1.0 / z.length);
            for (var type : new DType[] {DType.F64, DType.F32}) {
                var x = Tensor.of(z).to(type);
                cold.see("vector " + k, x.softmax(0, 1e-6).toDoubleArray(), largest);
                hot.see("vector " + k, x.softmax(0, 1e6).toDoubleArray(), uniform);
            }
        }
        Evidence.of("largest gap to argmax at 1e-6", cold, atMost(1e-4));
        Evidence.of("largest gap to uniform at 1e6", hot, atMost(1e-4));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theLimitsThemselvesAreExact() {
        var x = Tensor.of(new double[] {2.999, 3, 3, -2, 3, 2.5, Double.NEGATIVE_INFINITY, 3}, 2, 4);
        var cold = x.softmax(1, 0).toDoubleArray();
        assertThat(cold).containsExactly(0, 0.5, 0.5, 0, 0.5, 0, 0, 0.5);
        var hot = x.softmax(1, Double.POSITIVE_INFINITY).toDoubleArray();
        assertThat(hot).as("what is masked stays masked")
                .containsExactly(new double[] {0.25, 0.25, 0.25, 0.25, 1 / 3.0, 1 / 3.0, 0, 1 / 3.0}, within(1e-15));
        Evidence.of("share of each of two largest at 0", cold[1], exactly(0.5));
        Evidence.of("share of each of four at infinity", hot[3], exactly(0.25));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void itIsTheSoftmaxOfTheQuotientBitForBitAndEqualsSciPy() {
        Gap direct = Gap.absolute(), divided = Gap.absolute();
        for (var c : Golden.load("golden/softmax-temperature.json").list("cases")) {
            double scale = c.number("input.scale"), t = c.number("input.temperature");
            var z = Arrays.stream(new Recipe(c.integer("input.seed")).bells(c.integer("input.n"))).map(v -> scale * v).toArray();
            direct.see(c, "expected.shares", Tensor.of(z).softmax(0, t).toDoubleArray());
            divided.see(c, "expected.shares", Tensor.of(z).div(t).softmax(0, 1).toDoubleArray());
        }
        int differing = 0, compared = 0;
        var rng = Rng.of(373);
        for (int k = 0; k < 500; k++) {
            double t = Math.exp(3 * rng.nextGaussian());
            for (var type : new DType[] {DType.F64, DType.F32, DType.BF16, DType.F16}) {
                var x = Tensor.of(logits(rng)).to(type).compute();
                double[] a = x.softmax(0, t).toDoubleArray(), b = x.div(t).softmax(0, 1).toDoubleArray();
                compared += a.length;
                for (int i = 0; i < a.length; i++) if (Double.doubleToLongBits(a[i]) != Double.doubleToLongBits(b[i])) differing++;
            }
        }
        Evidence.of("shares compared with SciPy's", direct.seen(), exactly(7 * 71));
        Evidence.of("largest gap of softmax(z, T) to SciPy", direct, below(1e-12));
        Evidence.of("largest gap of softmax(z / T, 1) to SciPy", divided, below(1e-12));
        Evidence.of("shares compared bit for bit", compared, above(20_000));
        Evidence.of("shares that differ in a bit", differing, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void sharesAreThePowerOfThoseAtOne() {
        var gap = Gap.absolute();
        var rng = Rng.of(374);
        for (int k = 0; k < 500; k++) {
            var z = logits(rng);
            double t = Math.exp(0.5 * rng.nextGaussian());
            var p = plain(z, 1);
            double sum = 0;
            for (int i = 0; i < p.length; i++) sum += p[i] = Math.pow(p[i], 1 / t);
            for (int i = 0; i < p.length; i++) p[i] /= sum;
            gap.see("vector " + k, Tensor.of(z).softmax(0, t).toDoubleArray(), p);
        }
        Evidence.of("largest gap to the normalised power", gap, below(1e-6));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void theSolverReachesTheEntropyThatIsWished() {
        Gap nats = Gap.absolute(), outcomes = Gap.relative();
        var rng = Rng.of(375);
        for (int k = 0; k < 500; k++) {
            var z = logits(rng);
            double wished = (0.001 + 0.998 * rng.nextDouble()) * Math.log(z.length);
            var t = Temperature.forEntropy(Tensor.of(z), wished);
            nats.see("vector " + k, plainEntropy(z, t.value()), wished);
            double perplexity = Math.exp(wished);
            outcomes.see("vector " + k, Math.exp(plainEntropy(z, Temperature.forPerplexity(Tensor.of(z), perplexity).value())), perplexity);
        }
        Evidence.of("vectors", nats.seen(), exactly(500));
        Evidence.of("largest gap to the entropy", nats, below(1e-6));
        Evidence.of("largest relative gap to the perplexity", outcomes, below(1e-6));
        var tied = Tensor.of(new double[] {2, 2, 1, Double.NEGATIVE_INFINITY});
        assertThat(Temperature.forEntropy(tied, Math.log(2)).value()).isZero();
        assertThat(Temperature.forEntropy(tied, Math.log(3)).value()).isInfinite();
        assertThatThrownBy(() -> Temperature.forEntropy(tied, 0.5)).hasMessageContaining("0.5 nats; these 3 logits reach 0.69");
        assertThatThrownBy(() -> Temperature.forEntropy(Tensor.of(0.0, Double.NaN), 0.5)).hasMessageContaining("NaN");
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void samplesFollowTheShares() {
        var z = new double[] {2, 1.5, 1, 0.5, 0, -0.5, -1, -2, 1.2, 0.1};
        int n = 50_000;
        var counts = new int[z.length];
        for (int token : new Temperature(0.7).sample(Tensor.of(z), n, Rng.of(376))) counts[token]++;
        var p = plain(z, 0.7);
        double chiSquare = 0;
        for (int i = 0; i < z.length; i++) chiSquare += Math.pow(counts[i] - n * p[i], 2) / (n * p[i]);
        Evidence.of("fewest expected of one token", n * Arrays.stream(p).min().getAsDouble(), atLeast(5));
        Evidence.of("p of chi-square of 50,000 samples", Incomplete.regularisedGammaQ((z.length - 1) / 2.0, chiSquare / 2), above(0.01));
        assertThat(new Temperature(0).sample(Tensor.of(1.0, 4.0, 2.0), 50, Rng.of(1))).containsOnly(1);
    }

    @Test void smallTemperaturesOfLargeLogitsInHalfPrecisionDoNotOverflow() {
        for (var type : new DType[] {DType.F16, DType.BF16, DType.F32}) {
            var x = Tensor.of(new double[] {20, 19, -20, Double.NEGATIVE_INFINITY}).to(type);
            assertThat(x.softmax(0, 1e-4).toDoubleArray()).containsExactly(1, 0, 0, 0);
            assertThat(x.neg().narrow(0, 0, 3).softmax(0, 1e-4).toDoubleArray()).containsExactly(0, 0, 1);
        }
        assertThat(Tensor.of(3e300, 1e300).softmax(0, 1e-100).toDoubleArray()).containsExactly(1, 0);
        var masked = Tensor.full(DType.F32, Double.NEGATIVE_INFINITY, 3);
        for (double t : new double[] {0, 0.5, 2, Double.POSITIVE_INFINITY})
            assertThat(masked.softmax(0, t).toDoubleArray()).containsOnly(0);
        assertThat(Tensor.of(1, Double.NaN).softmax(0, 0).isNaN().any().item()).isEqualTo(1);
        assertThatThrownBy(() -> masked.softmax(0, -1)).hasMessageContaining("temperature is -1.0");
    }

    @Test void gradientsAreThoseOfTheQuotient() {
        var x = Tensor.of(1.0, -2.0, 0.3);
        var g = Tensor.of(0.2, 0.5, -1.0);
        for (double t : new double[] {0.4, 3}) {
            var p = Tensor.of(plain(x.toDoubleArray(), t));
            var expected = p.mul(g.sub(p.mul(g).sum())).div(t);
            var actual = Autograd.grad(z -> z.softmax(0, t).mul(g).sum()).apply(x);
            assertThat(actual.sub(expected).abs().max().item()).isLessThan(1e-14);
        }
    }
}
