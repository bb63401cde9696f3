package lyceum.tensor;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Backend;
import lyceum.backend.Profile;
import lyceum.random.Rng;
import lyceum.tensor.Attention.Method;
import lyceum.tensor.AttentionDraw.Kind;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@link Attention}, however it computes. */
class AttentionMethodsTest {

    private static double[][] swept(Attention options, Tensor q, Tensor k, Tensor v, Tensor g) {
        Tensor a = q.detach().requiresGrad(), b = k.detach().requiresGrad(), c = v.detach().requiresGrad();
        var out = options.of(a, b, c);
        out.backward(g);
        var all = new double[4][];
        Tensor[] parts = {out, a.grad(), b.grad(), c.grad()};
        for (int i = 0; i < 4; i++) all[i] = ExplicitAttention.doubles(parts[i]);
        return all;
    }

    @Test
    @Acceptance(topic = "memory-efficient-attention", clause = 1) void everyMethodEqualsTheExplicitMatrix() {
        Gap exact = Gap.absolute(), single = Gap.relativeBeyondOne(); // gradients reach 15, of which F32 has six digits
        var met = new EnumMap<Kind, Integer>(Kind.class);
        var rng = Rng.of(478);
        int compared = 0;
        for (int n = 0; n < 200; n++) {
            var type = n % 2 == 0 ? DType.F32 : DType.F64;
            var draw = AttentionDraw.of(rng, type, 16, true, n % 20 < 2);
            for (var kind : draw.kinds()) met.merge(kind, 1, Integer::sum);
            var e = draw.expected();
            double[][] expected = {e.out(), e.q(), e.k(), e.v()};
            for (var method : Method.values()) {
                var found = swept(draw.options().withMethod(method), draw.q(), draw.k(), draw.v(), draw.g());
                for (int i = 0; i < 4; i++)
                    (type == DType.F64 ? exact : single).see(
                            n + " " + method + " " + draw.kinds() + " part " + i + " " + draw.q().shape() + draw.k().shape(), found[i],
                            expected[i]);
                compared++;
            }
        }
        for (var kind : Kind.values()) Evidence.of("draws " + kind, met.getOrDefault(kind, 0), atLeast(5));
        Evidence.of("draws by methods", compared, exactly(800));
        Evidence.of("largest gap in F64", exact, below(1e-5));
        Evidence.of("largest gap in F32", single, below(1e-5));
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "memory-efficient-attention", clause = 2) void memoryIsLinearAndATwentiethOfTheMatrices() {
        for (var method : new Method[] {Method.AUTO, Method.CHUNKED, Method.TILED}) for (boolean back : new boolean[] {false, true}) {
            var name = method + (back ? " with gradients" : " forward");
            var mode = method + (back ? "" : " forward");
            var run = AttentionMemory.onOneThread(mode, 2048, 4096);
            double least = 1 << 16; // the kernel's forward pass takes none that the allocator would notice
            Evidence.of(name + ": growth from 2,048 to 4,096", Math.max(least, run.extra()[1]) / Math.max(least, run.extra()[0]),
                    atMost(2.1));
            // Forward the scores alone; with gradients the weights, their gradient and that of the scores.
            double most = Math.max(run.extra()[1], AttentionMemory.onTwoThreads(mode, 4096));
            Evidence.of(name + ": share of the matrices", most / ((back ? 3 : 1) * 4.0 * 4096 * 4096), atMost(0.05));
        }
        var naive = AttentionMemory.onOneThread(Method.NAIVE + " forward", 2048, 4096);
        Evidence.of("naive: growth", naive.extra()[1] / naive.extra()[0], atLeast(3.5));
        Evidence.of("naive: share of one matrix", naive.extra()[1] / (4.0 * 4096 * 4096), atLeast(1));
    }

