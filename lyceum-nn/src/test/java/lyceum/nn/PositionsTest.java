package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.memory.Scope;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sinusoids, rotations and ALiBi. */
class PositionsTest {
    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item(); }

    @Acceptance(topic = "sinusoidal-positional-encoding", clause = 1)
    @Test void theTableIsItsClosedForm() {
        double worst = 0;
        long seen = 0;
        for (int width : new int[] {16, 17, 64}) for (boolean interleaved : new boolean[] {true, false}) {
            var codes = new SinusoidalPositions(width, 10_000, interleaved, 1, 0);
            double[] table = codes.table(0, 10_001, DType.F32).toDoubleArray();
            int waves = (width + 1) / 2;
            for (int p = 0; p <= 10_000; p++) for (int c = 0; c < width; c++) {
                int wave = interleaved ? c / 2 : c % waves;
                boolean sine = interleaved ? c % 2 == 0 : c < waves;
                double angle = p / Math.pow(10_000, 2.0 * wave / width);
                worst = Math.max(worst, Math.abs(table[p * width + c] - (sine ? Math.sin(angle) : Math.cos(angle))));
                seen++;
            }
        }
        Evidence.of("numbers compared", seen, exactly(2L * 10_001 * (16 + 17 + 64)));
        Evidence.of("largest distance from the closed form, F32", worst, below(1e-6));
    }

    @Acceptance(topic = "sinusoidal-positional-encoding", clause = 2)
    @Test void aShiftIsARotationOfEachPair() {
        double worst = 0;
        int pairs = 0;
        var rng = Rng.of(1);
        for (int width : new int[] {8, 32}) {
            var codes = new SinusoidalPositions(width, 10_000, true, 1, 0);
            var positions = new long[1000];
            for (int i = 0; i < 1000; i++) positions[i] = rng.nextInt(10_001);
            double[] at = codes.of(Tensor.of(positions), DType.F64).toDoubleArray();
            for (int k = 0; k <= 100; k++) {
                double[] moved = codes.of(Tensor.of(positions).add(k), DType.F64).toDoubleArray();
                for (int i = 0; i < 1000; i++) for (int wave = 0; wave < width / 2; wave++) {
                    double turn = k / Math.pow(10_000, 2.0 * wave / width), sine = at[i * width + 2 * wave],
                            cosine = at[i * width + 2 * wave + 1];
                    worst = Math.max(worst, Math.abs(moved[i * width + 2 * wave] - (sine * Math.cos(turn) + cosine * Math.sin(turn))));
                    worst = Math.max(worst, Math.abs(moved[i * width + 2 * wave + 1] - (cosine * Math.cos(turn) - sine * Math.sin(turn))));
                    pairs++;
                }
            }
        }
        Evidence.of("pairs that were turned", pairs, exactly(101_000 * (4 + 16)));
        Evidence.of("largest distance from the rotated code", worst, below(1e-5));
    }

    @Acceptance(topic = "sinusoidal-positional-encoding", clause = 3)
    @Test void dotProductsDependOnTheDistanceAlone() {
        double spread = 0, own = 0, far = 0;
        for (int width : new int[] {6, 64}) {
            var codes = new SinusoidalPositions(width, 10_000, true, 1, 0);
            double[] first = null;
            for (long start : new long[] {0, 17, 500, 3333, 9000}) {
                var table = codes.table(start, 200, DType.F64);
                double[] dots = table.matmul(table.narrow(0, 0, 1).transpose()).flatten().toDoubleArray();
                if (first == null) first = dots;
                for (int i = 0; i < dots.length; i++) spread = Math.max(spread, Math.abs(dots[i] - first[i]));
                own = Math.max(own, Math.abs(dots[0] / (width / 2.0) - 1));
                far = Math.max(far, Math.abs(dots[0] - dots[40]));
            }
        }
        Evidence.of("spread over five places", spread, below(1e-5));
        Evidence.of("relative distance of PE(p).PE(p) from d / 2", own, below(1e-6));
        Evidence.of("and it does depend on the distance", far, above(0.5));
    }

    /** Two marked tokens among sixteen: which came first? One bidirectional attention layer, the mean of its outputs. */
    private static final class Order extends Module {
        private final Embedding tokens = new Embedding(3, 32, Rng.of(1));
        private final MultiHeadAttention attention = new MultiHeadAttention(new AttentionConfig(32, 4), Rng.of(2));
        private final Linear up = new Linear(32, 64, Rng.of(3)), out = new Linear(64, 2, Rng.of(4));
        private final boolean positions;

        Order(boolean positions) { this.positions = positions; }

        @Override protected Tensor compute(Tensor ids, Pass pass) {
            var x = tokens.forward(ids, pass);
            if (positions) x = new SinusoidalPositions(32, 10_000, true, 1, 0).forward(x, pass);
            return out.forward(up.forward(x.add(attention.forward(x, pass)), pass).relu().mean(1, false), pass);
        }
    }

    /** n strings of sixteen, half of them with token 1 before token 2: ids and answers. */
    private static Tensor[] strings(Rng rng, int n) {
        var ids = new long[n * 16];
        var first = new long[n];
        for (int i = 0; i < n; i++) {
            int a = rng.nextInt(16), b = (a + 1 + rng.nextInt(15)) % 16;
            boolean one = i % 2 == 0;
            ids[i * 16 + Math.min(a, b)] = one ? 1 : 2;
            ids[i * 16 + Math.max(a, b)] = one ? 2 : 1;
            first[i] = one ? 0 : 1;
        }
        return new Tensor[] {Tensor.of(ids, n, 16), Tensor.of(first)};
    }

    private static double whichFirst(boolean positions) {
        var model = new Order(positions);
        var optimizer = new Adam(3e-3).over(model.parameters());
        var rng = Rng.of(5);
        for (int step = 0; step < 500; step++) {
            try (var scope = Scope.open("step")) {
                var batch = strings(rng, 64);
                optimizer.zeroGrad();
                Loss.crossEntropy(model.forward(batch[0]), batch[1]).backward();
                optimizer.step();
            }
        }
        var test = strings(Rng.of(6), 2000);
        return model.forward(test[0]).argmax(-1).eq(test[1]).to(DType.F64).mean().item();
    }

    @Acceptance(topic = "sinusoidal-positional-encoding", clause = 4)
    @Tag("slow")
    @Test void onlyWithPositionsCanItTellWhichCameFirst() {
        Evidence.of("accuracy with sinusoids", whichFirst(true), atLeast(0.99));
        Evidence.of("accuracy without", whichFirst(false), atMost(0.55));
    }

    @Test void sinusoidsScaleOffsetAndRefuse() {
        var codes = new SinusoidalPositions(6);
        var x = normal(1, 2, 5, 6);
        assertThat(distance(codes.forward(x), x.mul(Math.sqrt(6)).add(codes.table(0, 5, DType.F64)))).isZero();
        assertThat(distance(codes.forward(x.narrow(1, 3, 2), 3, Pass.inference()), codes.forward(x).narrow(1, 3, 2))).isZero();
        assertThatThrownBy(() -> codes.forward(normal(1, 2, 5))).hasMessageContaining("for a width of 6");
        assertThatThrownBy(() -> new SinusoidalPositions(0)).hasMessageContaining("width 0");
    }

    @Acceptance(topic = "rope", clause = 1)
    @Test void scoresDependOnTheDifferenceOfPositions() {
        double worst = 0, moved = 0;
        var rng = Rng.of(2);
        for (boolean interleaved : new boolean[] {false, true}) {
            var rotary = new RotaryEmbedding(RotaryEmbedding.frequencies(32, 10_000), interleaved);
            for (int i = 0; i < 500; i++) {
                Tensor q = normal(i, 1, 1, 1, 32), k = normal(i + 5000, 1, 1, 1, 32);
                long m = rng.nextInt(2000), n = rng.nextInt(2000), shift = rng.nextInt(5000);
                double score = score(rotary, q, k, m, n);
                worst = Math.max(worst, Math.abs(score(rotary, q, k, m + shift, n + shift) - score));
                moved = Math.max(moved, Math.abs(score(rotary, q, k, m + 7, n) - score));
            }
        }
        Evidence.of("largest change of 1,000 scores under a common shift", worst, below(1e-5));
        Evidence.of("largest change under a shift of one of them", moved, above(1));
    }

    private static double score(RotaryEmbedding rotary, Tensor q, Tensor k, long m, long n) {
        return rotary.at(m, 1, DType.F64).of(q).mul(rotary.at(n, 1, DType.F64).of(k)).sum().item();
    }

    @Acceptance(topic = "rope", clause = 2)
    @Acceptance(topic = "rope", clause = 3)
    @Test void turnsKeepNormsAndCompose() {
        double norms = 0, identity = 0, composed = 0;
        var rng = Rng.of(3);
        for (boolean interleaved : new boolean[] {false, true}) {
            var rotary = new RotaryEmbedding(RotaryEmbedding.frequencies(16, 500), interleaved);
            for (int i = 0; i < 100; i++) {
                var x = normal(i, 1, 2, 1, 16);
                long m = rng.nextInt(1000), n = rng.nextInt(1000);
                var turned = rotary.at(m, 1, DType.F64).of(x);
                norms = Math.max(norms, Math.abs(turned.square().sum().item() / x.square().sum().item() - 1));
                identity = Math.max(identity, distance(rotary.at(0, 1, DType.F64).of(x), x));
                composed = Math.max(composed, distance(rotary.at(n, 1, DType.F64).of(turned), rotary.at(m + n, 1, DType.F64).of(x)));
            }
        }
        Evidence.of("largest relative change of a squared norm", norms, below(1e-6));
        Evidence.of("distance of the turn by nothing from the identity", identity, exactly(0));
        Evidence.of("distance of two turns from their sum", composed, below(1e-6));
    }

    @Acceptance(topic = "rope", clause = 4)
    @Test void halvesEqualNeighboursAfterThePermutation() {
        double values = 0, weights = 0;
        for (int width : new int[] {4, 10, 64}) {
            var frequencies = RotaryEmbedding.frequencies(width, 10_000);
            var order = new long[width];
            for (int i = 0; i < width / 2; i++) {
                order[i] = 2 * i;
                order[width / 2 + i] = 2 * i + 1;
            }
            var x = normal(width, 2, 3, 40, width);
            Tensor halves = new RotaryEmbedding(frequencies, false).at(0, 40, DType.F64).of(x.indexSelect(3, Tensor.of(order))),
                    neighbours = new RotaryEmbedding(frequencies, true).at(0, 40, DType.F64).of(x);
            values = Math.max(values, distance(halves, neighbours.indexSelect(3, Tensor.of(order))));
            // The same by the weight of the projection: what checkpoints need.
            Tensor weight = normal(width + 1, 3L * width, 7), input = normal(width + 2, 2, 40, 7);
            var split = input.matmul(weight.transpose()).reshape(2, 40, 3, width).transpose(1, 2);
            var converted = input.matmul(RotaryEmbedding.toHalves(weight, width).transpose()).reshape(2, 40, 3, width).transpose(1, 2);
            var a = new RotaryEmbedding(frequencies, true).at(0, 40, DType.F64).of(split);
            var b = new RotaryEmbedding(frequencies, false).at(0, 40, DType.F64).of(converted);
            weights = Math.max(weights, distance(a.matmul(a.transpose()), b.matmul(b.transpose())));
            assertThat(distance(RotaryEmbedding.toNeighbours(RotaryEmbedding.toHalves(weight, width), width), weight)).isZero();
        }
        Evidence.of("distance of the layouts after the permutation", values, below(1e-6));
        Evidence.of("distance of scores by converted weights", weights, below(1e-6));
    }

    @Acceptance(topic = "rope", clause = 5)
    @Test void turnsEqualComplexProductsInPyTorch() {
        var gap = Gap.relativeBeyondOne();
        var cases = Golden.load("golden/positions.json").cases("rope");
        for (var c : cases) {
            int[] n = c.ints("input.sizes");
            var twin = new Twin((long) c.number("input.seed"));
            var x = twin.draw(2, n[0], n[1], n[2]).requiresGrad();
            var rotary = new RotaryEmbedding(RotaryEmbedding.frequencies(n[3], c.number("input.base")), c.flag("input.interleaved"));
            var y = c.flag("input.ids") ? rotary.at(Tensor.of(c.longs("input.positions")), DType.F64).of(x)
                    : rotary.at(n[4], n[1], DType.F64).of(x);
            twin.compare(gap, c, Map.of(), List.of(x), List.of(y));
        }
        Evidence.of("cases: both layouts, partial widths, offsets, given positions", cases.size(), exactly(24));
        Evidence.of("largest gap of outputs and gradients", gap, below(1e-6));
    }

    @Acceptance(topic = "alibi", clause = 1)
    @Test void slopesAreThePublishedOnes() {
        double[] eight = Attention.alibiSlopes(8).toDoubleArray();
        double worst = 0;
        for (int i = 0; i < 8; i++) worst = Math.max(worst, Math.abs(eight[i] - Math.pow(2, -(i + 1))));
        Evidence.of("largest distance for 8 heads", worst, exactly(0));
        double gap = 0, kernel = 0;
        double[] twelve = PositionalEncoding.alibi().on(new Attention(), 12).alibi().toDoubleArray(); // what kernels get, F32
        for (int i = 0; i < 12; i++) {
            double published = i < 8 ? Math.pow(2, -(i + 1)) : Math.pow(2, -0.5 - (i - 8));
            gap = Math.max(gap, Math.abs(Attention.alibiSlope(i, 12) - published));
            kernel = Math.max(kernel, Math.abs(twelve[i] - (float) published));
        }
        Evidence.of("largest distance for 12 heads", gap, atMost(1e-15));
        Evidence.of("of a layer's slopes for 12 heads, in F32, from their roundings", kernel, exactly(0));
    }

    @Acceptance(topic = "alibi", clause = 2)
    @Acceptance(topic = "alibi", clause = 3)
    @Test void theKernelEqualsTheExplicitBiasAndSeesOnlyDistances() {
        var gap = Gap.relativeBeyondOne();
        double shifted = 0;
        for (int heads : new int[] {1, 4, 8, 12}) for (boolean causal : new boolean[] {true, false}) {
            int n = 70;
            Tensor q = normal(1, 2, heads, n, 16).mul(0.5).to(DType.F32), k = normal(2, 2, heads, n, 16).to(DType.F32),
                    v = normal(3, 2, heads, n, 16).to(DType.F32);
            var options = new Attention().withCausal(causal).withAlibi(Attention.alibiSlopes(heads));
            var bias = new double[heads * n * n];
            for (int h = 0; h < heads; h++)
                for (int i = 0; i < n; i++)
                    for (int j = 0; j < n; j++)
                        bias[(h * n + i) * n + j] = causal && j > i ? Double.NEGATIVE_INFINITY
                                : -Attention.alibiSlope(h, heads) * Math.abs(i - j);
            var explicit = q.to(DType.F64).matmul(k.to(DType.F64).transpose()).div(4).add(Tensor.of(bias).reshape(1, heads, n, n))
                    .softmax(-1).matmul(v.to(DType.F64));
            for (var method : List.of(Attention.Method.AUTO, Attention.Method.CHUNKED, Attention.Method.TILED))
                gap.see(heads + " heads, " + method, options.withMethod(method).of(q, k, v).toDoubleArray(), explicit.toDoubleArray());
            // The same queries and keys, standing 1,000 positions later.
            var later = options.withQueryStarts(Tensor.of(1000L, 1000L));
            var pad = Tensor.zeros(DType.F32, 2, heads, 1000, 16);
            var seen = options.withBias(
                    Tensor.concat(3, Tensor.full(DType.F32, Double.NEGATIVE_INFINITY, 1, 1, 1, 1000), Tensor.zeros(DType.F32, 1, 1, 1, n)));
            var moved = later.withBias(seen.bias()).of(q, Tensor.concat(2, pad, k), Tensor.concat(2, pad, v));
            shifted = Math.max(shifted, distance(moved, options.of(q, k, v)));
        }
        Evidence.of("largest gap to the explicit bias", gap, below(1e-6));
        Evidence.of("largest change when all positions are 1,000 later", shifted, below(1e-6));
    }
}
