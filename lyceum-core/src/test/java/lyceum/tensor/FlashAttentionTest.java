package lyceum.tensor;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.EnumMap;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.tensor.AttentionDraw.Kind;
import lyceum.tensor.FlashAttention.Fp8;
import lyceum.tensor.FlashAttention.Order;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.ForkedJvm;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class FlashAttentionTest {
    private static final FlashAttention SMALL = new FlashAttention(32, 48, Order.QUERIES_OUTER, 1, false, Fp8.NONE);

    private static void compared(int draws, long seed, FlashAttention... ways) {
        Gap out = Gap.absolute(), gradients = Gap.absolute();
        var met = new EnumMap<Kind, Integer>(Kind.class);
        var rng = Rng.of(seed);
        for (int n = 0; n < draws; n++) {
            var draw = AttentionDraw.of(rng, DType.F32, 16, false);
            for (var kind : draw.kinds()) met.merge(kind, 1, Integer::sum);
            var expected = draw.expected();
            var flash = ways[n % ways.length];
            var where = n + " " + draw.kinds() + " " + draw.q().shape() + " " + draw.k().shape() + " " + flash;
            var forward = flash.forward(draw.options(), draw.q(), draw.k(), draw.v());
            out.see(where, forward.out().to(DType.F64).toDoubleArray(), expected.out());
            var found = flash.backward(draw.options(), draw.q(), draw.k(), draw.v(), forward, draw.g());
            gradients.see("dQ of " + where, found.q().to(DType.F64).toDoubleArray(), expected.q());
            gradients.see("dK of " + where, found.k().to(DType.F64).toDoubleArray(), expected.k());
            gradients.see("dV of " + where, found.v().to(DType.F64).toDoubleArray(), expected.v());
        }
        for (var kind : Kind.values())
            if (kind != Kind.ALIBI && kind != Kind.BLOCKS && kind != Kind.FAR)
                Evidence.of("draws " + kind, met.getOrDefault(kind, 0), atLeast(draws / 40));
        Evidence.of("draws", draws, exactly(draws));
        Evidence.of("largest gap of outputs", out, below(1e-5));
        Evidence.of("largest gap of gradients", gradients, below(1e-4));
    }

    @Test
    @Acceptance(topic = "flash-attention", clause = 1) void valuesAndGradientsEqualTheTextbooks() {
        compared(100, 276, SMALL, SMALL.withQueryTile(40).withKeyTile(32), SMALL.withOrder(Order.KEYS_OUTER), new FlashAttention());
    }

    @Test
    @Acceptance(topic = "flash-attention-2-3", clause = 1) void everyScheduleEqualsTheTextbook() {
        compared(200, 632, SMALL, SMALL.withPipelined(true), SMALL.withSplits(3), SMALL.withSplits(2).withPipelined(true),
                SMALL.withQueryTile(17).withKeyTile(19));
    }

    @Test
    @Acceptance(topic = "flash-attention", clause = 3) void countedElementsAreThoseOfTheFormula() {
        var rng = Rng.of(3);
        int ragged = 0, compared = 0;
        double apart = 0;
        for (int n = 0; n < 20; n++) {
            int rows = 32 + rng.nextInt(100), length = 50 + rng.nextInt(500), d = 8 * (1 + rng.nextInt(10));
            if (n % 5 == 0) length -= length % rows; // a few without a rest
            if (length == 0) length = rows;
            if (length % rows != 0) ragged++;
            Tensor q = Tensor.randn(rng, 1, 1, length, d), k = Tensor.randn(rng, 1, 1, length, d), v = Tensor.randn(rng, 1, 1, length, d);
            var traffic = SMALL.withQueryTile(rows).withKeyTile(16 + rng.nextInt(64)).forward(new Attention(), q, k, v).traffic();
            long blocks = (length + rows - 1) / rows, expected = 2L * length * d + 2 * blocks * length * d + length;
            apart = Math.max(apart, Math.abs(traffic.loaded() + traffic.stored() - expected));
            assertThat(traffic.stored()).isEqualTo((long) length * d + length);
            compared++;
        }
        Evidence.of("shapes", compared, exactly(20));
        Evidence.of("ragged ones", ragged, atLeast(10));
        Evidence.of("largest difference from 2Nd + 2 ceil(N / Br) N d + N", apart, exactly(0));
        double most = 0;
        for (int length : new int[] {1024, 1500, 2048}) {
            Tensor q = Tensor.randn(rng, 1, 1, length, 64), k = Tensor.randn(rng, 1, 1, length, 64),
                    v = Tensor.randn(rng, 1, 1, length, 64);
            var traffic = SMALL.forward(new Attention(), q, k, v).traffic();
            most = Math.max(most, (traffic.loaded() + traffic.stored()) / (4.0 * length * length + 4.0 * length * 64));
        }
        Evidence.of("elements over the naive 4 N^2 + 4 N d at d = 64, N from 1,024", most, below(1));
    }

    /** FA-1 scales what was there and what comes, tile by tile; FA-2 only where a largest score has grown, and once at the end. */
    @Test
    @Acceptance(topic = "flash-attention-2-3", clause = 4) void theSecondOrderRescalesLess() {
        var rng = Rng.of(4);
        double worst = 0, apart = 0;
        int shapes = 0;
        for (var options : new Attention[] {new Attention(), new Attention().withCausal(true), new Attention().withWindow(40)}) {
            for (int length : new int[] {33, 250, 700}) {
                Tensor q = Tensor.randn(rng, 1, 2, length, 32).compute(), k = Tensor.randn(rng, 1, 2, length, 32).compute(),
                        v = Tensor.randn(rng, 1, 2, length, 32).compute();
                var second = SMALL.forward(options, q, k, v);
                var first = SMALL.withOrder(Order.KEYS_OUTER).forward(options, q, k, v);
                worst = Math.max(worst, (double) second.traffic().rescaled() / first.traffic().rescaled());
                apart = Math.max(apart, Math.abs(second.traffic().rescaled() - rescaled(options, q, k, 32, 48)));
                assertThat(first.traffic().tiles()).isEqualTo(second.traffic().tiles());
                shapes++;
            }
        }
        Evidence.of("shapes", shapes, exactly(9));
        Evidence.of("most rows rescaled, FA-2 over FA-1", worst, below(1));
        Evidence.of("largest difference from the count over the scores themselves", apart, exactly(0));
    }

    /** Rows that have to be multiplied: of a block, at each later tile in which one's largest score grows; and all at the end. */
    private static long rescaled(Attention options, Tensor q, Tensor k, int rows, int keys) {
        int n = (int) q.size(2), d = (int) q.size(3);
        double[] a = ExplicitAttention.doubles(q), b = ExplicitAttention.doubles(k);
        long count = 0;
        for (int h = 0; h < q.size(1); h++) for (int first = 0; first < n; first += rows) {
            int last = Math.min(n, first + rows);
            count += last - first;
            var top = new double[last - first];
            Arrays.fill(top, Double.NEGATIVE_INFINITY);
            boolean started = false;
            for (int j = 0; j < n; j += keys) {
                boolean met = false, grown = false;
                for (int i = first; i < last; i++) {
                    double before = top[i - first];
                    for (int c = j; c < Math.min(n, j + keys); c++) {
                        if (options.causal() && c > i || options.window() > 0 && Math.abs(i - c) >= options.window()) continue;
                        met = true;
                        double dot = 0;
                        for (int p = 0; p < d; p++) dot += a[(h * n + i) * d + p] * b[(h * n + c) * d + p];
                        top[i - first] = Math.max(top[i - first], dot);
                    }
                    grown |= top[i - first] > before;
                }
                if (started && grown) count += last - first;
                started |= met;
            }
        }
        return count;
    }

    @Test
    @Acceptance(topic = "flash-attention-2-3", clause = 5) void blocksAndARotationHalveTheErrorOfEightBits() {
        var errors = new EnumMap<Fp8, Double>(Fp8.class);
        double byHand = 0;
        for (int seed = 1; seed <= 3; seed++) {
            var rng = Rng.of(seed);
            Tensor q = outliers(rng), k = outliers(rng), v = outliers(rng);
            var exact = new FlashAttention().forward(new Attention(), q.to(DType.F64), k.to(DType.F64), v.to(DType.F64)).out();
            for (var way : new Fp8[] {Fp8.PER_TENSOR, Fp8.PER_BLOCK_ROTATED}) {
                var out = new FlashAttention().withFp8(way).forward(new Attention(), q, k, v).out();
                errors.merge(way, rmse(out.to(DType.F64), exact) / 3, Double::sum);
            }
            var rounded = new FlashAttention().forward(new Attention(), eightBits(q), eightBits(k), eightBits(v)).out();
            byHand += rmse(rounded, exact) / 3;
        }
        // What is halved is no worse than it has to be.
        Evidence.of("mean error with one scale a tensor, over that of operands rounded here", errors.get(Fp8.PER_TENSOR) / byHand,
                atMost(1.05));
        Evidence.of("their ratio", errors.get(Fp8.PER_TENSOR) / errors.get(Fp8.PER_BLOCK_ROTATED), atLeast(2));
    }

    private static double rmse(Tensor x, Tensor exact) { return Math.sqrt(x.sub(exact).square().mean().item()); }

    /** To e4m3 with one scale: a sign, four bits of a power of two from -6, three bits behind the point, at most 448. */
    private static Tensor eightBits(Tensor x) {
        var values = x.to(DType.F64).toDoubleArray();
        double scale = Arrays.stream(values).map(Math::abs).max().orElseThrow() / 448;
        for (int i = 0; i < values.length; i++) {
            double step = Math.scalb(1.0, Math.max(Math.getExponent(values[i] / scale), -6) - 3);
            values[i] = scale * step * Math.rint(values[i] / scale / step);
        }
        return Tensor.of(values, x.shape().toArray());
    }

    /** N(0, 1), and N(0, 100) added with probability 0.01: 2,048 rows of 128. */
    private static Tensor outliers(Rng rng) {
        var usual = Tensor.randn(rng, 1, 1, 2048, 128);
        var far = Tensor.rand(rng, 1, 1, 2048, 128).lt(0.01).to(DType.F32).mul(Tensor.randn(rng, 1, 1, 2048, 128).mul(10));
        return usual.add(far).compute();
    }

    /** In JVMs of one thread and of two: what tasks there are, and what each adds up, depends on shapes alone. */
    @Test
    @Tag("slow")
    @Acceptance(topic = "flash-attention-2-3", clause = 2) void bitsDoNotDependOnTheThreads() {
        var seen = new String[2];
        for (int threads = 1; threads <= 2; threads++) {
            var run = ForkedJvm.of(FlashBits.class).withFlags("-Dlyceum.threads=" + threads).run();
            assertThat(run.exitCode()).as(run.output()).isZero();
            assertThat(run.output()).contains("threads " + threads);
            seen[threads - 1] = run.output().replaceAll("threads \\d", "");
        }
        Evidence.of("results whose bits were compared", seen[0].lines().filter(l -> l.contains("bits")).count(),
                exactly(FlashBits.RESULTS));
        Evidence.that("all bits are the same", seen[0].equals(seen[1]));
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "flash-attention", clause = 2)
    @Acceptance(topic = "flash-attention-2-3", clause = 3) void scratchIsLinear() {
        for (var mode : AttentionMemory.FLASH) {
            var run = AttentionMemory.onOneThread(mode, 1024, 2048, 4096, 8192, 16384);
            double growth = 0, slope = AttentionMemory.exponent(run.extra()), share = 0;
            for (int i = 1; i < run.extra().length; i++) growth = Math.max(growth, run.extra()[i] / run.extra()[i - 1]);
            for (int i = 0; i < run.extra().length; i++) {
                share = Math.max(share, run.extra()[i] / (4.0 * run.lengths()[i] * run.lengths()[i]));
                assertThat(run.countsRightly(i)).as(mode + ": " + run.counted()[i] + " counted, " + run.extra()[i] + " taken").isTrue();
            }
            // Splits are for few queries: each keeps a result's worth.
            if (!mode.contains("splits")) {
                double most = Math.max(run.extra()[3], AttentionMemory.onTwoThreads(mode, 8192));
                Evidence.of(mode + ": scratch at 8,192 over N x N floats", most / (4.0 * 8192 * 8192), below(1 / 50.0));
            }
            Evidence.of(mode + ": largest growth on doubling", growth, atMost(2.1));
            Evidence.of(mode + ": fitted exponent", slope, atMost(1.05));
            Evidence.of(mode + ": largest share of N x N floats", share, below(1));
        }
    }

    @Test void hiddenBlocksAreNeitherLoadedNorMultiplied() {
        Tensor q = Tensor.randn(Rng.of(1), 1, 1, 256, 16), k = Tensor.randn(Rng.of(2), 1, 1, 256, 16);
        var seen = Tensor.eye(DType.F32, 4).gt(0);
        var traffic = SMALL.withQueryTile(64).withKeyTile(64).forward(new Attention().withBlocks(new BlockMask(seen, 64)), q, k, k)
                .traffic();
        assertThat(traffic.tiles()).isEqualTo(4);
        assertThat(traffic.loaded()).isEqualTo(256 * 16 * 3);
        var causal = SMALL.withQueryTile(64).withKeyTile(64).forward(new Attention().withCausal(true), q, k, k).traffic();
        assertThat(causal.tiles()).isEqualTo(10);
    }

    @Test void schedulesGiveTheSameBitsAndEightBitsMoveFewerBytes() {
        Tensor q = Tensor.randn(Rng.of(1), 1, 2, 200, 32), k = Tensor.randn(Rng.of(2), 1, 2, 200, 32);
        var plain = SMALL.forward(new Attention(), q, k, k);
        var ahead = SMALL.withPipelined(true).forward(new Attention(), q, k, k);
        assertThat(ahead.out().toFloatArray()).containsExactly(plain.out().toFloatArray());
        // By one thread: how many work at once, each with scratch of its own, is chance.
        Parallel.sequentially(() -> assertThat(SMALL.withPipelined(true).forward(new Attention(), q, k, k).traffic().scratchBytes())
                .isGreaterThan(SMALL.forward(new Attention(), q, k, k).traffic().scratchBytes()));
        var codes = SMALL.withFp8(Fp8.PER_BLOCK).forward(new Attention(), q, k, k).traffic();
        assertThat(codes.loaded()).isEqualTo(plain.traffic().loaded());
        assertThat(codes.bytes()).isLessThan(plain.traffic().bytes() / 2);
    }

    @Test void aRotationIsOrthogonal() {
        for (int width : new int[] {1, 8, 80, 128}) {
            var r = FlashAttention.rotation(width, Rng.of(2)).to(DType.F64);
            assertThat(r.matmul(r.transpose()).sub(Tensor.eye(DType.F64, width)).abs().max().item()).isLessThan(1e-6);
        }
    }

    @Test void mistakesAreNamed() {
        assertThatThrownBy(() -> SMALL.withKeyTile(0)).hasMessage("FlashAttention: tiles of 32 queries and 0 keys; at least 1 each");
        assertThatThrownBy(() -> SMALL.withOrder(Order.KEYS_OUTER).withSplits(2))
                .hasMessage("FlashAttention: 2 splits with keys outer; splits are for queries outer");
        Tensor x = Tensor.zeros(1, 1, 8, 8);
        var forward = SMALL.forward(new Attention(), x, x, x);
        assertThatThrownBy(() -> SMALL.withFp8(Fp8.PER_TENSOR).backward(new Attention(), x, x, x, forward, x))
                .hasMessageContaining("take gradients with Fp8.NONE");
        assertThatThrownBy(() -> SMALL.backward(new Attention(), x, x, x, forward, Tensor.zeros(1, 1, 8, 4)))
                .hasMessageContaining("the gradient is (1, 1, 8, 4)");
        assertThatThrownBy(() -> SMALL.forward(new Attention().withPacking(Packing.of(3, 4)), x, x, x))
                .hasMessage("attention: packed sequences have 7 queries and 7 keys, the tensors 8 and 8");
    }
}
