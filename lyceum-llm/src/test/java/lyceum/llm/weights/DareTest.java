package lyceum.llm.weights;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DareTest {
    @TempDir Path folder;

    private static TaskVector vector(Tensor... tensors) {
        var map = new LinkedHashMap<String, Tensor>();
        for (int i = 0; i < tensors.length; i++) map.put("w" + i, tensors[i]);
        return TaskVector.of(map);
    }

    @Test
    @Acceptance(topic = "dare", clause = 1) void copiesAverageToTheChange() {
        int n = 10_000, copies = 2000;
        double p = 0.9;
        var delta = Tensor.randn(Rng.of(1), DType.F64, n);
        var d = delta.toDoubleArray();
        var tau = vector(delta);
        var sum = new double[n];
        for (int c = 0; c < copies; c++) {
            var copy = new Dare(p, c).of(tau).deltas().get("w0").toDoubleArray();
            for (int i = 0; i < n; i++) sum[i] += copy[i];
        }
        double worst = 0;
        for (int i = 0; i < n; i++)
            worst = Math.max(worst, Math.abs(sum[i] / copies - d[i]) / (Math.abs(d[i]) * Math.sqrt(p / ((1 - p) * copies))));
        Evidence.of("largest deviation of 10,000 means, in standard errors", worst, between(3, 5)); // masks that are one would give 0
    }

    @Test
    @Acceptance(topic = "dare", clause = 2) void sharesAndScaleOfWhatIsKept() {
        var delta = Tensor.randn(Rng.of(2), 1000, 1000);
        assertThat(delta.countNonZero().item()).isEqualTo(1_000_000);
        var d = delta.toDoubleArray();
        for (double p : new double[] {0.1, 0.5, 0.9}) {
            var thin = new Dare(p, 3).of(vector(delta)).deltas().get("w0").toDoubleArray();
            int zeros = 0;
            double worst = 0;
            for (int i = 0; i < d.length; i++) {
                if (thin[i] == 0) zeros++;
                else worst = Math.max(worst, Math.abs(thin[i] / (d[i] / (1 - p)) - 1));
            }
            Evidence.of("zeros at p = " + p + ", per cent", zeros / 10_000.0, between(100 * p - 0.2, 100 * p + 0.2));
            Evidence.of("kept entries at p = " + p + " from delta / (1 - p), relative", worst, atMost(1e-7));
        }
    }

    @Tag("slow")
    @Test
    @Acceptance(topic = "dare", clause = 3) void rescalingKeepsTheGain() {
        var data = new FashionTasks(3000, 10, 2000);
        int seeds = 0;
        for (int seed = 1; seed <= 3; seed++) {
            var base = FashionTasks.tuned(FashionTasks.fresh(512, seed), FashionTasks.half(data.train, 0), Loss::crossEntropy, 1e-3, 2,
                    seed + 10);
            var tuned = FashionTasks.tuned(base, data.train, Loss::crossEntropy, 3e-4, 3, seed + 20);
            var tau = TaskVector.between(base.state(), tuned.state());
            double from = FashionTasks.accuracy(base, data.test), gain = FashionTasks.accuracy(tuned, data.test) - from, with = 0,
                    without = 0;
            for (int mask = 0; mask < 10; mask++) {
                var dare = new Dare(0.9, 1000L * seed + mask);
                with += (FashionTasks.accuracy(dare.of(tau).on(base), data.test) - from) / gain / 10;
                without += (FashionTasks.accuracy(dare.withRescale(false).of(tau).on(base), data.test) - from) / gain / 10;
            }
            Evidence.of("gain of the fine-tune, points, seed " + seed, gain, atLeast(10));
            Evidence.of("kept with rescaling, seed " + seed, with, atLeast(0.6));
            Evidence.of("kept without, seed " + seed, without, atMost(0.3));
            seeds++;
        }
        Evidence.of("training seeds", seeds, exactly(3));
    }

    @Test
    @Acceptance(topic = "dare", clause = 4) void thinChangesAreSmallFiles() throws IOException {
        Path dense = folder.resolve("dense"), thin = folder.resolve("thin");
        var tau = vector(Tensor.randn(Rng.of(3), 400, 300), Tensor.randn(Rng.of(4), 1000));
        tau.save(dense);
        var sparse = new Dare(0.9, 1).of(tau);
        sparse.save(thin);
        Evidence.of("sparse over dense", (double) Files.size(thin) / Files.size(dense), atMost(0.25));
        var again = TaskVector.load(thin);
        for (var name : sparse.deltas().keySet())
            assertThat(again.deltas().get(name).toFloatArray()).containsExactly(sparse.deltas().get(name).toFloatArray());
    }

    @Test void masksDependOnNameModelAndSeedNotOnOrder() {
        Tensor a = Tensor.randn(Rng.of(1), 50), b = Tensor.randn(Rng.of(2), 50);
        var one = new LinkedHashMap<String, Tensor>();
        one.put("a", a);
        one.put("b", b);
        var other = new LinkedHashMap<String, Tensor>();
        other.put("b", b);
        other.put("a", a);
        var dare = new Dare(0.5, 9);
        for (var name : List.of("a", "b"))
            assertThat(dare.of(TaskVector.of(one)).deltas().get(name).toFloatArray())
                    .containsExactly(dare.of(TaskVector.of(other)).deltas().get(name).toFloatArray());
        assertThat(dare.thinned("a", 0, a).toFloatArray()).isNotEqualTo(dare.thinned("b", 0, a).toFloatArray())
                .isNotEqualTo(dare.thinned("a", 1, a).toFloatArray()).isNotEqualTo(dare.withSeed(8).thinned("a", 0, a).toFloatArray());
        var base = new LinkedHashMap<String, Tensor>();
        base.put("a", Tensor.zeros(50));
        var x = new LinkedHashMap<String, Tensor>();
        x.put("a", a);
        var y = new LinkedHashMap<String, Tensor>();
        y.put("a", b);
        var sum = new ModelMerger(dare).merge(base, List.of(x, y)).get("a");
        assertThat(FashionTasks.gap(sum, dare.thinned("a", 0, a).add(dare.thinned("a", 1, b)))).isLessThan(1e-6);
        assertThatThrownBy(() -> new Dare(1, 0)).hasMessageContaining("drop is 1.0");
        assertThatThrownBy(() -> new Dare(0.5, 0, new MergeMethod.RegMean())).hasMessageContaining("RegMean");
    }
}
