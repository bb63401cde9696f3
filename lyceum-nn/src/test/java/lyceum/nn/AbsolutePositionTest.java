package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

/** A vector for each place. */
class AbsolutePositionTest {
    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item(); }

    @Acceptance(topic = "absolute-position-encoding", clause = 1)
    @Test void onlyRowsThatWereUsedGetAGradient() {
        long others = 0, used = 0, silent = 0;
        for (int trial = 0; trial < 30; trial++) {
            var rng = Rng.of(trial);
            int maximum = 20 + rng.nextInt(40), length = 1 + rng.nextInt(10), start = rng.nextInt(maximum - length);
            var positions = new AbsolutePosition(maximum, 6, rng);
            var ids = new long[length];
            for (int i = 0; i < length; i++) ids[i] = rng.nextInt(maximum);
            var x = Tensor.randn(rng, DType.F32, 3, length, 6);
            var y = trial % 2 == 0 ? positions.forward(x, start, Pass.inference()) : positions.forward(x, Tensor.of(ids), Pass.inference());
            y.square().sum().backward();
            var rows = positions.weight().grad();
            for (int p = 0; p < maximum; p++) {
                int place = p;
                boolean seen = trial % 2 == 0 ? p >= start && p < start + length : Arrays.stream(ids).anyMatch(i -> i == place);
                double largest = rows.get(p).abs().max().item();
                if (seen) used++;
                if (seen && largest == 0) silent++;
                if (!seen && largest != 0) others++;
            }
        }
        Evidence.of("used rows", used, above(100));
        Evidence.of("used rows without a gradient", silent, exactly(0));
        Evidence.of("other rows whose gradient is not exactly 0", others, exactly(0));
    }

    @Acceptance(topic = "absolute-position-encoding", clause = 2)
    @Test void aSinusoidLaterIsAFixedRotation() {
        int width = 32, maximum = 3000;
        var positions = AbsolutePosition.fixed(new SinusoidalPositions(width, 10_000, true, 1, 0).table(0, maximum, DType.F64));
        var zeros = Tensor.zeros(DType.F64, 1, width);
        double worst = 0, unturned = 0;
        var rng = Rng.of(2);
        for (int pair = 0; pair < 1000; pair++) {
            int t = rng.nextInt(2000), k = rng.nextInt(1000);
            var rotation = new double[width * width]; // of k alone
            for (int i = 0; i < width; i += 2) {
                double angle = k / Math.pow(10_000, (double) i / width);
                rotation[i * width + i] = rotation[(i + 1) * width + i + 1] = Math.cos(angle);
                rotation[i * width + i + 1] = Math.sin(angle);
                rotation[(i + 1) * width + i] = -Math.sin(angle);
            }
            Tensor now = positions.forward(zeros, t, Pass.inference()), later = positions.forward(zeros, t + k, Pass.inference());
            worst = Math.max(worst, distance(later, now.matmul(Tensor.of(rotation, width, width).transpose())));
            unturned = Math.max(unturned, distance(later, now));
        }
        Evidence.of("largest distance of t + k from t rotated by k, 1,000 pairs", worst, below(1e-6));
        Evidence.of("from t itself", unturned, above(1));
    }

    @Acceptance(topic = "absolute-position-encoding", clause = 3)
    @Test void placesBeyondTheTableAreRefused() {
        int refused = 0, asked = 0;
        var config = TransformerConfig.original(8, 2, 16).positioned(PositionalEncoding.learned(10));
        Module positions = new AbsolutePosition(10, 8, Rng.of(1)), encoder = new TransformerEncoder(config, 1, Rng.of(1)),
                decoder = new TransformerDecoder(config, 1, Rng.of(1)), fixed = AbsolutePosition.fixed(Tensor.zeros(10, 8));
        for (var module : List.of(positions, encoder, decoder, fixed)) for (int length : new int[] {9, 10, 11, 64}) {
            asked++;
            if (refuses(() -> module.forward(Tensor.zeros(1, length, 8)))) refused += length > 10 ? 1 : -100;
        }
        var state = ((TransformerDecoder) decoder).start(null, null, Pass.inference());
        for (int step = 0; step < 10; step++) ((TransformerDecoder) decoder).forward(Tensor.zeros(1, 1, 8), state, Pass.inference());
        if (refuses(() -> ((TransformerDecoder) decoder).forward(Tensor.zeros(1, 1, 8), state, Pass.inference()))) refused++;
        var layer = (AbsolutePosition) positions;
        if (refuses(() -> layer.forward(Tensor.zeros(1, 2, 8), 9, Pass.inference()))) refused++;
        if (refuses(() -> layer.forward(Tensor.zeros(1, 2, 8), -1, Pass.inference()))) refused++;
        if (refuses(() -> layer.forward(Tensor.zeros(1, 2, 8), Tensor.of(new long[] {3, 10}), Pass.inference()))) refused++;
        Evidence.of("inputs tried at lengths 9 to 64", asked, exactly(16));
        Evidence.of("refused: 8 too long, the eleventh decoded, and three offsets", refused, exactly(12));
    }

    private static boolean refuses(Runnable call) {
        try {
            call.run();
            return false;
        } catch (ShapeException e) {
            assertThat(e).hasMessageContaining("lies beyond the table, which has places 0 to 9");
            return true;
        }
    }

    @Test void tablesAreStretched() {
        var straight = AbsolutePosition.of(Tensor.arange(8).to(DType.F64).reshape(8, 1)).interpolated(16);
        // PyTorch: interpolate(torch.arange(8.)[None, None], 16, mode="linear")
        assertThat(straight.weight().toDoubleArray()).containsExactly(0, .25, .75, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4.25, 4.75, 5.25,
                5.75, 6.25, 6.75, 7);
        assertThat(straight.weight().isTracked()).isTrue();
        assertThat(distance(AbsolutePosition.of(normal(1, 5, 3)).interpolated(5).weight(), normal(1, 5, 3))).isLessThan(1e-15);
        // A plane over a grid stays one between the outermost centres; the class token's row stays as it is.
        var table = new double[1 + 4 * 6];
        table[0] = 77;
        for (int r = 0; r < 4; r++) for (int c = 0; c < 6; c++) table[1 + r * 6 + c] = 2 * r + 3 * c;
        double[] grid = AbsolutePosition.fixed(Tensor.of(table, 25, 1)).resized(4, 6, 8, 12, 1).weight().toDoubleArray();
        assertThat(grid).hasSize(97);
        assertThat(grid[0]).isEqualTo(77);
        for (int r = 1; r < 7; r++)
            for (int c = 1; c < 11; c++)
                assertThat(grid[1 + r * 12 + c]).isCloseTo(2 * ((r + 0.5) / 2 - 0.5) + 3 * ((c + 0.5) / 2 - 0.5), within(1e-12));
        assertThatThrownBy(() -> AbsolutePosition.of(normal(1, 5, 3)).resized(2, 2, 4, 4, 0)).hasMessageContaining("table of 5");
    }

    @Test void stacksNameItAndCheckItsWidth() {
        var config = TransformerConfig.original(8, 2, 16).positioned(PositionalEncoding.learned(10));
        assertThat(new TransformerEncoder(config, 1, Rng.of(1)).parameters()).containsKey("positions.weight");
        var blocks = new TransformerEncoder(List.of(new TransformerBlock(config, Rng.of(1))));
        assertThat(blocks.parameters().get("positions.weight").abs().max().item()).isZero();
        assertThatThrownBy(() -> PositionalEncoding.learned(0)).hasMessageContaining("0 places");
        assertThatThrownBy(() -> new AbsolutePosition(4, 8, Rng.of(1)).forward(Tensor.zeros(2, 3, 7))).hasMessageContaining("width of 8");
        assertThatThrownBy(() -> config.positioned(new SinusoidalPositions(6)))
                .hasMessageContaining("of width 6 for an attention of width 8");
    }
}