    @Test
    @Acceptance(topic = "memory-efficient-attention", clause = 3) void packedSequencesAreSeparateOnes() {
        Gap gap = Gap.absolute(), gradients = Gap.overLargest();
        var rng = Rng.of(12);
        int sequences = 0;
        for (int n = 0; n < 20; n++) {
            List<Integer> lengths = new ArrayList<>(), keyLengths = new ArrayList<>();
            for (int s = 0; s < 1 + rng.nextInt(6); s++) {
                lengths.add(rng.nextInt(6) == 0 ? 0 : 1 + rng.nextInt(150));
                keyLengths.add(lengths.getLast() + (n % 3 == 0 ? rng.nextInt(20) : 0));
            }
            var packing = new Packing(lengths, keyLengths);
            int queries = lengths.stream().mapToInt(i -> i).sum(), keys = keyLengths.stream().mapToInt(i -> i).sum();
            var options = new Attention().withCausal(n % 3 > 0).withWindow(n % 5 == 0 ? 30 : 0);
            if (n % 4 == 1) options = options.withAlibi(Attention.alibiSlopes(4));
            var type = n % 2 == 0 ? DType.F64 : DType.F32;
            Tensor q = Tensor.randn(rng, type, 1, 4, queries, 32).compute(), k = Tensor.randn(rng, type, 1, 2, keys, 32).compute(),
                    v = Tensor.randn(rng, type, 1, 2, keys, 32).compute(), g = Tensor.randn(rng, type, 1, 4, queries, 32).compute();
            for (var method : Method.values()) {
                var packed = swept(options.withMethod(method).withPacking(packing), q, k, v, g);
                for (var part : packing.parts()) {
                    if (part.queries() == 0) continue;
                    // Separately; in F64 by the method that takes no tiles, in F32 by the same one.
                    var alone = swept(options.withMethod(type == DType.F64 ? Method.NAIVE : method),
                            q.narrow(2, part.firstQuery(), part.queries()), k.narrow(2, part.firstKey(), part.keys()),
                            v.narrow(2, part.firstKey(), part.keys()), g.narrow(2, part.firstQuery(), part.queries()));
                    gap.see("output of " + method + " " + packing, rows(packed[0], 4, queries, part.firstQuery(), part.queries()),
                            alone[0]);
                    gradients.see("dQ of " + method + " " + packing, rows(packed[1], 4, queries, part.firstQuery(), part.queries()),
                            alone[1]);
                    gradients.see("dK of " + method + " " + packing, rows(packed[2], 2, keys, part.firstKey(), part.keys()), alone[2]);
                    sequences++;
                }
            }
        }
        Evidence.of("sequences compared", sequences, atLeast(150));
        Evidence.of("largest gap of results", gap, below(1e-6));
        Evidence.of("largest gap of gradients", gradients, below(1e-6));
    }

    /** Rows of each head, of 32 columns. */
    private static double[] rows(double[] x, int heads, int length, int first, int n) {
        var part = new double[heads * n * 32];
        for (int h = 0; h < heads; h++) System.arraycopy(x, (h * length + first) * 32, part, h * n * 32, n * 32);
        return part;
    }

    @Test
    @Acceptance(topic = "memory-efficient-attention", clause = 4) void forcedMethodsAgree() {
        var gap = Gap.overLargest();
        var rng = Rng.of(13);
        int compared = 0;
        for (var backend : new String[] {"scalar", "vector", Backend.current().name()}) for (int n = 0; n < 12; n++) {
            var draw = AttentionDraw.of(rng, DType.F32, 16, true);
            Backend.with(Backend.named(backend), () -> {
                var first = swept(draw.options().withMethod(Method.NAIVE), draw.q(), draw.k(), draw.v(), draw.g());
                for (var method : new Method[] {Method.CHUNKED, Method.TILED, Method.AUTO}) {
                    var other = swept(draw.options().withMethod(method), draw.q(), draw.k(), draw.v(), draw.g());
                    for (int i = 0; i < 4; i++) gap.see(method + " on " + backend + " " + draw.kinds(), other[i], first[i]);
                }
            });
            compared += 3;
        }
        Evidence.of("pairs of methods", compared, exactly(108));
        Evidence.of("largest gap", gap, below(1e-5));
    }

