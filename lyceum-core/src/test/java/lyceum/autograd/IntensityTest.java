package lyceum.autograd;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.LyceumException;
import lyceum.backend.Accelerator;
import lyceum.backend.Roofline;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class IntensityTest {
    private static final Map<DType, Integer> SIZES = Map.of(DType.F64, 8, DType.F32, 4, DType.F16, 2, DType.BF16, 2);

    /** Counts apart, and how many were compared. */
    private static final class Counts {
        long apart;
        int compared;

        void see(Intensity found, long operations, long bytes) {
            apart += Math.abs(found.operations() - operations) + Math.abs(found.bytes() - bytes);
            compared += 2;
        }
    }

    private static Tensor zeros(DType type, long... shape) { return Tensor.zeros(type, shape); }

    /** True if operations / bytes = numerator / denominator, in whole numbers. */
    private static boolean isRatio(Intensity found, long numerator, long denominator) {
        return BigInteger.valueOf(found.operations()).multiply(BigInteger.valueOf(denominator))
                .equals(BigInteger.valueOf(found.bytes()).multiply(BigInteger.valueOf(numerator)));
    }

    @Test
    @Acceptance(topic = "arithmetic-intensity", clause = 1) void aProductHasTwiceItsTermsOverItsThreeMatrices() {
        var rng = Rng.of(545);
        int apart = 0, shapes = 0;
        for (var type : List.of(DType.F64, DType.F32, DType.F16, DType.BF16)) {
            for (int i = 0; i < 50; i++, shapes++) {
                long m = 1 + rng.nextLong(300), k = 1 + rng.nextLong(300), n = 1 + rng.nextLong(300), s = SIZES.get(type);
                boolean turned = i % 2 == 0;
                var found = Intensity.ofShapes(() -> zeros(type, m, k).matmul(turned ? zeros(type, n, k).transpose() : zeros(type, k, n)));
                if (!isRatio(found, 2 * m * n * k, s * (m * k + k * n + m * n))) apart++;
                var other = Intensity.ofShapes(() -> zeros(DType.F32, m, k).matmul(zeros(DType.F32, k, n))).in(type);
                if (!isRatio(other, 2 * m * n * k, s * (m * k + k * n + m * n))) apart++;
            }
        }
        Evidence.of("shapes and types", shapes, exactly(200));
        Evidence.of("whose intensity is not 2mnk/(s(mk+kn+mn))", apart, exactly(0));
        int squares = 0, unlike = 0;
        for (long n = 1; n <= 16_384; n = n < 100 ? n + 1 : n * 3 / 2, squares++) {
            long side = n;
            if (!isRatio(Intensity.ofShapes(() -> zeros(DType.F16, side, side).matmul(zeros(DType.F16, side, side))), n, 3)) unlike++;
        }
        Evidence.of("of " + squares + " square fp16 products, those whose intensity is not n/3", unlike, exactly(0));
    }

    @Test
    @Acceptance(topic = "arithmetic-intensity", clause = 2) void tracedCountsEqualFormulasByHand() {
        var rng = Rng.of(2);
        Counts mlp = new Counts(), attention = new Counts(), norm = new Counts(), decode = new Counts();
        for (int i = 0; i < 40; i++) {
            var type = List.of(DType.F64, DType.F32, DType.F16, DType.BF16).get(i % 4);
            long s = SIZES.get(type), b = 1 + rng.nextLong(40), d = 2 + rng.nextLong(60), h = 2 + rng.nextLong(90);
            var net = traced(in -> in[0].affine(in[1], in[2]).relu().affine(in[3], in[4]), new long[] {b, d}, new long[] {h, d},
                    new long[] {h}, new long[] {d, h}, new long[] {d}).in(type);
            long work = 2 * b * d * h + b * h + b * h + 2 * b * h * d + b * d;
            mlp.see(net, work,
                    s * (b * d + h * d + b * h + (b * h + h + b * h) + (b * h + b * h) + (b * h + d * h + b * d) + (b * d + d + b * d)));
            mlp.see(net.fused(), work, s * ((b * d + h * d + h + b * h) + (b * h + d * h + d + b * d)));

            long heads = 1 + rng.nextLong(6), t = 1 + rng.nextLong(50), e = 1 + rng.nextLong(30), keys = b * heads * t * e,
                    scores = b * heads * t * t;
            long[] each = {b, heads, t, e};
            var plain = traced(in -> in[0].matmul(in[1].transpose()).mul(0.3).softmax(-1).matmul(in[2]), each, each, each).in(type);
            work = 2 * scores * e + scores + 5 * scores + 2 * scores * e;
            attention.see(plain, work, s * ((2 * keys + scores) + 2 * scores + 2 * scores + (scores + 2 * keys)));
            attention.see(plain.fused(), work, s * ((2 * keys + scores) + 2 * scores + (scores + 2 * keys)));
            var whole = traced(in -> new Attention().of(in[0], in[1], in[2]), each, each, each).in(type);
            attention.see(whole, 4 * scores * e, s * 4 * keys);

            var composed = traced(in -> {
                var centred = in[0].sub(in[0].mean(-1, true));
                return centred.div(centred.square().mean(-1, true).add(1e-5).sqrt()).mul(in[1]).add(in[2]);
            }, new long[] {b, d}, new long[] {d}, new long[] {d}).in(type);
            long n = b * d;
            // Mean: n and b; minus n; square n; its mean n and b; plus and root b each; over, times and plus n each.
            work = n + b + n + n + n + b + b + b + n + n + n;
            norm.see(composed, work, s
                    * ((n + b) + 2 * b + (n + b + n) + 2 * n + (n + b) + 2 * b + 2 * b + 2 * b + (n + b + n) + (n + d + n) + (n + d + n)));
            norm.see(composed.fused(), work, s * ((n + b) + 2 * b + (n + b + n) + 2 * n + (n + b) + 2 * b + (n + b + 2 * d + n)));
            var one = traced(in -> in[0].layerNorm(in[1], in[2], 1e-5), new long[] {b, d}, new long[] {d}, new long[] {d}).in(type);
            norm.see(one, 6 * n, s * (2 * n + 2 * d));

            long width = heads * e, past = 1 + rng.nextLong(200);
            var step = step(b, heads, e, past, type);
            work = 2 * b * width * (4 * width) + 4 * b * heads * past * e + b * width;
            decode.see(step, work,
                    s * (4 * (b * width + width * width + b * width) + (2 * b * width + 2 * b * past * width) + 3 * b * width));
            decode.see(step.fused(), work,
                    s * (4 * (b * width + width * width + b * width) + (2 * b * width + 2 * b * past * width) + b * width));
        }
        Evidence.of("operations and bytes apart from the formulas of an MLP, each operation alone and fused", mlp.apart, exactly(0));
        Evidence.of("of attention, in four operations, fused, and as one", attention.apart, exactly(0));
        Evidence.of("of layer norm, in eleven operations, fused, and as one", norm.apart, exactly(0));
        Evidence.of("of a decoding step, each operation alone and fused", decode.apart, exactly(0));
        Evidence.of("counts compared", mlp.compared + attention.compared + norm.compared + decode.compared, exactly(40 * 20));
    }

    private static Intensity traced(Function<Tensor[], Tensor> f, long[]... shapes) {
        var in = new Tensor[shapes.length];
        for (int i = 0; i < in.length; i++) in[i] = zeros(DType.F32, shapes[i]);
        return Intensity.of(Graph.trace(x -> new Tensor[] {f.apply(x)}, in));
    }

    /** One token of each of {@code b} users: query, key and value of it, attention over the cache, the output with the residual. */
    private static Intensity step(long b, long heads, long e, long past, DType type) {
        long width = heads * e;
        long[] square = {width, width}, cache = {b, heads, past, e};
        return traced(in -> {
            Tensor q = in[0].matmul(in[1]), k = in[0].matmul(in[2]), v = in[0].matmul(in[3]);
            assertThat(k.shape()).isEqualTo(v.shape()); // they go into the cache
            var seen = new Attention().of(q.reshape(b, heads, 1, e), in[5], in[6]);
            return in[0].add(seen.reshape(b, width).matmul(in[4]));
        }, new long[] {b, width}, square, square, square, square, cache, cache).in(type);
    }

    @Test
    @Acceptance(topic = "arithmetic-intensity", clause = 3) void batchesRaiseWeightsButNotTheCache() {
        int unlike = 0, layers = 0;
        double farthest = 0, cache = 0;
        for (long b : new long[] {1, 2, 3, 8, 17, 64, 128, 256}) {
            for (long d : new long[] {100 * b, 128 * b, 1000 * b, 64, 5120}) {
                var layer = Intensity.ofShapes(() -> zeros(DType.F16, b, d).matmul(zeros(DType.F16, d, d)));
                if (!isRatio(layer, b * d, d + 2 * b)) unlike++;
                if (d >= 100 * b) farthest = Math.max(farthest, Math.abs(layer.intensity() / b - 1));
                layers++;
            }
            for (long past : new long[] {1, 100, 4096, 131_072}) {
                var one = Intensity.ofShapes(() -> new Attention().of(zeros(DType.F16, b, 32, 1, 128), zeros(DType.F16, b, 32, past, 128),
                        zeros(DType.F16, b, 32, past, 128)));
                var four = Intensity.ofShapes(() -> zeros(DType.F16, b, 32, 1, 128).matmul(zeros(DType.F16, b, 32, past, 128).transpose())
                        .mul(0.1).softmax(-1).matmul(zeros(DType.F16, b, 32, past, 128)));
                cache = Math.max(cache, Math.max(one.intensity(), Math.max(four.intensity(), four.fused().intensity())));
            }
        }
        Evidence.of("of " + layers + " layers of a decoding step, those that are not B/(1+2B/d)", unlike, exactly(0));
        Evidence.of("farthest from B, of those with d >= 100 B", farthest, atMost(0.02));
        Evidence.of("most of attention over the cache, B of 1 to 256", cache, below(2));
    }

    @Test void viewsStretchedOperandsTablesAndNumbersMoveWhatTheyStore() {
        Tensor x = zeros(DType.F32, 6, 10), row = zeros(DType.F32, 10), table = zeros(DType.F32, 1000, 10);
        assertThat(Intensity.ofShapes(() -> x.add(row.expand(6, 10))).bytes()).isEqualTo(4 * (60 + 10 + 60));
        assertThat(Intensity.ofShapes(() -> x.mul(2)).bytes()).isEqualTo(4 * 120);
        assertThat(Intensity.ofShapes(() -> x.mul(x)).bytes()).isEqualTo(4 * 120);
        assertThat(Intensity.ofShapes(() -> x.narrow(0, 0, 2).add(x.narrow(0, 1, 2))).bytes()).isEqualTo(4 * 60);
        assertThat(Intensity.ofShapes(() -> x.narrow(0, 0, 5).add(x.narrow(0, 1, 5))).bytes()).as("not more than all of it")
                .isEqualTo(4 * (60 + 50));
        var looked = Intensity.ofShapes(() -> table.indexSelect(0, Tensor.of(new long[] {1, 5, 9}))).rows().getLast();
        assertThat(looked.operations()).isZero();
        assertThat(looked.bytes()).isLessThan(4 * 1000).isGreaterThanOrEqualTo(4 * 2 * 30);
    }

    @Test void chainsEndWhereAnotherReads() {
        Tensor x = zeros(DType.F32, 8, 8), w = zeros(DType.F32, 8, 8);
        assertThat(Intensity.of(Graph.trace(in -> new Tensor[] {in[0].matmul(in[1]).relu().exp()}, x, w)).fused().rows())
                .extracting(Intensity.Row::operation).containsExactly("matmul+relu+exp");
        assertThat(Intensity.of(Graph.trace(in -> {
            var product = in[0].matmul(in[1]);
            return new Tensor[] {product.relu(), product};
        }, x, w)).fused().rows()).extracting(Intensity.Row::operation).as("the product is an output").containsExactly("matmul", "relu");
        var both = Intensity.of(Graph.trace(in -> {
            var product = in[0].matmul(in[1]);
            return new Tensor[] {product.relu().matmul(product)};
        }, x, w)).fused();
        assertThat(both.rows()).extracting(Intensity.Row::operation).containsExactly("matmul", "relu", "matmul");
        assertThat(both.byOperator()).hasSize(2).first().satisfies(r -> assertThat(r.intensity()).isEqualTo(0.125));
    }

    @Test void gradientsAreCountedAsTheyAreMade() {
        var w = zeros(DType.F32, 30, 20).requiresGrad();
        var step = Intensity.ofShapes(() -> zeros(DType.F32, 7, 30).matmul(w).sum().backward());
        var flops = FlopCounter.ofShapes(() -> zeros(DType.F32, 7, 30).matmul(w).sum().backward());
        assertThat(step.operations()).isEqualTo(flops.products() + flops.others());
        assertThat(step.rows()).extracting(Intensity.Row::operation).contains("matmul", "sum");
    }

    @Test void theLeastTimeIsTheSumOfTheSlowerSides() {
        var on = Accelerator.A100_SXM.roofline(DType.BF16);
        var step = traced(in -> in[0].matmul(in[1]).softmax(-1), new long[] {4096, 4096}, new long[] {4096, 4096}).in(DType.BF16);
        double n = 4096;
        assertThat(step.rows()).extracting(r -> r.bound(on)).containsExactly(Roofline.Bound.COMPUTE, Roofline.Bound.MEMORY);
        assertThat(step.seconds(on)).isEqualTo(2 * n * n * n / 312e12 + 4 * n * n / 2039e9);
        assertThat(step.toString()).contains("softmax", "matmul").endsWith("\n");
    }

    @Test void whatCannotBeCountedSaysSo() {
        var x = zeros(DType.F32, 2, 2);
        assertThatThrownBy(() -> Intensity.ofShapes(() -> x.add(1).sum().item())).isInstanceOf(LyceumException.class)
                .hasMessageContaining("Intensity.ofShapes: an item of a tensor of shape () is read");
        assertThatThrownBy(() -> Intensity.ofShapes(() -> x.exp()).in(DType.I32)).isInstanceOf(DTypeException.class)
                .hasMessageContaining("I32 is not a float type");
    }
}
