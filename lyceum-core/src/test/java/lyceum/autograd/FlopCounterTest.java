package lyceum.autograd;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.backend.Convolution;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Csr;
import lyceum.tensor.LstmOp;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class FlopCounterTest {
    private static final Golden GOLDEN = Golden.load("golden/flops.json");

    private static Tensor zeros(long... shape) { return Tensor.zeros(DType.F32, shape); }

    private static Tensor tracked(long... shape) { return zeros(shape).copy().requiresGrad(); }

    /** The net of a golden case. */
    private static Tensor net(Golden c) {
        return switch (c.text("name").split(" ")[0]) {
            case "linear" -> linear(c);
            case "conv" -> conv(c);
            case "batched" -> {
                var shapes = Arrays.stream(c.intMatrix("input.shapes")).map(s -> Arrays.stream(s).asLongStream().toArray()).toList();
                Tensor a = tracked(shapes.get(0)), b = tracked(shapes.get(1)), d = tracked(shapes.get(2));
                yield a.matmul(b).tanh().matmul(d.transpose());
            }
            case "attention" -> attention(c);
            default -> throw new AssertionError(c);
        };
    }

    private static Tensor linear(Golden c) {
        long[] batch = c.longs("input.batch"), widths = c.longs("input.widths"), shape = Arrays.copyOf(batch, batch.length + 1);
        shape[batch.length] = widths[0];
        var h = zeros(shape);
        for (int i = 1; i < widths.length; i++) h = h.affine(tracked(widths[i], widths[i - 1]), tracked(widths[i])).relu();
        return h;
    }

    private static Tensor conv(Golden c) {
        var h = c.flag("input.tracked") ? tracked(c.longs("input.x")) : zeros(c.longs("input.x"));
        for (var layer : c.list("input.layers")) {
            var how = new Convolution().withStride(layer.integer("stride")).withPadding(layer.integer("padding"))
                    .withDilation(layer.integer("dilation"));
            var w = tracked(layer.longs("weight"));
            h = (layer.flag("transposed") ? h.convTranspose(w, null, how) : h.conv(w, null, how)).relu();
        }
        return h;
    }

    private static Tensor attention(Golden c) {
        long batch = c.integer("input.batch"), length = c.integer("input.length"), width = c.integer("input.width"),
                heads = c.integer("input.heads");
        var x = tracked(batch, length, width);
        var joint = x.affine(tracked(3 * width, width), null).reshape(batch, length, 3, heads, width / heads).permute(2, 0, 3, 1, 4);
        var weights = joint.get(0).matmul(joint.get(1).transpose()).mul(0.5).softmax(-1);
        return weights.matmul(joint.get(2)).transpose(1, 2).reshape(batch, length, width).affine(tracked(width, width), null);
    }

    @Test
    @Acceptance(topic = "flops", clause = 1) void countsEqualTorchForwardAndBackward() {
        for (var kind : new String[] {"linear", "conv", "batched", "attention"}) {
            long apart = 0;
            int nets = 0;
            for (var c : GOLDEN.cases(kind)) {
                var flops = FlopCounter.count(() -> net(c).sum().backward());
                apart += Math.abs(flops.products(false) - (long) c.number("expected.forward"));
                apart += Math.abs(flops.products() - (long) c.number("expected.all"));
                nets++;
            }
            Evidence.of(kind + " nets", nets, exactly(kind.equals("conv") ? 18 : 10));
            Evidence.of("operations apart from torch in all of them", apart, exactly(0));
        }
    }

    @Test
    @Acceptance(topic = "flops", clause = 2) void closedFormsHoldForRandomShapes() {
        var rng = Rng.of(284);
        long apart = 0;
        int shapes = 0;
        for (int i = 0; i < 100; i++, shapes++) {
            long b = 1 + rng.nextLong(5), m = 1 + rng.nextLong(30), k = 1 + rng.nextLong(30), n = 1 + rng.nextLong(30);
            var shared = i % 2 == 0;
            var flops = FlopCounter.count(() -> tracked(b, m, k).matmul(shared ? tracked(k, n) : tracked(b, k, n)).sum().backward());
            apart += Math.abs(flops.products(false) - 2 * b * m * k * n) + Math.abs(flops.products(true) - 4 * b * m * k * n);
        }
        for (int i = 0; i < 100; i++, shapes++) {
            int groups = 1 + (int) rng.nextLong(3), stride = 1 + (int) rng.nextLong(3), padding = (int) rng.nextLong(3),
                    dilation = 1 + (int) rng.nextLong(2);
            long batch = 1 + rng.nextLong(3), in = 1 + rng.nextLong(4), out = 1 + rng.nextLong(4), height = 7 + rng.nextLong(8),
                    width = 7 + rng.nextLong(8), kh = 1 + rng.nextLong(3), kw = 1 + rng.nextLong(3);
            var how = new Convolution().withGroups(groups).withStride(stride).withPadding(padding).withDilation(dilation);
            var flops = FlopCounter.count(() -> tracked(batch, in * groups, height, width)
                    .conv(tracked(out * groups, in, kh, kw), tracked(out * groups), how).sum().backward());
            long positions = positions(height, kh, stride, padding, dilation) * positions(width, kw, stride, padding, dilation),
                    expected = 2 * batch * out * groups * positions * in * kh * kw;
            apart += Math.abs(flops.products(false) - expected) + Math.abs(flops.products(true) - 2 * expected);
        }
        Evidence.of("shapes", shapes, exactly(200));
        Evidence.of("operations apart from 2 b m k n and 2 b outputs positions inputs window, and twice that backward", apart, exactly(0));
    }

    /** Places of a window, found by sliding it. */
    private static long positions(long length, long kernel, int stride, int padding, int dilation) {
        long count = 0;
        for (long at = -padding; at + dilation * (kernel - 1) < length + padding; at += stride) count++;
        return count;
    }

    /** A decoder: embeddings that are looked up, blocks of attention and feed-forward, an output head that is not tied. */
    private record Decoder(int layers, int width, int heads, int hidden, int vocabulary, int length, int batch, boolean fused) {
        private Tensor block(Tensor x) { return x.add(FlopCounter.part("attention", () -> attend(norm(x)))); }

        private Tensor feed(Tensor x) {
            return x.add(FlopCounter.part("mlp",
                    () -> norm(x).affine(tracked(hidden, width), tracked(hidden)).geluTanh().affine(tracked(width, hidden), null)));
        }

        private Tensor norm(Tensor x) { return x.sub(x.mean(-1, true)).div(x.square().mean(-1, true).add(1e-5).sqrt()); }

        private Tensor attend(Tensor x) {
            var joint = x.affine(tracked(3L * width, width), tracked(3L * width)).reshape(batch, length, 3, heads, width / heads).permute(2,
                    0, 3, 1, 4);
            Tensor q = joint.get(0), k = joint.get(1), v = joint.get(2), y;
            if (fused) y = new Attention().withCausal(true).of(q, k, v);
            else y = q.matmul(k.transpose()).mul(Math.pow((double) width / heads, -0.5)).softmax(-1).matmul(v);
            return y.transpose(1, 2).reshape(batch, length, width).affine(tracked(width, width), null);
        }

        Tensor loss() {
            var ids = Tensor.zeros(DType.I64, (long) batch * length);
            var h = tracked(vocabulary, width).indexSelect(0, ids).reshape(batch, length, width);
            for (int i = 0; i < layers; i++) {
                var x = h;
                h = FlopCounter.part("block " + i, () -> feed(block(x)));
            }
            var last = norm(h);
            return FlopCounter.part("head", () -> last.affine(tracked(vocabulary, width), null)).logSumExp(-1).mean();
        }

        long weights() { return (long) layers * (4L * width * width + 2L * width * hidden) + (long) vocabulary * width; }

        long tokens() { return (long) batch * length; }

        /** By hand, in whole numbers. */
        long expected() { return 6 * weights() * tokens() + 12L * layers * width * length * tokens(); }
    }

    private static List<Decoder> decoders() {
        var found = new ArrayList<Decoder>();
        for (boolean fused : new boolean[] {false, true}) {
            found.add(new Decoder(1, 8, 1, 32, 11, 5, 2, fused));
            found.add(new Decoder(3, 24, 4, 96, 50, 17, 3, fused));
            found.add(new Decoder(2, 30, 5, 77, 101, 32, 1, fused));
        }
        return found;
    }

    @Test
    @Acceptance(topic = "flops", clause = 3) void aDecodersStepIsSixNdAndAttention() {
        long apart = 0, others = 0;
        for (var d : decoders()) {
            var flops = FlopCounter.count(() -> d.loss().backward());
            apart += Math.abs(flops.products() - d.expected());
            apart += Math.abs((long) FlopCounter.training(d.weights(), d.tokens(), d.layers, d.width, d.length) - d.expected());
            others += flops.others() > 0 ? 1 : 0;
            assertThat(flops.rows()).as("element-wise rows hold no products").filteredOn(r -> r.others() > 0)
                    .allMatch(r -> r.products() == 0).extracting(FlopCounter.Row::operation).contains("mul", "sqrt");
        }
        Evidence.of("operations apart from 6 N D + 12 layers width T D", apart, exactly(0));
        Evidence.of("decoders that report element-wise work beside", others, exactly(decoders().size()));
    }

    @Test void partsHaveTheirForwardAndBackwardWork() {
        var d = decoders().get(1);
        var flops = FlopCounter.count(() -> d.loss().backward());
        var parts = flops.byPart();
        long tokens = d.tokens(), mlp = 12L * d.width * d.hidden * tokens,
                attention = 24L * d.width * d.width * tokens + 12L * d.width * d.length * tokens;
        assertThat(parts).containsAllEntriesOf(Map.of("block 2/mlp", mlp, "block 0/attention", attention, "block 1", mlp + attention,
                "head", 6L * d.vocabulary * d.width * tokens, "", d.expected()));
        assertThat(flops.toString()).contains("block 1", "    mlp");
    }

    @Test
    @Acceptance(topic = "flops", clause = 4) void shapesAloneGiveTheSameRowsAndTakeNoMemory() {
        int compared = 0, different = 0;
        var bodies = new ArrayList<Runnable>();
        for (var c : GOLDEN.cases("")) bodies.add(() -> net(c).sum().backward());
        for (var d : decoders()) bodies.add(() -> d.loss().backward());
        for (var body : bodies) {
            var ran = FlopCounter.count(body).rows();
            if (!FlopCounter.ofShapes(body).rows().equals(ran)) different++;
            compared += ran.size();
        }
        Evidence.of("rows compared", compared, atLeast(300));
        Evidence.of("runs whose rows differ", different, exactly(0));
        // 70 billion weights, 280 GB of them.
        var large = new Decoder(80, 8192, 64, 28_672, 128_256, 8192, 4, true);
        long[] step = new long[1], real = new long[1];
        var flops = FlopCounter.ofShapes(() -> step[0] = allocated(() -> large.loss().backward()));
        Evidence.of("bytes allocated by a step of a model of 70 billion weights", step[0], exactly(0));
        var small = decoders().getFirst();
        real[0] = allocated(() -> small.loss().backward());
        Evidence.of("bytes allocated by a step of a model of 856 weights that runs", real[0], atLeast(4 * small.weights()));
        assertThat(flops.products()).isEqualTo(large.expected());
    }

    /** All that is asked for in there, given back or not. */
    private static long allocated(Runnable body) {
        try (var scope = Scope.open()) {
            body.run();
            return scope.allocated();
        }
    }

    /** One for each element of a result, or of what is summed; copies, views, look-ups, joins and casts none. */
    @Test void elementWiseWorkIsCountedByElements() {
        var flops = FlopCounter.count(() -> Tensor.concat(0, tracked(3, 4), tracked(4, 4)).indexSelect(0, Tensor.of(2, 0, 2)).transpose()
                .copy().matmul(tracked(3, 5)).add(tracked(5)).tanh().to(DType.F64).sum());
        assertThat(flops.products()).isEqualTo(2 * 4 * 3 * 5);
        assertThat(flops.others()).isEqualTo(3 * 4 * 5);
        assertThat(flops.rows()).extracting(FlopCounter.Row::operation, FlopCounter.Row::products, FlopCounter.Row::others)
                .contains(tuple("matmul", 120L, 0L), tuple("add", 0L, 20L), tuple("tanh", 0L, 20L), tuple("sum", 0L, 20L));
    }

    /** Two for each entry and column, forward and in the gradient of the dense operand; that of the entries is gathered and added up. */
    @Test void sparseProductsCountTheirEntries() {
        for (int columns : new int[] {0, 1, 6}) { // 0 stands for a vector
            var a = Csr.of(3, 4, new int[] {0, 2, 2, 5}, new int[] {0, 2, 1, 2, 3}, Tensor.of(1.0f, 2, 3, 4, 5));
            var flops = FlopCounter.count(() -> a.matmul(columns == 0 ? tracked(4) : tracked(4, columns)).sum().backward());
            assertThat(flops.products(false)).as("%d columns", columns).isEqualTo(2 * 5 * Math.max(1, columns));
            assertThat(flops.products(true)).as("%d columns, backward", columns).isEqualTo(2 * 5 * Math.max(1, columns));
            assertThat(flops.rows()).extracting(FlopCounter.Row::operation).contains("sparse matmul");
        }
    }

    /** A product of (batch, n) and (n, 4 n) a step, and as one operation twice that backward, whatever its sweep runs inside. */
    @Test void anLstmCountsItsSteps() {
        long steps = 5, batch = 2, n = 3, products = 2 * steps * batch * 4 * n * n;
        Runnable body = () -> LstmOp.of(tracked(steps, batch, 4 * n), tracked(4 * n, n), zeros(batch, n), zeros(batch, n)).sum().backward();
        var flops = FlopCounter.count(body);
        assertThat(flops.products(false)).isEqualTo(products);
        assertThat(flops.products(true)).isEqualTo(2 * products);
        assertThat(flops.rows()).filteredOn(row -> row.operation().equals("lstm"))
                .extracting(FlopCounter.Row::backward, FlopCounter.Row::calls, FlopCounter.Row::products)
                .containsExactly(tuple(false, 1L, products), tuple(true, 1L, 2 * products));
        assertThat(FlopCounter.ofShapes(body).rows()).isEqualTo(flops.rows());
    }

    @Test void whatNeedsValuesSaysSo() {
        assertThatThrownBy(() -> FlopCounter.ofShapes(() -> zeros(3, 4).exp().sum().item())).isInstanceOf(LyceumException.class)
                .hasMessage("FlopCounter.ofShapes: an item of a tensor of shape () is read, and there are no values; "
                        + "use FlopCounter.count, or leave it out");
    }

    @Test void hollowTensorsDoNotEscapeAndOthersAreLeftAsTheyWere() {
        var pending = Tensor.randn(Rng.of(1), 40, 50);
        var w = tracked(50, 3);
        var escaped = new Tensor[1];
        FlopCounter.ofShapes(() -> {
            escaped[0] = pending.matmul(w);
            escaped[0].sum().backward();
        });
        assertThat(w.grad()).isNull();
        assertThatThrownBy(() -> escaped[0].toDoubleArray()).isInstanceOf(LyceumException.class).hasMessageContaining("shapes only");
        assertThatThrownBy(() -> escaped[0].add(1).sum().item()).isInstanceOf(LyceumException.class).hasMessageContaining("shapes only");
        assertThat(pending.toDoubleArray()).isEqualTo(Tensor.randn(Rng.of(1), 40, 50).toDoubleArray());
        FlopCounter.count(() -> pending.matmul(w).sum().backward());
        assertThat(w.grad().toDoubleArray()).containsExactly(pending.sum(0).reshape(50, 1).expand(50, 3).toDoubleArray(), within(1e-4));
    }

    @Test void utilisationIsTheShareOfThePeak() {
        var flops = FlopCounter.count(() -> zeros(10, 20).matmul(zeros(20, 30)));
        assertThat(flops.utilisation(2, 12_000)).isEqualTo(0.5);
        assertThat(FlopCounter.training(175e9, 300e9)).isEqualTo(3.15e23);
        assertThat(FlopCounter.inference(7e9, 10)).isEqualTo(1.4e11);
        assertThat(FlopCounter.peak()).isGreaterThan(0);
        assertThatThrownBy(() -> flops.utilisation(0, 1)).hasMessage("utilisation: 0.0 seconds at a peak of 1.0; both must be positive");
    }
}