    @Test void gradientsOfABiasAndBatchesWorkByEveryMethod() {
        var rng = Rng.of(14);
        Tensor q = Tensor.randn(rng, DType.F64, 3, 1, 2, 6, 4), k = Tensor.randn(rng, DType.F64, 1, 2, 6, 4),
                bias = Tensor.randn(rng, DType.F64, 6, 6);
        var seen = new BlockMask(Tensor.of(new int[] {1, 0, 1, 1}, 2, 2).gt(0), 3);
        var options = new Attention().withBias(bias).withAlibi(Attention.alibiSlopes(2)).withBlocks(seen);
        double[] expected = null;
        for (var method : new Method[] {Method.NAIVE, Method.CHUNKED, Method.TILED}) {
            var b = bias.detach().requiresGrad();
            options.withBias(b).withMethod(method).of(q.get(0), k, k).square().sum().backward();
            var batched = Autograd.vmap(in -> options.withMethod(method).of(in[0], k, k), q);
            var one = options.withMethod(method).of(q.get(1), k, k);
            assertThat(batched.get(1).sub(one).abs().max().item()).isLessThan(1e-13);
            if (expected == null) expected = b.grad().toDoubleArray();
            assertThat(b.grad().toDoubleArray()).containsExactly(expected, Offset.offset(1e-12));
        }
    }

    /** Which one is fastest is measured by the rows of the bench; here, that the rule is the one they measured. */
    @Test void aFewQueriesWithGradientsAreProducts() {
        Tensor q = Tensor.zeros(1, 8, 4, 16), k = Tensor.zeros(1, 8, 2048, 16), more = Tensor.zeros(1, 8, 5, 16);
        var all = new Attention();
        Backend.with(Backend.named("scalar"), () -> { // which has a kernel for every type
            assertThat(AttentionOp.chosen(all, q, k, k)).isEqualTo(Method.TILED);
            for (var in : new Tensor[][] {{q.requiresGrad(), k, k}, {q, k.requiresGrad(), k}, {q, k, k.requiresGrad()}}) {
                assertThat(AttentionOp.chosen(all, in[0], in[1], in[2])).isEqualTo(Method.NAIVE);
                assertThat(GradMode.with(false, () -> AttentionOp.chosen(all, in[0], in[1], in[2]))).isEqualTo(Method.TILED);
                var lengths = all.withKeyLengths(Tensor.of(7)); // what lies beyond may be NaN
                assertThat(AttentionOp.chosen(lengths, in[0], in[1], in[2])).isEqualTo(Method.TILED);
            }
            assertThat(AttentionOp.chosen(all, more.requiresGrad(), k, k)).isEqualTo(Method.TILED);
            assertThat(AttentionOp.chosen(all, q.to(DType.BF16).requiresGrad(), k, k)).isEqualTo(Method.TILED);
        });
    }

    @Test void aProfileTakesAttentionWithoutAGradient() {
        Tensor x = Tensor.randn(Rng.of(15), 1, 1, 16, 8);
        try (var profile = Profile.start()) {
            new Attention().withMethod(Method.TILED).of(x, x, x);
            assertThat(profile.rows()).extracting(Profile.Row::operation).contains("attention");
        }
    }

    @Test void slopesAreThoseOfTheAuthors() {
        assertThat(Attention.alibiSlopes(8).toFloatArray()).containsExactly(0.5f, 0.25f, 0.125f, 0.0625f, 0.03125f, 0.015625f, 0.0078125f,
                0.00390625f);
        assertThat(Attention.alibiSlopes(3).toFloatArray()).containsExactly(0.0625f, 0.00390625f, 0.25f);
    }

    @Test void mistakesAreNamed() {
        Tensor x = Tensor.zeros(1, 2, 8, 4);
        assertThatThrownBy(() -> new Attention().withAlibi(Tensor.zeros(3)).of(x, x, x)).isInstanceOf(ShapeException.class)
                .hasMessage("attention: alibi has shape (3,); it is (heads 2) or (batch, heads)");
        assertThatThrownBy(() -> new Attention().withBlocks(new BlockMask(Tensor.zeros(2, 3).gt(0), 4)).of(x, x, x))
                .isInstanceOf(ShapeException.class).hasMessageContaining("blocks of 4 are seen by a mask (2, 3)");
        assertThatThrownBy(() -> new Attention().withPacking(Packing.of(8)).withKeyLengths(Tensor.of(4)).of(x, x, x))
                .hasMessageContaining("goes without keyLengths");
        assertThatThrownBy(() -> Packing.of(3, -1)).hasMessage("Packing: a sequence has length -1; at least 0");
        assertThatThrownBy(() -> new BlockMask(x, 4)).hasMessage("BlockMask: seen is F32; it is BOOL");
    }
}
