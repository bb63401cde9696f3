package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Svd;
import lyceum.nn.loss.CrossEntropy;
import lyceum.nn.loss.Reduction;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class SoftmaxHeadTest {
    private static SoftmaxHead head(int width, int classes, boolean bias, DType type, long seed) {
        var head = new SoftmaxHead(width, classes, bias, type, Init.normal(0.5), Rng.of(seed));
        if (bias) Autograd.noGrad(() -> head.bias().copy_(Tensor.randn(Rng.of(seed + 1), type, classes)));
        return head;
    }

    @Acceptance(topic = "softmax-head", clause = 1)
    @Test void theFusedLossNeedsAnEighthOfTheLogitsAtMost() {
        int classes = 32_000, width = 16, rows = 256;
        var gap = Gap.relativeBeyondOne();
        for (boolean bias : new boolean[] {false, true}) {
            for (double cap : new double[] {Double.POSITIVE_INFINITY, 3}) {
                var head = cap > 10 ? head(width, classes, bias, DType.F32, 1) : head(width, classes, bias, DType.F32, 1).capped(cap);
                var hidden = Tensor.randn(Rng.of(3), DType.F32, rows, width).requiresGrad();
                var targets = Tensor.randint(Rng.of(4), 0, classes, rows);
                var naive = new CrossEntropy().of(head.forward(hidden), targets);
                naive.backward();
                double expected = naive.item();
                double[] dh = hidden.grad().toDoubleArray(), dw = head.weight().grad().toDoubleArray(),
                        db = bias ? head.bias().grad().toDoubleArray() : null;
                hidden.zeroGrad();
                head.zeroGrad();
                var loss = head.loss(hidden, targets);
                gap.see("loss", loss.item(), expected);
                loss.backward();
                // Gradients are up to 1 / rows in size: a thousandth counts as much as the loss itself.
                gap.see("hidden", scaled(hidden.grad().toDoubleArray(), rows), scaled(dh, rows));
                gap.see("weight", scaled(head.weight().grad().toDoubleArray(), rows), scaled(dw, rows));
                if (bias) gap.see("bias", scaled(head.bias().grad().toDoubleArray(), rows), scaled(db, rows));
            }
        }
        Evidence.of("largest gap of losses and gradients times rows", gap, below(1e-5));
        Evidence.of("peak bytes beside operands and gradients, over those of the logits", HeadMemory.overLogits("fused"), atMost(1.0 / 8));
        Evidence.of("the same of the naive loss", HeadMemory.overLogits("naive"), above(1));
    }

    private static double[] scaled(double[] values, double by) {
        var scaled = values.clone();
        for (int i = 0; i < scaled.length; i++) scaled[i] *= by;
        return scaled;
    }

    @Acceptance(topic = "softmax-head", clause = 2)
    @Test void adaptiveSoftmaxEqualsTorchs() {
        var gap = Gap.relativeBeyondOne();
        double off = 0;
        var cases = Golden.load("golden/softmax-head.json").cases("adaptive");
        for (var c : cases) {
            var twin = new Twin((long) c.number("input.seed"));
            var adaptive = twin.fill(new AdaptiveSoftmax(c.integer("input.width"), c.integer("input.classes"), c.longs("input.cutoffs"),
                    c.number("input.divisor"), c.flag("input.bias"), DType.F64, Rng.of(0)));
            var x = twin.draw(9, c.integer("input.width")).requiresGrad();
            twin.uniforms(9);
            var all = adaptive.forward(x);
            twin.compare(gap, c, adaptive.parameters(), List.of(x), List.of(all, adaptive.losses(x, Tensor.of(c.longs("input.targets")))));
            off = Math.max(off, all.detach().exp().sum(1).sub(1).abs().max().item());
        }
        Evidence.of("cases", cases.size(), exactly(6));
        Evidence.of("largest gap of log-probabilities, losses and gradients", gap, below(1e-6));
        Evidence.of("largest gap of a sum of probabilities from 1", off, below(1e-6));
    }

    @Acceptance(topic = "softmax-head", clause = 3)
    @Test void sampledSoftmaxIsFullWhenAllAreDrawnAndItsBiasFalls() {
        int classes = 2000, width = 6, rows = 4;
        var head = head(width, classes, true, DType.F64, 5);
        // Classes that are drawn often differ from those that are not.
        Autograd.noGrad(() -> head.weight().add_(Tensor.linspace(-1, 1, classes).to(DType.F64).unsqueeze(1)));
        var hidden = Tensor.randn(Rng.of(6), DType.F64, rows, width).requiresGrad();
        var targets = Tensor.randint(Rng.of(7), 0, classes, rows);
        var full = new CrossEntropy().of(head.forward(hidden), targets);
        full.backward();
        double[] exact = hidden.grad().toDoubleArray();
        Evidence.of("gap of the losses, all classes drawn",
                Math.abs(head.sampledLoss(hidden, targets, Negatives.uniform(classes, classes, Rng.of(8))).item() - full.item()),
                below(1e-6));
        var weights = new double[classes];
        for (int c = 0; c < classes; c++) weights[c] = Math.pow(classes - c, -0.5);
        var ways = new LinkedHashMap<String, BiFunction<Integer, Rng, Negatives>>();
        ways.put("uniform", (n, rng) -> Negatives.uniform(classes, n, rng));
        ways.put("log-uniform", (n, rng) -> Negatives.logUniform(classes, n, rng));
        ways.put("weighted", (n, rng) -> Negatives.weighted(weights, n, rng));
        int falls = 0;
        double most = 0, least = Double.POSITIVE_INFINITY;
        for (var way : ways.entrySet()) {
            double last = Double.POSITIVE_INFINITY;
            for (int n : new int[] {10, 100, 1000}) {
                double bias = bias(head, hidden, targets, exact, n, 200, rng -> way.getValue().apply(n, rng));
                Evidence.of(way.getKey() + ", " + n + " samples: relative bias of the gradient", bias, below(last));
                if (bias < last) falls++;
                last = bias;
            }
            most = Math.max(most, last);
            if (way.getKey().equals("uniform")) continue; // a correction by one number for all changes little
            least = Math.min(least, bias(head, hidden, targets, exact, 1000, 100, rng -> {
                var drawn = way.getValue().apply(1000, rng);
                return new Negatives(drawn.classes(), drawn.expectedCounts().onesLike());
            }));
        }
        Evidence.of("times that the bias fell", falls, exactly(3 * 3));
        Evidence.of("largest relative bias that is left at 1,000", most, below(0.05));
        Evidence.of("least without the correction", least, above(0.1));
    }

    private static double bias(SoftmaxHead head, Tensor hidden, Tensor targets, double[] exact, int n, int draws,
            Function<Rng, Negatives> negatives) {
        var mean = new double[exact.length];
        for (int draw = 0; draw < draws; draw++) {
            hidden.zeroGrad();
            head.sampledLoss(hidden, targets, negatives.apply(Rng.of(9).split(n * 1000L + draw))).backward();
            double[] g = hidden.grad().toDoubleArray();
            for (int i = 0; i < g.length; i++) mean[i] += g[i] / draws;
        }
        double off = 0, size = 0;
        for (int i = 0; i < mean.length; i++) {
            off += (mean[i] - exact[i]) * (mean[i] - exact[i]);
            size += exact[i] * exact[i];
        }
        return Math.sqrt(off / size);
    }

    @Acceptance(topic = "softmax-head", clause = 4)
    @Test void logProbabilitiesHaveTheRankOfTheStates() {
        int excess = 0, cases = 0;
        double capped = Double.POSITIVE_INFINITY;
        for (int d : new int[] {2, 5, 9}) {
            for (boolean bias : new boolean[] {false, true}) {
                var head = head(d, 60, bias, DType.F64, 10 + d);
                var contexts = Tensor.randn(Rng.of(11), DType.F64, 40, d).compute();
                int limit = d + (bias ? 2 : 1), rank = rank(head, contexts);
                excess = Math.max(excess, rank - limit);
                cases++;
                Evidence.of("rank at width " + d + (bias ? " with" : " without") + " a bias", rank, atMost(limit));
                capped = Math.min(capped, rank(head.capped(1.5), contexts) - limit);
            }
        }
        Evidence.of("heads", cases, exactly(6));
        Evidence.of("least rank beyond the limit under a cap", capped, above(0));
        assertThat(excess).isLessThanOrEqualTo(0);
    }

    private static int rank(SoftmaxHead head, Tensor contexts) {
        double[] s = Svd.values(head.logProbabilities(contexts).detach()).toDoubleArray();
        int rank = 0;
        for (double v : s) if (v > 1e-10 * s[0]) rank++;
        return rank;
    }

    @Test void ignoredTargetsBlocksAndWrongNumbers() {
        var head = head(4, 50, true, DType.F64, 12);
        var hidden = Tensor.randn(Rng.of(13), DType.F64, 3, 2, 4).compute();
        var targets = Tensor.of(new long[] {1, -100, 49, 0, -100, 7}, 3, 2);
        var rows = hidden.reshape(6, 4);
        double naive = new CrossEntropy().of(head.forward(rows), targets.flatten()).item();
        for (int block : new int[] {0, 1, 7, 50, 100})
            assertThat(head.loss(hidden, targets, -100, Reduction.MEAN, block).item()).isCloseTo(naive, within(1e-12));
        var some = Negatives.logUniform(50, 8, Rng.of(18));
        var kept = Tensor.of(0, 2, 3, 5);
        assertThat(head.sampledLoss(hidden, targets, some).item())
                .isCloseTo(head.sampledLoss(rows.indexSelect(0, kept), targets.flatten().indexSelect(0, kept), some).item(), within(1e-12));
        assertThat(head.loss(hidden, targets, -100, Reduction.NONE, 0).toDoubleArray()[1]).isZero();
        assertThatThrownBy(() -> head.loss(hidden, Tensor.of(new long[] {1, 2, 3, 4, 5, 50}, 3, 2))).hasMessageContaining("target 50");
        assertThatThrownBy(() -> head.loss(hidden, Tensor.of(1, 2))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> head.capped(0)).hasMessageContaining("the cap is 0");
        var embedding = new Embedding(50, 4, Rng.of(14));
        assertThat(SoftmaxHead.tied(embedding).weight()).isSameAs(embedding.weight());
        var drawn = Negatives.weighted(new double[] {0, 3, 1}, 2000, Rng.of(15));
        assertThat(drawn.classes().eq(1).to(DType.F64).mean().item()).isBetween(0.7, 0.8);
        assertThat(drawn.classes().eq(0).countNonZero().item()).isZero();
        assertThat(Negatives.logUniform(100, 5000, Rng.of(16)).classes().eq(0).to(DType.F64).mean().item())
                .isCloseTo(Math.log(2) / Math.log(101), within(0.03));
        assertThatThrownBy(() -> new AdaptiveSoftmax(8, 10, new long[] {5, 5}, Rng.of(17))).hasMessageContaining("cutoffs ascend");
    }
}
