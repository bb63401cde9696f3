package lyceum.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.Datasets;
import lyceum.linalg.Qr;
import lyceum.memory.Scope;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.optim.Sgd;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NeuralCollapseTest {
    private static double[] list(NeuralCollapse c) {
        return new double[] {c.variability(), c.meanNorms(), c.weightNorms(), c.meanAngles(), c.weightAngles(), c.worstAngle(),
                c.selfDuality(), c.agreement()};
    }

    /** Rows of {@code I - 1/K}, turned by a random orthogonal matrix into d dimensions, and moved away from the origin. */
    private static Tensor simplex(int k, int d, Rng rng) {
        var turn = Qr.of(Tensor.randn(rng, DType.F64, d, k)).q();
        return Tensor.eye(DType.F64, k).sub(1.0 / k).matmul(turn.transpose()).compute();
    }

    @Test
    @Acceptance(topic = "neural-collapse", clause = 1) void aSimplexIsZeroAndOthersAreNumpys() {
        double worst = 0;
        for (int k : new int[] {2, 3, 4, 10}) {
            var frame = simplex(k, 16, Rng.of(k));
            var labels = Tensor.arange(5L * k).mod((long) k).compute();
            var features = frame.mul(3).add(0.7).indexSelect(0, labels).compute();
            var found = list(NeuralCollapse.of(features, labels, frame, null));
            for (int i = 0; i < 7; i++) worst = Math.max(worst, Math.abs(found[i]));
            worst = Math.max(worst, Math.abs(found[7] - 1));
        }
        Evidence.of("largest metric on constructed simplices", worst, atMost(1e-9));
        var gap = Gap.relativeBeyondOne();
        for (var golden : Golden.load("golden/neural-collapse.json").list("cases")) {
            int k = golden.integer("input.k"), d = golden.integer("input.d"), n = golden.integer("input.n");
            var recipe = new Recipe(golden.integer("input.seed"));
            var labels = new long[n];
            int[] drawn = recipe.belows(k, n - k);
            for (int i = 0; i < n; i++) labels[i] = i < k ? i : drawn[i - k];
            var noise = Tensor.of(recipe.bells(n * d), n, d);
            var y = Tensor.of(labels);
            var h = noise.add(Tensor.of(recipe.bells(k * d), k, d).mul(2).indexSelect(0, y));
            var w = Tensor.of(recipe.bells(k * d), k, d);
            gap.see(golden, "expected.metrics", list(NeuralCollapse.of(h, y, w, Tensor.of(recipe.bells(k)))));
        }
        Evidence.of("metrics compared with numpy", gap.seen(), atLeast(40));
        Evidence.of("largest gap to numpy", gap, atMost(1e-9));
    }

    @Test
    @Acceptance(topic = "neural-collapse", clause = 2) void unconstrainedFeaturesBecomeASimplex() {
        for (int k : new int[] {4, 6, 10}) {
            var found = new UnconstrainedFeatures(k, k + 5, 4).fit(Rng.of(k), Progress.SILENT);
            // The cosines by hand: means of the four rows of each class, minus their centre.
            var means = found.features().reshape(k, 4, k + 5).mean(1);
            var rows = means.sub(means.mean(0, true)).toRows();
            double sum = 0, worst = 0;
            int pairs = 0;
            for (int i = 0; i < k; i++) for (int j = 0; j < i; j++, pairs++) {
                double dot = 0, a = 0, b = 0;
                for (int d = 0; d < k + 5; d++) {
                    dot += rows[i][d] * rows[j][d];
                    a += rows[i][d] * rows[i][d];
                    b += rows[j][d] * rows[j][d];
                }
                double cos = dot / Math.sqrt(a * b);
                sum += cos;
                worst = Math.max(worst, Math.abs(cos + 1.0 / (k - 1)));
            }
            Evidence.of("K = " + k + ": mean pair cosine, off -1/(K-1)", Math.abs(sum / pairs + 1.0 / (k - 1)), atMost(1e-3));
            Evidence.of("K = " + k + ": any pair's cosine, off -1/(K-1)", worst, atMost(1e-3));
            Evidence.of("K = " + k + ": self-duality error", found.collapse().selfDuality(), below(1e-2));
            assertThat(means.sub(means.mean(0, true)).norm().item()).isGreaterThan(0.1);
        }
    }

    /** An epoch is a step over all rows; the decay is that of the theory, on the last layer and on its features. */
    @Tag("heavy")
    @Test
    @Acceptance(topic = "neural-collapse", clause = 3) void aDigitsNetworkCollapsesAfterItsErrorIsZero() {
        var data = Datasets.digits().to(DType.F32).scaled(1.0 / 16);
        var body = new Mlp(MlpConfig.regressor(64, 16, 256, 128, 128), Rng.of(1));
        var head = new Linear(16, 10, Rng.of(2));
        var parameters = body.parameters();
        head.parameters().forEach((name, p) -> parameters.put("head." + name, p));
        var optimizer = new Adam(0.003).over(parameters).scheduledBy(new Schedule.Cosine(1500));
        NeuralCollapse first = null;
        for (int epoch = 0; epoch < 1500; epoch++) {
            try (var scope = Scope.open("epoch")) {
                var h = body.forward(data.x());
                var logits = head.forward(h);
                if (first == null && logits.argmax(1).ne(data.y()).to(DType.F64).sum().item() == 0)
                    first = NeuralCollapse.of(h, data.y(), head.weight(), head.bias());
                optimizer.zeroGrad();
                Loss.crossEntropy(logits, data.y()).add(head.weight().square().sum().mul(3e-3)).add(h.square().sum(1).mean().mul(3e-3))
                        .backward();
                optimizer.step();
            }
        }
        var h = body.forward(data.x());
        var last = NeuralCollapse.of(h, data.y(), head.weight(), head.bias());
        Evidence.that("an epoch without errors was seen", first != null);
        Evidence.of("errors at the end", head.forward(h).argmax(1).ne(data.y()).to(DType.F64).sum().item(), atMost(0));
        Evidence.of("NC1 at the first epoch without errors, over the end", first.variability() / last.variability(), atLeast(10));
        Evidence.of("cosine deviation then, over the end", first.meanAngles() / last.meanAngles(), atLeast(2));
        Evidence.of("nearest-centre agreement at the end", last.agreement(), atLeast(0.99));
    }

    @Test void theListenerTracesEveryEpoch() {
        var data = Datasets.digits().to(DType.F32).scaled(1.0 / 16).head(100);
        var net = new Linear(64, 10, Rng.of(1));
        var trace = new ArrayList<NeuralCollapse>();
        new Trainer(new Sgd(0.1), 2)
                .withListener(NeuralCollapse.listener(() -> NeuralCollapse.of(data.x(), data.y(), net.weight(), net.bias()), trace::add))
                .fit(net, Loss::crossEntropy, data, Rng.of(2));
        assertThat(trace).hasSize(2);
    }

    @Test void refusals() {
        var h = Tensor.randn(Rng.of(1), DType.F64, 4, 3);
        var w = Tensor.randn(Rng.of(2), DType.F64, 2, 3);
        assertThatThrownBy(() -> NeuralCollapse.of(h, Tensor.of(0, 1, 1, 2), w, null)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("label 2 of 2");
        assertThatThrownBy(() -> NeuralCollapse.of(h, Tensor.of(0, 0, 0, 0), w, null)).hasMessageContaining("class 1 has no row");
        assertThatThrownBy(() -> NeuralCollapse.of(h.mul(Double.NaN), Tensor.of(0, 0, 0, 1), w, null)).hasMessageContaining("not finite");
        assertThatThrownBy(() -> NeuralCollapse.of(h, Tensor.of(0, 1), w, null)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new UnconstrainedFeatures(3, 3, 1).withFeatureDecay(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("infinity");
    }
}
