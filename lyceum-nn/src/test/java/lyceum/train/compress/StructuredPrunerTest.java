package lyceum.train.compress;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.backend.Convolution;
import lyceum.data.Datasets;
import lyceum.nn.Activation;
import lyceum.nn.AdaptiveAvgPool2d;
import lyceum.nn.BasicBlock;
import lyceum.nn.BatchNorm;
import lyceum.nn.Bottleneck;
import lyceum.nn.Conv2d;
import lyceum.nn.FeedForward;
import lyceum.nn.GatedFeedForward;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.RelativePosition;
import lyceum.nn.AttentionConfig;
import lyceum.nn.Residual;
import lyceum.nn.Sequential;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerEncoder;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class StructuredPrunerTest {
    private static final Layer FLATTEN = Layer.of(x -> x.reshape(x.size(0), -1));

    private record Case(String name, Module model, Tensor input) {}

    private static Layer conv(int in, int out, Rng rng) { return new Conv2d(in, out, 3, new Convolution().withPadding(1), rng); }

    private static Case cnn(int i) {
        var rng = Rng.of(100 + i);
        int w = 6 + 2 * i;
        var x = Tensor.randn(rng.split(9), 3, 2, 8, 8).compute();
        var body = switch (i) {
            case 0 -> new Sequential(conv(2, w, rng), new BatchNorm(w), Activation.RELU, new MaxPool2d(2), conv(w, 9, rng),
                    Activation.SIGMOID, FLATTEN, new Linear(144, 5, rng));
            case 1 -> new Sequential(conv(2, w, rng), new BasicBlock(w, w, 1, DType.F32, rng), new BasicBlock(w, 2 * w, 2, DType.F32, rng),
                    new AdaptiveAvgPool2d(1, 1), FLATTEN, new Linear(2 * w, 4, rng));
            case 2 -> new Sequential(conv(2, w, rng), new BatchNorm(w), Activation.RELU,
                    new Residual(new Sequential(conv(w, 7, rng), Activation.TANH, conv(7, w, rng))), new Residual(conv(w, w, rng)), FLATTEN,
                    new Linear(64 * w, 12, rng), Activation.RELU, new Linear(12, 3, rng));
            case 3 -> new Sequential(conv(2, w, rng), new Bottleneck(w, 8, 1, DType.F32, rng), new AdaptiveAvgPool2d(2, 2), FLATTEN,
                    new Linear(4 * 32, 4, rng));
            case 4 -> new Sequential(conv(2, w, rng), Activation.GELU, new Residual(conv(w, 11, rng)).projected(new Conv2d(w, 11, 1, rng)),
                    new BatchNorm(11), FLATTEN, new Linear(11 * 64, 6, rng));
            case 5 -> new Sequential(new BasicBlock(2, w, 2, DType.F32, rng), new BasicBlock(w, w, 1, DType.F32, rng), FLATTEN,
                    new Linear(16 * w, 3, rng));
            default -> new Sequential(conv(2, w, rng), new BatchNorm(w), Activation.SILU, conv(w, w, rng), new BatchNorm(w),
                    Activation.SILU, conv(w, w, rng), FLATTEN, new Linear(64 * w, 10, rng));
        };
        return new Case("cnn " + i, body, x);
    }

    private static Case mlp(int i) {
        var rng = Rng.of(200 + i);
        var config = MlpConfig.classifier(7, 4, i % 2 == 0 ? new int[] {12, 12} : new int[] {16, 8 + i, 5});
        if (i == 1) config = config.withNorm(MlpConfig.Norm.BATCH);
        if (i == 2) config = config.withActivation(Activation.GELU);
        if (i == 3) config = config.withActivation(Activation.SIGMOID);
        if (i == 4) config = config.withActivation(Activation.TANH).withNorm(MlpConfig.Norm.BATCH);
        return new Case("mlp " + i, new Mlp(config, rng), Tensor.randn(rng.split(9), 20, 7).compute());
    }

    private static Case transformer(int i) {
        var rng = Rng.of(300 + i);
        var x = Tensor.randn(rng.split(9), 2, 5, 12).compute();
        Module model = switch (i) {
            case 0 -> new TransformerEncoder(TransformerConfig.original(12, 4, 24), 2, rng);
            case 1 -> new MultiHeadAttention(new AttentionConfig(12, 3), rng);
            case 2 -> new MultiHeadAttention(new AttentionConfig(12, 6).withKeyHeads(3), rng);
            case 3 -> new FeedForward(12, rng);
            case 4 -> new GatedFeedForward(12, 20, rng);
            case 5 -> new TransformerEncoder(
                    TransformerConfig.original(12, 2, 24).withPlacement(TransformerConfig.Placement.PRE).withGated(true), 1, rng);
            default -> new TransformerEncoder(TransformerConfig.original(12, 6, 24), 3, rng);
        };
        return new Case("transformer " + i, model, x);
    }

    @Test
    @Acceptance(topic = "structured-pruning", clause = 1) void theSmallNetworkEqualsTheMaskedOne() {
        var cases = new ArrayList<Case>();
        for (int i = 0; i < 7; i++) cases.add(cnn(i));
        for (int i = 0; i < 6; i++) cases.add(mlp(i));
        for (int i = 0; i < 7; i++) cases.add(transformer(i));
        double worst = 0, moved = Double.MAX_VALUE, left = 0;
        for (var c : cases) {
            Autograd.noGrad(() -> {
                for (var entry : c.model.state().entrySet()) // no bias, scale or statistic of 0 or 1
                    if (entry.getValue().rank() == 1)
                        entry.getValue().add_(Tensor.rand(Rng.of(entry.getKey().hashCode()), entry.getValue().shape().toArray()).mul(0.5));
            });
            var plan = new StructuredPruner(0.4).plan(c.model);
            var small = plan.shrink(c.model);
            var masked = plan.masks(c.model).apply(Module.copy(c.model));
            Tensor a = small.forward(c.input), b = masked.forward(c.input), whole = c.model.forward(c.input);
            worst = Math.max(worst, a.sub(b).abs().max().item());
            moved = Math.min(moved, whole.sub(b).abs().max().item());
            left = Math.max(left, (double) small.parameterCount() / c.model.parameterCount());
            assertThat(plan.kept()).as(c.name).isNotEmpty();
        }
        Evidence.of("architectures", cases.size(), exactly(20));
        Evidence.of("small less masked", worst, atMost(1e-5));
        Evidence.of("least change that the pruning made", moved, above(1e-3));
        Evidence.of("largest share of parameters left", left, atMost(0.9));
    }

    /** Slopes of ALiBi go by the head's number, so heads stay; rotary heads may go. */
    @Test void headsThatPositionsTellApartStay() {
        for (var positions : List.of(PositionalEncoding.alibi(), RelativePosition.t5(true), PositionalEncoding.rotary(4),
                RelativePosition.shaw(3))) {
            var layer = new MultiHeadAttention(new AttentionConfig(16, 4).withPositions(positions), Rng.of(1));
            var x = Tensor.randn(Rng.of(2), 1, 6, 16).compute();
            var plan = new StructuredPruner(0.5).plan(layer);
            var small = (MultiHeadAttention) plan.shrink(layer);
            assertThat(small.config().heads()).isEqualTo(positions.isOfHeads() ? 4 : 2);
            assertThat(small.forward(x).sub(plan.masks(layer).apply(Module.copy(layer)).forward(x)).abs().max().item()).isLessThan(1e-5);
        }
    }

    /** Counted layer by layer, at the inputs that reach them. The latency is a row of the bench. */
    @Test
    @Acceptance(topic = "structured-pruning", clause = 2) void halfTheChannelsAreAQuarterOfTheWork() {
        var rng = Rng.of(5);
        var net = new Sequential(conv(1, 32, rng), Activation.RELU, conv(32, 64, rng), Activation.RELU, conv(64, 64, rng), Activation.RELU,
                conv(64, 32, rng), Activation.RELU, conv(32, 8, rng), Activation.RELU, FLATTEN, new Linear(8 * 64, 10, rng));
        var x = Tensor.randn(rng.split(1), 2, 1, 8, 8).compute();
        var small = new StructuredPruner(0.5).plan(net).shrink(net);
        long[] before = work(net, x), after = work(small, x);
        double worst = 0;
        int inner = 0;
        for (int i = 1; i < before.length - 1; i++) if (before[i] > 0) {
            worst = Math.max(worst, Math.abs(1 - (double) after[i] / before[i] - 0.75));
            inner++;
        }
        Evidence.of("inner convolutions", inner, exactly(4));
        Evidence.of("share of their FLOPs that went, beside 0.75", worst, exactly(0));
        var masks = Pruner.magnitude(0.5).masks(net);
        assertThat(work(masks.apply(Module.copy(net)), x)).as("zeros are multiplied like anything else").isEqualTo(before);
    }

    private static long[] work(Sequential net, Tensor x) {
        var work = new long[net.layers().size()];
        for (int i = 0; i < work.length; i++) {
            var layer = net.layers().get(i);
            var in = x;
            if (layer instanceof Conv2d) work[i] = FlopCounter.count(() -> layer.forward(in).compute()).products();
            x = layer.forward(x).compute();
        }
        return work;
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "structured-pruning", clause = 3) void halfOfAFashionNetworkIsNearlyAsGood() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var data = FashionCnn.DATA;
        var net = FashionCnn.trained();
        double whole = Fashion.accuracy(net, data.test());
        var small = new StructuredPruner(0.5).plan(net, Pruner.batches(net, Loss::crossEntropy, data.train(), 500)).shrink(net);
        FashionCnn.trainer(3).fit(small, Loss::crossEntropy, data.train(), Rng.of(5));
        double after = Fashion.accuracy(small, data.test());
        Evidence.of("accuracy of the whole network (%)", whole, above(78));
        Evidence.of("points lost after tuning", whole - after, atMost(2));
        Evidence.of("parameters, times fewer", (double) net.parameterCount() / small.parameterCount(), atLeast(3));
    }

    @Test void widthsMultiplesAndBlocks() {
        var net = new Sequential(new Linear(4, 20, Rng.of(1)), Activation.RELU, new Linear(20, 3, Rng.of(2)));
        assertThat(new StructuredPruner(0.5).plan(net).widths()).containsEntry("0", "10 of 20").hasSize(1);
        assertThat(new StructuredPruner(0.5).withMultiple(8).plan(net).widths()).containsEntry("0", "16 of 20");
        assertThat(new StructuredPruner(0.99).plan(net).widths()).containsEntry("0", "1 of 20");
        var worth = ((Linear) net.layers().getFirst()).weight().detach().abs().sum(1).toDoubleArray();
        double least = Double.MAX_VALUE, most = 0;
        var kept = new BitSet();
        for (int k : new StructuredPruner(0.5).plan(net).kept().get("0")) kept.set(k);
        for (int i = 0; i < 20; i++) if (kept.get(i)) least = Math.min(least, worth[i]);
        else most = Math.max(most, worth[i]);
        assertThat(least).isGreaterThan(most);
        var x = Tensor.randn(Rng.of(4), 5, 6).compute();
        var deep = new Sequential(new Linear(6, 6, Rng.of(5)), new Residual(new Linear(6, 6, Rng.of(6))), new Linear(6, 2, Rng.of(7)));
        var shallow = StructuredPruner.withoutLayers(deep, 1);
        assertThat(shallow.layers()).hasSize(2);
        var silent = Module.copy(deep);
        Autograd.noGrad(() -> silent.state().forEach((name, t) -> { if (name.startsWith("1.")) t.zero_(); }));
        assertThat(shallow.forward(x).sub(silent.forward(x)).abs().max().item()).isZero();
        assertThatThrownBy(() -> new StructuredPruner(1)).hasMessageContaining("share is 1.0");
    }
}
