package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Profile;
import lyceum.memory.Scope;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SparseAttentionTest {

    private static Tensor normal(long seed, DType type, long... shape) { return SlidingWindowAttentionTest.normal(seed, type, shape); }

    private static double gap(Tensor a, Tensor b) { return SlidingWindowAttentionTest.gap(a, b); }

    /** Window, dilated window, global positions and random blocks, as the bits of a number say; and what a pair of positions has to do with them. */
    private record Pattern(int n, AttentionMask mask, AttentionMask.Rule rule) {
        static Pattern random(int trial) {
            var rng = Rng.of(trial);
            int n = 5 + rng.nextInt(120), kinds = 1 + trial % 15, w = rng.nextInt(12), far = 1 + rng.nextInt(5), step = 2 + rng.nextInt(4),
                    size = 4 + rng.nextInt(9), g = rng.nextInt(n);
            boolean causal = trial / 15 % 2 == 1;
            var grid = new boolean[(n + size - 1) / size][(n + size - 1) / size];
            for (var row : grid) for (int c = 0; c < row.length; c++) row[c] = rng.nextInt(6) == 0;
            AttentionMask mask = null;
            if ((kinds & 1) != 0) mask = AttentionMask.window(w, w);
            if ((kinds & 2) != 0) mask = or(mask, AttentionMask.dilated(far, step));
            if ((kinds & 4) != 0) mask = or(mask, AttentionMask.globals(g, 0));
            if ((kinds & 8) != 0) mask = or(mask, AttentionMask.blocks(size, grid));
            AttentionMask.Rule rule = (p, j) -> {
                if (causal && j > p) return false;
                long apart = Math.abs(p - j);
                return (kinds & 1) != 0 && apart <= w || (kinds & 2) != 0 && apart % step == 0 && apart <= (long) far * step
                        || (kinds & 4) != 0 && (p == 0 || j == 0 || p == g || j == g)
                        || (kinds & 8) != 0 && grid[(int) p / size][(int) j / size];
            };
            return new Pattern(n, causal ? mask.and(AttentionMask.causal()) : mask, rule);
        }

        private static AttentionMask or(AttentionMask one, AttentionMask other) { return one == null ? other : one.or(other); }
    }

    @Acceptance(topic = "longformer-bigbird", clause = 1)
    @Test void equalsDenseAttentionUnderTheSameMaskForwardAndBackward() {
        double forward = 0, backward = 0;
        int patterns = 0, blind = 0;
        for (int trial = 0; trial < 120; trial++) {
            var pattern = Pattern.random(trial);
            int n = pattern.n, tile = new int[] {4, 7, 16, 64}[trial % 4];
            var type = trial % 3 == 0 ? DType.F64 : DType.F32;
            var sparse = new SparseAttention(pattern.mask, tile);
            var seen = AttentionMask.of(pattern.rule).seen(n, n);
            if (!seen.any(-1).all().toBooleanArray()[0]) blind++;
            var gradients = new ArrayList<Tensor[]>();
            var g = normal(trial + 4, DType.F64, 2, 4, n, 5);
            for (boolean own : new boolean[] {true, false}) {
                var at = own ? type : DType.F64;
                Tensor q = normal(trial, type, 2, 4, n, 8).to(at).requiresGrad(),
                        k = normal(trial + 1, type, 2, 2, n, 8).to(at).requiresGrad(),
                        v = normal(trial + 2, type, 2, 2, n, 5).to(at).requiresGrad();
                var y = own ? sparse.of(q, k, v) : AttentionMask
                        .weights(q.matmul(k.repeatInterleave(1, 2).transpose()).div(Math.sqrt(8)), seen).matmul(v.repeatInterleave(1, 2));
                if (own) forward = Math.max(forward,
                        gap(y, SlidingWindowAttentionTest.byDefinition(q.detach(), k.detach(), v.detach(), pattern.rule)));
                y.to(DType.F64).mul(g).sum().backward();
                gradients.add(new Tensor[] {q.grad(), k.grad(), v.grad()});
            }
            for (int i = 0; i < 3; i++) backward = Math.max(backward, gap(gradients.get(0)[i], gradients.get(1)[i]));
            patterns++;
        }
        Evidence.of("patterns", patterns, atLeast(100));
        Evidence.of("of them with a query that sees nothing", blind, atLeast(5));
        Evidence.of("largest gap of outputs", forward, below(1e-6));
        Evidence.of("largest gap of gradients", backward, below(1e-5));
    }

    /** Multiply-adds that attention's kernels did, over those of one tile of that size. */
    private static double computed(SparseAttention sparse, int n, int tile) {
        Tensor x = normal(1, DType.F32, 1, 1, n, 8);
        try (var profile = Profile.start()) {
            sparse.of(x, x, x).compute();
            double operations = profile.rows().stream().filter(r -> r.operation().equals("attention")).mapToDouble(Profile.Row::operations)
                    .sum();
            return operations / (tile * tile * 8 * 2 * 2.0);
        }
    }

    /** The first half of clause 2, whose second half is about time: a row of the bench. */
    @Test void theTilesThatAreComputedAreThoseOfTheFormula() {
        int patterns = 0;
        for (int n : new int[] {1024, 2048, 4096}) {
            long r = n / 64;
            var bigBird = SparseAttention.bigBird(n, 64, 3, 3, 2, Rng.of(n));
            // Two full rows; those beside them see a global block in their window, so 1 + 3 + 3; the others 2 + 3 + 3.
            tiles("BigBird, " + n, bigBird, n, 64, 2 * r + 2 * 7 + 8 * (r - 4));
            for (int half : new int[] {64, 100, 256}) {
                long t = (half + 63) / 64;
                // A band of t tiles to each side, a row and a column of tiles for the global position, of which 1 + t lie in the band.
                tiles("Longformer, half a window of " + half + ", " + n, SparseAttention.longformer(2 * half, 3), n, 64,
                        r * (2 * t + 1) - t * (t + 1) + 2 * (r - 1 - t));
                tiles("the same, causal",
                        new SparseAttention(AttentionMask.window(half, half).or(AttentionMask.globals(3)).and(AttentionMask.causal())), n,
                        64, r * (t + 1) - t * (t + 1) / 2 + r - 1 - t);
                patterns += 2;
            }
            patterns++;
        }
        Evidence.of("patterns", patterns, exactly(21));
    }

    private static void tiles(String name, SparseAttention sparse, int n, int tile, long formula) {
        Evidence.of(name + ": tiles planned", sparse.tiles(n, n), exactly(formula));
        Evidence.of(name + ": tiles that kernels computed", computed(sparse, n, tile), exactly(formula));
    }

    /** The longest of all shortest ways between two positions, looked for by squaring; 3 for anything above 2. */
    private static int diameter(AttentionMask mask, int n) {
        boolean[] seen = mask.seen(n, n).toBooleanArray();
        var rows = new BitSet[n];
        for (int i = 0; i < n; i++) {
            rows[i] = new BitSet(n);
            rows[i].set(i);
            for (int j = 0; j < n; j++) if (seen[i * n + j]) rows[i].set(j);
        }
        int longest = 0;
        for (int i = 0; i < n; i++) {
            if (rows[i].cardinality() == n) {
                longest = Math.max(longest, 1);
                continue;
            }
            var two = new BitSet(n);
            for (int j = rows[i].nextSetBit(0); j >= 0 && two.cardinality() < n; j = rows[i].nextSetBit(j + 1)) two.or(rows[j]);
            if (two.cardinality() < n) return 3;
            longest = 2;
        }
        return longest;
    }

    @Acceptance(topic = "longformer-bigbird", clause = 3)
    @Test void anyTwoPositionsOfBigBirdAreTwoHopsApart() {
        for (int n : new int[] {512, 777, 1024, 2048, 4096}) {
            Evidence.of("BigBird, " + n + " positions: diameter", diameter(SparseAttention.bigBird(n, 64, 3, 3, 2, Rng.of(n)), n),
                    atMost(2));
            Evidence.of("narrow blocks, " + n + " positions: diameter", diameter(SparseAttention.bigBird(n, 16, 3, 1, 1, Rng.of(n)), n),
                    atMost(2));
            Evidence.of("without the global blocks", diameter(SparseAttention.bigBird(n, 64, 3, 0, 0, Rng.of(n)), n), above(2));
        }
    }

    /** Is the symbol at some place of the first quarter the one at the end? Asked at the last position; all other places are blank. */
    private static final class Matching extends Module {
        private static final int LENGTH = 512, SYMBOLS = 4, WIDTH = 32;
        private final Embedding symbols;
        private final TransformerEncoder encoder;
        private final Linear head;

        Matching(AttentionMask pattern, long seed) {
            var attention = new AttentionConfig(WIDTH, 2).withPattern(pattern);
            var config = TransformerConfig.original(WIDTH, 2, 64).withPlacement(TransformerConfig.Placement.PRE).withAttention(attention);
            symbols = new Embedding(Tensor.randn(Rng.of(seed), SYMBOLS + 1, WIDTH));
            encoder = new TransformerEncoder(config, 2, Rng.of(seed + 2));
            head = new Linear(WIDTH, 2, Rng.of(seed + 3));
        }

        /** Symbols (batch, T) to two logits. */
        @Override protected Tensor compute(Tensor x, Pass pass) {
            return head.forward(encoder.forward(symbols.forward(x, pass), pass).narrow(1, LENGTH - 1, 1).squeeze(1), pass);
        }

        /** Inputs and whether the two symbols are the same, half of the time. */
        static Tensor[] batch(Rng rng, int size) {
            var x = new long[size][LENGTH];
            var same = new long[size];
            for (int b = 0; b < size; b++) {
                Arrays.fill(x[b], SYMBOLS);
                int at = rng.nextInt(LENGTH / 4), symbol = rng.nextInt(SYMBOLS);
                same[b] = rng.nextInt(2);
                x[b][at] = symbol;
                x[b][LENGTH - 1] = same[b] == 1 ? symbol : (symbol + 1 + rng.nextInt(SYMBOLS - 1)) % SYMBOLS;
            }
            return new Tensor[] {Tensor.of(Arrays.stream(x).flatMapToLong(Arrays::stream).toArray(), size, LENGTH), Tensor.of(same)};
        }

        double trained(int steps) {
            var optimizer = new Adam(3e-3).over(parameters());
            var rng = Rng.of(77);
            for (int i = 0; i < steps; i++) {
                try (var scope = Scope.open("step")) {
                    var batch = batch(rng, 16);
                    optimizer.zeroGrad();
                    Loss.crossEntropy(forward(batch[0], Pass.inference()), batch[1]).backward();
                    optimizer.step();
                }
            }
            double right = 0;
            for (int i = 0; i < 10; i++) {
                var batch = batch(Rng.of(1000 + i), 100);
                right += forward(batch[0]).argmax(-1).eq(batch[1]).to(DType.F64).mean().item() / 10;
            }
            return right;
        }
    }

    @Tag("heavy")
    @Acceptance(topic = "longformer-bigbird", clause = 4)
    @Test void globalPositionsMatchDistantPairsAndAWindowCannot() {
        double window = new Matching(SparseAttention.longformer(32), 6).trained(400);
        double globals = new Matching(SparseAttention.longformer(32, Matching.LENGTH - 1), 6).trained(400);
        Evidence.of("share that is right with a global position", globals, atLeast(0.95));
        Evidence.of("distance of the window alone from chance", Math.abs(window - 0.5), atMost(0.1));
    }

    @Test void hopsAreLayersAndPatternsAnswerToCausalAttention() {
        var band = new SparseAttention(AttentionMask.window(3, 0));
        assertThat(band.hops(10, 12)).containsExactly(4, 3, 3, 3, 2, 2, 2, 1, 1, 1, 0, -1);
        assertThat(SparseAttention.longformer(2, 0).hops(9, 10)).containsExactly(1, 2, 2, 2, 2, 2, 2, 2, 1, 0);
        var x = normal(1, DType.F64, 1, 2, 50, 4);
        var longformer = SparseAttention.dilatedLongformer(8, 2, 5);
        var y = longformer.attend(new Attention().withCausal(true).withWindow(7).withScale(0.3), x, x, x);
        var mask = AttentionMask
                .of((p, j) -> j <= p && p - j < 7 && (Math.abs(p - j) % 2 == 0 && Math.abs(p - j) <= 8 || p == 5 || j == 5));
        assertThat(gap(y, new Attention().withScale(0.3).withBias(mask.seen(50, 50).reshape(1, 1, 50, 50)).of(x, x, x))).isLessThan(1e-12);
        // A chunk of queries at the end, as after a cache.
        assertThat(gap(longformer.of(x.narrow(2, 45, 5), x, x), longformer.of(x, x, x).narrow(2, 45, 5))).isLessThan(1e-12);
        var layer = new MultiHeadAttention(
                new AttentionConfig(8, 2).withAttention(new Attention().withCausal(true)).withPattern(AttentionMask.dilated(4, 3)),
                Rng.of(1));
        var z = normal(3, DType.F32, 1, 30, 8);
        var cache = layer.start();
        for (int t = 0; t < 30; t++)
            assertThat(gap(layer.forward(z.narrow(1, t, 1), cache, Pass.inference()), layer.forward(z).narrow(1, t, 1))).isLessThan(1e-6);
    }

    @Test void whatDoesNotFitIsSaid() {
        var sparse = SparseAttention.longformer(8);
        var x = normal(1, DType.F32, 1, 2, 10, 4);
        assertThatThrownBy(() -> sparse.attend(new Attention().withKeyLengths(Tensor.of(3)), x, x, x))
                .hasMessageContaining("put further masks");
        assertThatThrownBy(() -> sparse.of(x, x.narrow(1, 0, 1), x.get(0))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new SparseAttention(AttentionMask.padding(3, 4))).hasMessageContaining("2 batch entries");
        assertThatThrownBy(() -> new SparseAttention(AttentionMask.causal(), 0)).hasMessageContaining("tiles of 0");
        assertThatThrownBy(() -> SparseAttention.bigBird(256, 64, 3, 3, 2, Rng.of(1))).hasMessageContaining("of 4 blocks");
        assertThatThrownBy(() -> AttentionMask.dilated(3, 0)).hasMessageContaining("every 0th");
        assertThatThrownBy(() -> AttentionMask.blocks(0, new boolean[0][])).hasMessageContaining("blocks of 0");
    }
}
