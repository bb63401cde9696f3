package lyceum.tensor;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.NumberFormat.Errors;
import lyceum.tensor.NumberFormat.Overflow;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class NumberFormatTest {
    private static final String TOPIC = "number-formats";
    private static final Golden GOLDEN = Golden.load("golden/number-formats.json");
    private static final List<NumberFormat> IN_TORCH = List.of(NumberFormat.BF16, NumberFormat.FP16, NumberFormat.E4M3, NumberFormat.E5M2);

    private static String digest(ByteBuffer bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** As the golden script writes codes: two bytes each, NaN as 0xFFFF. */
    private static String codesDigest(NumberFormat format, float[] x) {
        var bytes = ByteBuffer.allocate(2 * x.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float v : x) {
            int code = format.encode(v);
            bytes.putShort((short) (Double.isNaN(format.decode(code)) ? 0xFFFF : code));
        }
        return digest(bytes);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void everyCodeDecodesToTorchsValueAndBackToItself() {
        int equal = 0, codes = 0, changed = 0;
        for (var format : IN_TORCH) {
            var bytes = ByteBuffer.allocate(4 * format.codes()).order(ByteOrder.LITTLE_ENDIAN);
            for (int code = 0; code < format.codes(); code++) {
                double value = format.decode(code);
                bytes.putFloat(Double.isNaN(value) ? Float.intBitsToFloat(0x7FC00000) : (float) value);
                int again = format.encode(value);
                if (Double.isNaN(value) ? !Double.isNaN(format.decode(again)) : again != code) changed++;
                codes++;
            }
            if (digest(bytes).equals(GOLDEN.named(format.name()).text("expected.valuesHash"))) equal++;
        }
        var small = Gap.absolute();
        for (var format : List.of(NumberFormat.E4M3, NumberFormat.E5M2)) {
            var values = new double[256];
            for (int code = 0; code < 256; code++) values[code] = format.decode(code);
            small.see(GOLDEN.named(format.name()), "expected.values", values);
        }
        Evidence.of("codes", codes, exactly(2 * 65_536 + 2 * 256));
        Evidence.of("formats whose values have the digest of torch's", equal, exactly(4));
        Evidence.of("largest gap of an fp8 value", small, exactly(0));
        Evidence.of("codes that do not come back", changed, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void aMillionFloatsAndAllMidpointsEncodeAsTorchDoes() {
        var x = new float[GOLDEN.named("bf16").integer("input.count")];
        var r = new Recipe(GOLDEN.named("bf16").integer("input.seed"));
        for (int i = 0; i < x.length; i++) {
            long w = r.next();
            int word = (int) (w >>> 32);
            if (i % 2 == 1) word = word & 0x807FFFFF | (int) (99 + (w & 0xFFFFFFFFL) % 46) << 23;
            x[i] = Float.intBitsToFloat(word);
        }
        int random = 0, middle = 0, points = 0;
        for (var format : IN_TORCH) {
            var expected = GOLDEN.named(format.name());
            if (codesDigest(format, x).equals(expected.text("expected.randomHash"))) random++;
            var midpoints = midpoints(format);
            assertThat(midpoints.length).isEqualTo(3 * expected.integer("expected.midpoints"));
            if (codesDigest(format, midpoints).equals(expected.text("expected.midpointsHash"))) middle++;
            points += midpoints.length;
            int[] specials = expected.ints("expected.specials");
            double[] given = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN, -0.0};
            for (int i = 0; i < 4; i++) {
                int code = format.encode(given[i]);
                assertThat(Double.isNaN(format.decode(code)) ? 0xFFFF : code).as(format + " of " + given[i]).isEqualTo(specials[i]);
            }
        }
        Evidence.of("random floats", x.length, exactly(1_000_000));
        Evidence.of("midpoints and their neighbours", points, above(300_000));
        Evidence.of("formats whose codes of random floats have the digest of torch's", random, exactly(4));
        Evidence.of("formats whose codes of midpoints have the digest of torch's", middle, exactly(4));
    }

    /** Between all neighbours, at the edge to overflow, and the floats above and below each. */
    private static float[] midpoints(NumberFormat format) {
        double[] grid = format.values();
        int n = grid.length;
        var points = new float[3 * (n + 1)];
        for (int i = 0; i < n + 1; i++) {
            double beyond = grid[n - 1] + (grid[n - 1] - grid[n - 2]) / 2;
            float middle = (float) (i < n - 1 ? (grid[i] + grid[i + 1]) / 2 : i == n - 1 ? beyond : -beyond);
            points[i] = middle;
            points[n + 1 + i] = Math.nextUp(middle);
            points[2 * (n + 1) + i] = Math.nextDown(middle);
        }
        return points;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void theLargestNumbersAreThoseOfTheTable() {
        Evidence.of("largest of E4M3", NumberFormat.E4M3.max(), exactly(448));
        Evidence.of("largest of E5M2", NumberFormat.E5M2.max(), exactly(57_344));
        for (var format : IN_TORCH) assertThat(format.max()).isEqualTo(GOLDEN.named(format.name()).number("expected.max"));
        assertThat(NumberFormat.E4M3.decode(NumberFormat.E4M3.encode(1000))).isNaN();
        assertThat(NumberFormat.E4M3.decode(NumberFormat.E4M3.encode(1e30, Rounding.NEAREST_EVEN, Overflow.SATURATE))).isEqualTo(448);
        assertThat(NumberFormat.E5M2.decode(NumberFormat.E5M2.encode(-1e6))).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(NumberFormat.E5M2.decode(NumberFormat.E5M2.encode(1e6, Rounding.TOWARD_ZERO, Overflow.SPECIAL))).isEqualTo(57_344);
        assertThat(NumberFormat.FP16.minPositive()).isEqualTo(Math.pow(2, -24));
        assertThat(NumberFormat.E4M3.minNormal()).isEqualTo(0.015625);
        assertThat(NumberFormat.BF16.epsilon()).isEqualTo(0.0078125);
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void fourBitBlocksHoldTheSetTimesAPowerOfTwo() {
        double[] set = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
        var rng = Rng.of(484);
        int blocks = 0, wrongScales = 0, wrongValues = 0, seen = 0, smallest = 0;
        for (int draw = 0; draw < 400; draw++) {
            var x = new double[draw % 5 == 1 ? 70 : 96]; // the last block of a row may be short
            double size = draw % 5 == 2 ? Float.MIN_VALUE * (1 << rng.nextInt(23))
                    : draw % 5 == 3 ? 5e37 : Math.exp(8 * rng.nextGaussian());
            for (int i = 0; i < x.length; i++) x[i] = (float) (size * rng.nextGaussian());
            if (draw % 4 == 0) for (int i = 0; i < x.length; i++) x[i] = set[rng.nextInt(8)] + 0.25 * rng.nextInt(3); // ties among them
            var encoded = Microscaling.MXFP4.encode(Tensor.of(x, 1, x.length));
            var values = encoded.decode().toDoubleArray();
            var scales = encoded.scales();
            for (int b = 0; b < 3; b++) {
                double max = 0;
                int end = Math.min(x.length, 32 * b + 32);
                for (int i = 32 * b; i < end; i++) max = Math.max(max, Math.abs(x[i]));
                double power = 1; // the largest power of two that is at most max
                while (power > max) power /= 2;
                while (2 * power <= max) power *= 2;
                double scale = Math.max(power / 4, 0x1p-127); // E8M0 has no smaller one
                if (power / 4 < scale) smallest++;
                if (Math.pow(2, (scales[b] & 0xFF) - 127) != scale) wrongScales++;
                for (int i = 32 * b; i < end; i++) {
                    int best = 0; // the nearest of the set; of two the one with an even code
                    for (int k = 1; k < 8; k++) {
                        double gain = Math.abs(Math.abs(x[i]) - set[best] * scale) - Math.abs(Math.abs(x[i]) - set[k] * scale);
                        if (gain > 0 || gain == 0 && k % 2 == 0) best = k;
                    }
                    if (values[i] != Math.copySign(set[best] * scale, x[i]) && values[i] != 0 * x[i]) wrongValues++;
                    if (values[i] == 0 && best != 0) wrongValues++;
                    seen++;
                }
                blocks++;
            }
        }
        Evidence.of("blocks", blocks, exactly(1200));
        Evidence.of("scales that break the rule", wrongScales, exactly(0));
        Evidence.of("blocks that need a scale below the smallest", smallest, above(100));
        Evidence.of("values compared", seen, exactly(320 * 96 + 80 * 70));
        Evidence.of("values that are not the nearest of the set times the scale", wrongValues, exactly(0));
        assertThat(Microscaling.MXFP4.encode(Tensor.of(7.0)).decode().item(0)).isEqualTo(6);
        assertThat(NumberFormat.E2M1.values()).containsExactly(-6, -4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 6);
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void stochasticRoundingIsRightOnAverage() {
        var rng = Rng.of(485);
        int n = 20_000, tested = 0;
        double worst = 0;
        for (var format : NumberFormat.named()) {
            double[] grid = format.values();
            var rounding = Rounding.stochastic(rng);
            for (int k = 0; k < 40; k++) {
                double x = k % 4 == 3 ? format.minNormal() * (rng.nextDouble() - 0.5) : Math.clamp(rng.nextGaussian(), -5, 5);
                int above = 0;
                while (grid[above] <= x) above++;
                double low = grid[above - 1], high = grid[above], up = (x - low) / (high - low);
                double sum = 0;
                for (int i = 0; i < n; i++) {
                    double y = format.decode(format.encode(x, rounding, Overflow.SPECIAL));
                    assertThat(y == low || y == high).isTrue();
                    sum += y - x;
                }
                worst = Math.max(worst, Math.abs(sum / n) / ((high - low) * Math.sqrt(up * (1 - up) / n)));
                tested++;
            }
        }
        Evidence.of("numbers, each rounded 20,000 times", tested, exactly(5 * 40));
        Evidence.of("largest mean error in standard errors", worst, atMost(4));
        var blocks = Microscaling.MXFP4.withRounding(Rounding.stochastic(rng));
        var x = Tensor.rand(rng, DType.F64, 1, 32).mul(5.9);
        x = Tensor.concat(1, x, Tensor.full(DType.F64, 6, 1, 32)).reshape(2, 32).transpose().reshape(2, 32); // each block has its 6
        double[] exact = x.toDoubleArray(), sum = new double[64], squares = new double[64];
        for (int i = 0; i < n / 10; i++) {
            var y = blocks.encode(x).decode().toDoubleArray();
            for (int j = 0; j < 64; j++) {
                sum[j] += y[j] - exact[j];
                squares[j] += (y[j] - exact[j]) * (y[j] - exact[j]);
            }
        }
        double largest = 0;
        for (int j = 0; j < 64; j++) if (squares[j] > 0) largest = Math.max(largest, Math.abs(sum[j]) / Math.sqrt(squares[j]));
        Evidence.of("of MXFP4, largest mean error in standard errors", largest, atMost(4));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void errorsRankByBits() {
        double bf16 = 0, fp8 = 0, mxfp4 = 0, leastFp8 = Double.MAX_VALUE, leastMx = Double.MAX_VALUE;
        for (int seed = 0; seed < 5; seed++) {
            var x = Tensor.randn(Rng.of(4860 + seed), DType.F32, 100, 1024).compute();
            bf16 = Math.max(bf16, Errors.of(x, NumberFormat.BF16.round(x)).meanAbsolute());
            for (var format : List.of(NumberFormat.E4M3, NumberFormat.E5M2)) {
                double error = Errors.of(x, format.round(x)).meanAbsolute();
                fp8 = Math.max(fp8, error);
                leastFp8 = Math.min(leastFp8, error);
            }
            double error = Errors.of(x, Microscaling.MXFP4.encode(x).decode()).meanAbsolute();
            mxfp4 = Math.max(mxfp4, error);
            leastMx = Math.min(leastMx, error);
        }
        Evidence.of("largest mean error of bf16 over the least of fp8", bf16 / leastFp8, below(1));
        Evidence.of("largest mean error of fp8 over the least of MXFP4", fp8 / leastMx, below(1));
        Evidence.of("mean error of MXFP4", mxfp4, below(0.1)); // and it is no nonsense
    }

    @Test void tensorsAreStoredInAsManyBitsAsTheFormatHas() {
        var x = Tensor.randn(Rng.of(487), DType.F32, 3, 40);
        assertThat(NumberFormat.E4M3.encode(x).bytes()).isEqualTo(120);
        assertThat(NumberFormat.E2M1.encode(x).bytes()).isEqualTo(60);
        assertThat(Microscaling.MXFP4.encode(x).bytes()).as("two blocks a row").isEqualTo(60 + 6);
        assertThat(Microscaling.MXFP4.bitsPerElement()).isEqualTo(4.25);
        var bf16 = NumberFormat.BF16.encode(x).decode();
        assertThat(bf16.toDoubleArray()).containsExactly(x.to(DType.BF16).toDoubleArray());
        assertThat(bf16.shape()).isEqualTo(x.shape());
        var fp16 = NumberFormat.FP16.round(x);
        assertThat(fp16.toDoubleArray()).containsExactly(x.to(DType.F16).toDoubleArray());
        var eight = Microscaling.MXFP8_E4M3.encode(x.mul(1e-20)).decode();
        assertThat(Errors.of(x.mul(1e-20), eight).rootMeanSquareRelative()).isBetween(0.01, 0.05);
        assertThat(Errors.of(x.mul(1e-20), Microscaling.MXFP8_E5M2.encode(x.mul(1e-20)).decode()).signalToNoise()).isBetween(24.0, 28.0);
        var beyond = Tensor.of(1.1, 1000); // NaN in E4M3: one pair counts
        assertThat(Errors.of(beyond, NumberFormat.E4M3.encode(beyond).decode()).meanAbsolute()).isCloseTo(0.025, within(1e-12));
        assertThat(Microscaling.MXFP4.encode(Tensor.of(1, Double.NaN)).decode().isNaN().all().item()).isEqualTo(1);
        assertThat(Microscaling.MXFP4.encode(Tensor.zeros(40)).decode().toDoubleArray()).containsOnly(0);
        assertThat(Arrays.equals(NumberFormat.E2M1.encode(Tensor.of(0.5, -6)).codes(), new byte[] {(byte) 0xF1})).isTrue();
        assertThatThrownBy(() -> NumberFormat.E2M1.encode(Double.NaN)).hasMessage("fp4 E2M1: NaN cannot be written; fill it before");
        assertThat(NumberFormat.E4M3.encode(-0.7, Rounding.TOWARD_ZERO, Overflow.SPECIAL) - 128)
                .isEqualTo(NumberFormat.E4M3.encode(0.6875));
    }
}
