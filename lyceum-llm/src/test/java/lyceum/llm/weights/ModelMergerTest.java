package lyceum.llm.weights;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.format.Safetensors;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.HiddenUnits;
import lyceum.train.ModeConnectivity;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelMergerTest {
    @TempDir Path folder;

    private static Mlp model(Mlp like, SequencedMap<String, Tensor> weights) { return Mlp.of(like.config(), weights); }

    @Tag("slow")
    @Test
    @Acceptance(topic = "model-merging", clause = 1) void aMergeKeepsMostOfBothSpecialists() {
        var data = new FashionTasks(4000, 1000, 4000);
        var base = FashionTasks.tuned(FashionTasks.fresh(256, 1), data.train.head(2000), Loss::crossEntropy, 1e-3, 4, 2);
        var tuned = new Mlp[2];
        for (int h = 0; h < 2; h++)
            tuned[h] = FashionTasks.tuned(base, FashionTasks.half(data.train, h), Loss::crossEntropy, 3e-4, 4, 3 + h);
        Mlp best = null;
        double score = -1;
        for (int i = 1; i <= 10; i++) {
            var method = MergeMethod.TaskArithmetic.common(i / 10.0, 2);
            var merged = model(base, new ModelMerger(method).merge(base.state(), List.of(tuned[0].state(), tuned[1].state())));
            double worst = Math.min(on(merged, data.validation, 0), on(merged, data.validation, 1));
            if (worst > score) best = merged;
            score = Math.max(score, worst);
        }
        double before = 1;
        for (int h = 0; h < 2; h++) {
            double own = on(tuned[h], data.test, h);
            Evidence.of("other specialist, share of this one's on classes of half " + h, on(tuned[1 - h], data.test, h) / own, atMost(0.8));
            Evidence.of("merged, share of the specialist's on classes of half " + h, on(best, data.test, h) / own, atLeast(0.85));
            before = Math.min(before, on(base, data.test, h) / own);
        }
        Evidence.of("smaller of the base's two shares", before, below(0.85)); // else the base alone would do
    }

    private static double on(Mlp model, Dataset data, int half) { return FashionTasks.accuracy(model, FashionTasks.half(data, half)); }

    @Tag("slow")
    @Test
    @Acceptance(topic = "model-merging", clause = 2) void alignmentTakesMostOfTheWallBetweenStrangersAway() {
        var data = new FashionTasks(5000, 10, 4000);
        var parents = new Mlp[2];
        for (int i = 0; i < 2; i++)
            parents[i] = FashionTasks.tuned(FashionTasks.fresh(256, 10 + i), data.train, Loss::crossEntropy, 1e-3, 6, 20 + i);
        var mean = new ModelMerger(new MergeMethod.Mean());
        double worse = Math.min(FashionTasks.accuracy(parents[0], data.test), FashionTasks.accuracy(parents[1], data.test));
        double plain = FashionTasks.accuracy(model(parents[0], mean.merge(null, List.of(parents[0].state(), parents[1].state()))),
                data.test);
        var aligned = HiddenUnits.matchWeights(parents[0], parents[1], Rng.of(5)).apply(parents[1]);
        double like = FashionTasks.accuracy(model(parents[0], mean.merge(null, List.of(parents[0].state(), aligned.state()))), data.test);
        Evidence.of("points that the mean loses to the worse parent", worse - plain, atLeast(20));
        Evidence.of("share of them that the mean of aligned parents wins back", (like - plain) / (worse - plain), atLeast(0.5));
        double wall = ModeConnectivity
                .barrier(ModeConnectivity.linear(parents[0], parents[1]).values(11, m -> 100 - FashionTasks.accuracy(m, data.test)));
        double low = ModeConnectivity
                .barrier(ModeConnectivity.linear(parents[0], aligned).values(11, m -> 100 - FashionTasks.accuracy(m, data.test)));
        Evidence.of("share of the wall that alignment takes away", 1 - low / wall, atLeast(0.5));
    }

    @Test
    @Acceptance(topic = "model-merging", clause = 3) void regMeanIsLeastSquaresOnStackedActivations() {
        double gap = 0, diagonal = 0, condition = 0;
        int layers = 0;
        for (int i = 0; i < 50; i++) {
            var rng = Rng.of(1000 + i);
            int inputs = 3 + rng.nextInt(12), outputs = 1 + rng.nextInt(8), rows = inputs + 5 + rng.nextInt(30);
            Tensor[] x = new Tensor[2], w = new Tensor[2];
            var v = Qr.of(Tensor.randn(rng, DType.F64, inputs, inputs)).q(); // of both, else what one lacks the other has
            for (int m = 0; m < 2; m++) {
                x[m] = conditioned(rng, rows, v, Math.pow(10, 3 * rng.nextDouble()));
                w[m] = Tensor.randn(rng, DType.F64, outputs, inputs);
            }
            var stacked = Tensor.concat(0, x).compute();
            var values = Svd.values(stacked).toDoubleArray();
            condition = Math.max(condition, values[0] / values[values.length - 1]);
            var targets = Tensor.concat(0, x[0].matmul(w[0].transpose()), x[1].matmul(w[1].transpose())).compute();
            var expected = Qr.of(stacked).solve(targets).transpose().compute();
            var models = new ArrayList<ModelMerger.Ingredient>();
            for (int m = 0; m < 2; m++) {
                var grams = MergeStatistics.grams(new Sequential(new Linear(w[m], null)),
                        List.of(x[m].narrow(0, 0, 3), x[m].narrow(0, 3, rows - 3)));
                assertThat(grams.keySet()).containsExactly("0.weight");
                models.add(new ModelMerger.Ingredient(named("0.weight", w[m]), grams));
            }
            var merged = new ModelMerger(new MergeMethod.RegMean(List.of(), 1)).mergeWith(null, models).get("0.weight");
            gap = Math.max(gap, FashionTasks.gap(merged, expected) / expected.abs().max().item());
            var scaled = new ModelMerger(new MergeMethod.RegMean(List.of(), 0)).mergeWith(null, models).get("0.weight").toDoubleArray();
            for (int o = 0; o < outputs; o++) for (int k = 0; k < inputs; k++) {
                double above = 0, below = 0;
                for (int m = 0; m < 2; m++) {
                    double d = 0;
                    for (int r = 0; r < rows; r++) d += x[m].item(r, k) * x[m].item(r, k);
                    above += d * w[m].item(o, k);
                    below += d;
                }
                diagonal = Math.max(diagonal, Math.abs(scaled[o * inputs + k] - above / below) / Math.abs(above / below));
            }
            layers++;
        }
        Evidence.of("layers", layers, exactly(50));
        Evidence.of("largest condition number of stacked activations", condition, between(100, 1000));
        Evidence.of("RegMean from QR on stacked rows, relative", gap, atMost(1e-6));
        Evidence.of("off-diagonal scaling 0 from the weighted mean, relative", diagonal, atMost(1e-6));
    }

    /** Rows with right singular vectors v and singular values from 1 to the condition's inverse, geometric. */
    private static Tensor conditioned(Rng rng, int rows, Tensor v, double condition) {
        int columns = (int) v.size(0);
        var u = Qr.of(Tensor.randn(rng, DType.F64, rows, columns)).q();
        var s = new double[columns];
        for (int i = 0; i < columns; i++) s[i] = Math.pow(condition, -(double) i / (columns - 1));
        return u.mul(Tensor.of(s, 1, columns)).matmul(v.transpose()).mul(Math.sqrt(rows)).compute();
    }

    private static SequencedMap<String, Tensor> named(String name, Tensor tensor) {
        var map = new LinkedHashMap<String, Tensor>();
        map.put(name, tensor);
        return map;
    }

    private static SequencedMap<String, Tensor> weights(long seed) {
        var map = new LinkedHashMap<String, Tensor>();
        var rng = Rng.of(seed);
        map.put("embed.weight", Tensor.randn(rng, DType.F32, 40, 16));
        map.put("layers.0.weight", Tensor.randn(rng, DType.F32, 16, 16));
        map.put("layers.0.norm", Tensor.randn(rng, DType.BF16, 16));
        map.put("layers.1.weight", Tensor.randn(rng, DType.F16, 16, 16));
        map.put("scalar", Tensor.randn(rng, DType.F64));
        map.put("steps", Tensor.of(seed));
        return map;
    }

    private static List<MergeMethod> methods() {
        return List.of(new MergeMethod.Mean(List.of(1.0, 3.0)), new MergeMethod.Spherical(0.3),
                new MergeMethod.TaskArithmetic(List.of(0.7, 0.4)), new TiesMerging(0.3, 1.2, List.of()), new Dare(0.8, 4),
                new Dare(0.5, 4, new TiesMerging()), new MergeMethod.FisherMean(), new MergeMethod.RegMean());
    }

    @Test
    @Acceptance(topic = "model-merging", clause = 4) void streamingEqualsMergingInMemory() throws IOException {
        int equal = 0, tensors = 0;
        var paths = new Path[3];
        var statistics = new ArrayList<Map<String, Tensor>>();
        for (int i = 0; i < 3; i++) {
            paths[i] = folder.resolve(i + ".safetensors");
            Safetensors.write(paths[i], weights(i), Map.of());
            var x = Tensor.randn(Rng.of(50 + i), DType.F64, 30, 16);
            statistics.add(Map.of("layers.0.weight", x.transpose().matmul(x).compute()));
        }
        for (var method : methods()) {
            var merger = new ModelMerger(method).with("embed*", new MergeMethod.Mean()).with("*.norm", new MergeMethod.Spherical(0.5));
            var memory = merger.mergeWith(weights(0), List.of(new ModelMerger.Ingredient(weights(1), statistics.get(1)),
                    new ModelMerger.Ingredient(weights(2), statistics.get(2))));
            var out = folder.resolve("out.safetensors");
            var seen = new ArrayList<Double>();
            merger.writeWith(out, Safetensors.read(paths[0]).tensors(),
                    List.of(new ModelMerger.Ingredient(Safetensors.read(paths[1]).tensors(), statistics.get(1)),
                            new ModelMerger.Ingredient(Safetensors.read(paths[2]).tensors(), statistics.get(2))),
                    null, Map.of("stage", "merged"), u -> seen.add(u.fraction()));
            var read = Safetensors.read(out);
            assertThat(read.metadata()).containsEntry("stage", "merged").containsEntry("formatVersion", "1");
            assertThat(read.tensors().keySet()).containsExactlyElementsOf(memory.keySet());
            assertThat(seen.getLast()).isEqualTo(1);
            for (var name : memory.keySet()) {
                tensors++;
                assertThat(read.tensors().get(name).dtype()).isEqualTo(weights(0).get(name).dtype());
                if (Arrays.equals(read.tensors().get(name).toDoubleArray(), memory.get(name).toDoubleArray())) equal++;
            }
        }
        Evidence.of("tensors merged by eight methods and rules", tensors, exactly(48));
        Evidence.of("of them equal bit for bit", equal, exactly(48));
    }
}
