package lyceum.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Optimizer;
import lyceum.optim.Sgd;
import lyceum.optim.UpdateRule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class EmbeddingTest {
    private static Golden golden() { return Golden.load("golden/embedding-layer.json"); }

    private static Optimizer optimizer(UpdateRule rule, Module module) {
        return new Optimizer(List.of(new Optimizer.Group(rule, module.parameters())));
    }

    private static double[] row(Embedding embedding, int i) { return embedding.weight().detach().get(i).toDoubleArray(); }

    @Acceptance(topic = "embedding-layer", clause = 1)
    @Test void lookingUpIsMultiplyingByOneHotVectors() {
        long differ = 0;
        int compared = 0;
        var gap = Gap.relativeBeyondOne();
        for (int draw = 0; draw < 30; draw++) {
            var rng = Rng.of(draw);
            int count = 1 + rng.nextInt(40), width = 1 + rng.nextInt(20), n = 1 + rng.nextInt(60);
            var embedding = new Embedding(count, width, rng);
            var ids = Tensor.randint(rng, 0, count, n);
            var g = Tensor.randn(rng, DType.F32, n, width).compute();
            // By loops, so that neither the gather's code nor a matrix kernel is its own oracle.
            double[] table = embedding.weight().toDoubleArray(), up = g.toDoubleArray(), product = new double[n * width],
                    down = new double[count * width];
            long[] id = ids.toLongArray();
            for (int i = 0; i < n; i++) for (int c = 0; c < count; c++) {
                double hot = id[i] == c ? 1 : 0;
                for (int j = 0; j < width; j++) {
                    product[i * width + j] += hot * table[c * width + j];
                    down[c * width + j] += hot * up[i * width + j];
                }
            }
            var y = embedding.forward(ids);
            double[] ours = y.toDoubleArray(), kernel = ids.oneHot(DType.F32, count).matmul(embedding.weight().detach()).toDoubleArray();
            for (int i = 0; i < ours.length; i++, compared++) if (ours[i] != product[i] || ours[i] != kernel[i]) differ++;
            y.mul(g).sum().backward();
            gap.see("gradient", embedding.weight().grad().toDoubleArray(), down);
        }
        Evidence.of("numbers compared", compared, atLeast(1000));
        Evidence.of("numbers that differ in a bit", differ, exactly(0));
        Evidence.of("largest gap of the gradient from the transposed product", gap, below(1e-6));
    }

    @Acceptance(topic = "embedding-layer", clause = 2)
    @Test void valuesAndGradientsEqualTorchsEmbeddingAndBags() {
        var gap = Gap.relativeBeyondOne();
        var lookups = golden().cases("embedding");
        for (var c : lookups) {
            var twin = new Twin((long) c.number("input.seed"));
            long padding = c.integer("input.padding");
            var config = new EmbeddingConfig(c.integer("input.count"), c.integer("input.width")).withDtype(DType.F64)
                    .withPaddingIndex(padding).withScaledByFrequency(c.flag("input.frequency")).withNormType(c.number("input.normType"));
            if (c.number("input.maxNorm") > 0) config = config.withMaxNorm(c.number("input.maxNorm"));
            var embedding = twin.fill(new Embedding(config, Rng.of(0)));
            if (padding >= 0 && c.integer("input.seed") % 3 == 55000 % 3) Autograd.noGrad(() -> {
                embedding.weight().detach().get(padding).copy_(Tensor.zeros(DType.F64, embedding.config().width()));
            });
            var ids = Tensor.of(c.longs("input.ids")).reshape(c.longs("input.shape"));
            var predicted = embedding.forward(ids);
            twin.compare(gap, c, embedding.parameters(), List.of(), List.of(embedding.forward(ids, Pass.training(Rng.of(1)))));
            gap.see(c, "expected.table", twin.trace(embedding.weight()));
            gap.see(c, "expected.y.0", twin.trace(predicted));
        }
        var bags = golden().cases("bag");
        int limited = 0, scaled = 0;
        for (var c : bags) {
            var twin = new Twin((long) c.number("input.seed"));
            var config = new EmbeddingConfig(c.integer("input.count"), c.integer("input.width")).withDtype(DType.F64)
                    .withPaddingIndex(c.integer("input.padding")).withScaledByFrequency(c.flag("input.frequency"));
            if (c.number("input.maxNorm") > 0) config = config.withMaxNorm(c.number("input.maxNorm"));
            if (c.number("input.maxNorm") > 0) limited++;
            if (c.flag("input.frequency")) scaled++;
            var embedding = twin.fill(new Embedding(config, Rng.of(0)));
            var ids = Tensor.of(c.longs("input.ids"));
            boolean flat = c.longs("input.offsets").length > 0, weighted = c.flag("input.weighted");
            var weights = weighted ? twin.draw(ids.count()).requiresGrad() : null;
            var mode = Embedding.Bag.valueOf(c.text("input.mode"));
            var y = flat ? embedding.bag(mode, ids, Tensor.of(c.longs("input.offsets")), weights, Pass.training(Rng.of(1)))
                    : embedding.bag(mode, ids.reshape(4, 3), weighted ? weights.reshape(4, 3) : null, Pass.training(Rng.of(1)));
            twin.compare(gap, c, embedding.parameters(), weighted ? List.of(weights) : List.of(), List.of(y));
            gap.see(c, "expected.table", twin.trace(embedding.weight()));
        }
        Evidence.of("tables with all options", lookups.size(), exactly(24));
        Evidence.of("bags of every mode", bags.size(), exactly(60));
        Evidence.of("of them with a largest norm", limited, exactly(18));
        Evidence.of("of them scaled by frequency", scaled, atLeast(5));
        Evidence.of("largest gap of values, gradients and renormed tables", gap, below(1e-6));
    }

    @Test void largestElementsAndLookupsAreLimitedAsWell() {
        var table = Tensor.of(new double[] {3, -4, 0.1, 0.2}, 2, 2);
        var ids = Tensor.of(0, 1, 0);
        for (double p : new double[] {2, Double.POSITIVE_INFINITY}) {
            var embedding = new Embedding(new EmbeddingConfig(2, 2).withDtype(DType.F64).withMaxNorm(1).withNormType(p), table);
            double norm = p == 2 ? 5 : 4;
            double[] y = embedding.forward(ids).toDoubleArray();
            assertThat(y).containsExactly(new double[] {3 / norm, -4 / norm, 0.1, 0.2, 3 / norm, -4 / norm}, within(1e-6));
            var looked = embedding.lookup(ids, Pass.inference());
            assertThat(looked.vectors().toDoubleArray()).isEqualTo(y);
            looked.vectors().sum().backward();
            assertThat(looked.gradient().toDoubleArray()).containsExactly(2, 2, 1, 1);
            assertThat(embedding.weight().toDoubleArray()).as("predicting writes nothing").containsExactly(3, -4, 0.1, 0.2);
            assertThat(embedding.lookup(ids, Pass.training(null)).vectors().toDoubleArray()).containsExactly(y, within(1e-6));
        }
    }

    @Acceptance(topic = "embedding-layer", clause = 3)
    @Test void thePaddingRowStays() {
        long moved = 0;
        int others = 0;
        for (var rule : List.of(new Sgd(0.1).withMomentum(0.9), new Adam(0.05))) {
            for (boolean sparse : new boolean[] {false, true}) {
                var given = Tensor.randn(Rng.of(1), DType.F32, 8, 3).compute();
                var embedding = new Embedding(new EmbeddingConfig(8, 3).withPaddingIndex(2), given);
                var optimizer = optimizer(rule, embedding);
                double[] first = row(embedding, 2);
                for (int step = 0; step < 100; step++) {
                    var ids = Tensor.of(2, step % 8, 2, 5);
                    optimizer.zeroGrad();
                    if (sparse) {
                        var looked = embedding.lookup(ids, Pass.training(Rng.of(step)));
                        looked.vectors().square().add(looked.vectors()).sum().backward();
                        looked.into(optimizer);
                    } else {
                        var y = embedding.forward(ids);
                        y.square().add(y).sum().backward();
                    }
                    optimizer.step();
                }
                if (!Arrays.equals(first, row(embedding, 2))) moved++;
                for (int i = 0; i < 8; i++) if (i != 2 && !Arrays.equals(given.get(i).toDoubleArray(), row(embedding, i))) others++;
            }
        }
        Evidence.of("runs of 100 steps in which the padding row moved", moved, exactly(0));
        Evidence.of("other rows that were trained", others, exactly(4 * 7));
        Evidence.of("largest number of a padding row at the start",
                new Embedding(new EmbeddingConfig(8, 3).withPaddingIndex(2), Rng.of(3)).weight().detach().get(2).abs().max().item(),
                exactly(0));
    }

    @Acceptance(topic = "embedding-layer", clause = 4)
    @Test void sparseStepsTouchTheirRowsAndEqualDenseDescent() {
        long touched = 0, untouched = 0;
        var gap = Gap.relativeBeyondOne();
        var sparse = new Embedding(200, 4, Rng.of(4));
        var dense = Module.copy(sparse);
        var sparseSteps = optimizer(new Sgd(0.05), sparse);
        var denseSteps = optimizer(new Sgd(0.05), dense);
        var rng = Rng.of(5);
        for (int step = 0; step < 50; step++) {
            var ids = Tensor.randint(rng, 0, 200, 3, 4);
            var goal = Tensor.randn(rng, DType.F32, 3, 4, 4).compute();
            var before = sparse.weight().toDoubleArray();
            var looked = sparse.lookup(ids, Pass.inference());
            looked.vectors().sub(goal).square().sum().backward();
            assertThat(sparse.weight().grad()).as("a gradient of the whole table").isNull();
            looked.into(sparseSteps);
            sparseSteps.step();
            sparseSteps.zeroGrad();
            denseSteps.zeroGrad();
            dense.forward(ids).sub(goal).square().sum().backward();
            denseSteps.step();
            var after = sparse.weight().toDoubleArray();
            var used = new HashSet<Long>();
            for (long id : ids.toLongArray()) used.add(id);
            for (int i = 0; i < 200; i++) {
                if (used.contains((long) i)) continue;
                untouched++;
                for (int j = 0; j < 4; j++)
                    if (Double.doubleToRawLongBits(before[4 * i + j]) != Double.doubleToRawLongBits(after[4 * i + j])) touched++;
            }
            gap.see("step " + step, after, dense.weight().toDoubleArray());
        }
        Evidence.of("rows that were not looked up", untouched, atLeast(9000));
        Evidence.of("numbers of them that changed", touched, exactly(0));
        Evidence.of("largest gap from dense descent over 50 steps", gap, below(1e-6));
    }

    @Acceptance(topic = "embedding-layer", clause = 5)
    @Test void growingKeepsOldRows() {
        long differ = 0;
        for (int more = 0; more < 30; more++) {
            var small = new Embedding(10, 6, Rng.of(more));
            var large = small.grown(10 + more, Rng.of(100 + more));
            if (!Arrays.equals(small.weight().toDoubleArray(), large.weight().detach().narrow(0, 0, 10).toDoubleArray())) differ++;
            assertThat(large.weight().shape().toArray()).containsExactly(10 + more, 6);
        }
        var drawn = new Embedding(Tensor.randn(Rng.of(1), DType.F64, 50, 2).mul(0.1).add(3)).grown(5000, Rng.of(2)).weight().detach()
                .narrow(0, 50, 4950);
        Evidence.of("growths that changed an old row", differ, exactly(0));
        Evidence.of("mean of new rows, of old ones at 3", Math.abs(drawn.mean().item() - 3), below(0.05));
        Evidence.of("their deviation, of old ones at 0.1", Math.abs(drawn.std(0).mean().item() - 0.1), below(0.03));
    }

    @Acceptance(topic = "embedding-layer", clause = 6)
    @Test void trainedRowsTellHiddenClassesApart() {
        int ids = 10_000, classes = 10;
        var hidden = new long[ids];
        var rng = Rng.of(6);
        for (int i = 0; i < ids; i++) hidden[i] = rng.nextInt(classes);
        var embedding = new Embedding(ids, 8, Rng.of(7));
        var head = new Linear(8, classes, Rng.of(8));
        var both = new Sequential(embedding, head);
        var optimizer = optimizer(new Adam(0.05), both);
        for (int step = 0; step < 120; step++) {
            optimizer.zeroGrad();
            Loss.crossEntropy(both.forward(Tensor.arange(ids)), Tensor.of(hidden)).backward();
            optimizer.step();
        }
        double trained = nearest(embedding, hidden, classes), before = nearest(new Embedding(ids, 8, Rng.of(7)), hidden, classes);
        Evidence.of("share of ids nearest to their class's mean", trained, atLeast(0.99));
        Evidence.of("the same before training", before, below(0.3));
    }

    private static double nearest(Embedding embedding, long[] hidden, int classes) {
        double[][] rows = embedding.weight().toRows();
        var means = new double[classes][rows[0].length];
        var counts = new int[classes];
        for (int i = 0; i < rows.length; i++) {
            counts[(int) hidden[i]]++;
            for (int j = 0; j < rows[i].length; j++) means[(int) hidden[i]][j] += rows[i][j];
        }
        for (int c = 0; c < classes; c++) for (int j = 0; j < means[c].length; j++) means[c][j] /= counts[c];
        int right = 0;
        for (int i = 0; i < rows.length; i++) {
            int best = 0;
            double least = Double.POSITIVE_INFINITY;
            for (int c = 0; c < classes; c++) {
                double d = 0;
                for (int j = 0; j < means[c].length; j++) d += (rows[i][j] - means[c][j]) * (rows[i][j] - means[c][j]);
                if (d < least) {
                    least = d;
                    best = c;
                }
            }
            if (best == hidden[i]) right++;
        }
        return (double) right / rows.length;
    }

    @Test void hashesPretrainedVectorsAndWrongInput() {
        var hashed = new Embedding(new EmbeddingConfig(64, 4).withHashes(2), Rng.of(1));
        var ids = Tensor.of(Embedding.id("Ångström"), -5L, Long.MAX_VALUE, Embedding.id("Ångström"));
        var y = hashed.forward(ids);
        assertThat(y.shape().toArray()).containsExactly(4, 4);
        assertThat(y.get(0).toDoubleArray()).isEqualTo(y.get(3).toDoubleArray()).isNotEqualTo(y.get(1).toDoubleArray());
        assertThat(Embedding.id("a")).isEqualTo(0xaf63dc4c8601ec8cL);
        var looked = hashed.lookup(ids, Pass.inference());
        assertThat(looked.vectors().toDoubleArray()).isEqualTo(y.toDoubleArray());
        var known = Embedding.pretrained(List.of("yes", "no"), Map.of("yes", new float[] {1, 2}), Rng.of(2));
        assertThat(row(known, 0)).containsExactly(1, 2);
        assertThat(row(known, 1)).isNotEqualTo(row(known, 0));
        var table = new Embedding(3, 2, Rng.of(3));
        assertThatThrownBy(() -> table.forward(Tensor.of(3))).isInstanceOf(ShapeException.class).hasMessageContaining("3");
        assertThatThrownBy(() -> table.forward(Tensor.of(1.0))).isInstanceOf(DTypeException.class);
        assertThatThrownBy(() -> table.bag(Embedding.Bag.SUM, Tensor.of(1, 2), Tensor.of(0, 3), null, Pass.inference()))
                .hasMessageContaining("do not descend");
        assertThatThrownBy(() -> table.bag(Embedding.Bag.MAX, Tensor.of(1, 2), Tensor.of(0), Tensor.ones(2), Pass.inference()))
                .hasMessageContaining("weights are for SUM");
        assertThatThrownBy(() -> table.grown(2, Rng.of(4))).hasMessageContaining("fewer than 3");
        assertThatThrownBy(() -> new EmbeddingConfig(3, 2).withPaddingIndex(3)).hasMessageContaining("paddingIndex is 3");
        assertThat(table.bag(Embedding.Bag.MEAN, Tensor.zeros(DType.I64, 2, 0), null, Pass.inference()).toDoubleArray()).containsExactly(0,
                0, 0, 0);
    }
}
