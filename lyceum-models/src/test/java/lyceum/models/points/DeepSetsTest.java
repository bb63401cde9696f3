package lyceum.models.points;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import lyceum.DType;
import lyceum.autograd.FlopCounter;
import lyceum.models.graph.Aggregation;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;

class DeepSetsTest {
    private interface Network {
        Tensor of(Tensor x, int[] lengths);
    }

    private static final List<Aggregation> POOLINGS = List.of(Aggregation.SUM, Aggregation.MEAN, Aggregation.MAX);

    private static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    private static Map<String, Network> invariant(Rng rng) {
        var all = new LinkedHashMap<String, Network>();
        for (var pooling : POOLINGS) {
            var net = DeepSets.create(new DeepSetsConfig(3, 4).withHidden(16).withPooling(pooling).withDtype(DType.F64), rng);
            all.put("DeepSets " + pooling, (x, n) -> net.forward(x, n, Pass.inference()));
        }
        for (int induced : new int[] {0, 4}) for (int seeds : new int[] {1, 3}) {
            var net = SetTransformer.create(new SetTransformerConfig(3, 4).withWidth(16).withInduced(induced).withSeeds(seeds)
                    .withNorm(seeds == 3).withDtype(DType.F64), rng);
            all.put("SetTransformer " + induced + " " + seeds, (x, n) -> net.forward(x, n, Pass.inference()));
        }
        return all;
    }

    private static Map<String, Network> equivariant(Rng rng) {
        var all = new LinkedHashMap<String, Network>();
        for (var pooling : POOLINGS) {
            var layer = new EquivariantLayer(3, 4, pooling, DType.F64, rng);
            all.put("layer " + pooling, (x, n) -> layer.forward(x, n, Pass.inference()));
        }
        for (int induced : new int[] {0, 4}) {
            var net = SetTransformer.create(new SetTransformerConfig(3, 4).withWidth(16).withInduced(induced).withDtype(DType.F64), rng);
            all.put("encoder " + induced, (x, n) -> net.encode(x, n, Pass.inference()));
        }
        return all;
    }

    @Acceptance(topic = "deep-sets", clause = 1)
    @Test void orderAndPaddingMeanNothing() {
        double stay = 0, permute = 0, padded = 0, moving = 0, counted = Double.POSITIVE_INFINITY;
        int permutations = 0;
        for (int seed = 1; seed <= 10; seed++) {
            var rng = Rng.of(seed);
            int n = 2 + seed;
            var x = Tensor.randn(rng, DType.F64, 1, n, 3).compute();
            // The set beside a longer one: what stands behind its length is anything.
            var longer = Tensor.concat(1, x, Tensor.randn(rng, DType.F64, 1, 5, 3).mul(10.0)).compute();
            var two = Tensor.concat(0, longer, Tensor.randn(rng, DType.F64, 1, n + 5, 3)).compute();
            int[] lengths = {n, n + 5};
            Map<String, Network> sets = invariant(rng), elements = equivariant(rng);
            var before = new LinkedHashMap<String, Tensor>();
            sets.forEach((name, net) -> before.put(name, net.of(x, null).compute()));
            elements.forEach((name, net) -> before.put(name, net.of(x, null).compute()));
            for (int k = 0; k < 20; k++) {
                int[] order = rng.permutation(n);
                var y = x.indexSelect(1, Tensor.of(order));
                for (var net : sets.entrySet()) stay = Math.max(stay, distance(net.getValue().of(y, null), before.get(net.getKey())));
                for (var net : elements.entrySet()) {
                    Tensor out = before.get(net.getKey()), moved = net.getValue().of(y, null).compute();
                    permute = Math.max(permute, distance(moved, out.indexSelect(1, Tensor.of(order))));
                    moving = Math.max(moving, distance(moved, out));
                }
                permutations++;
            }
            for (var net : sets.values()) {
                padded = Math.max(padded, distance(net.of(two, lengths).narrow(0, 0, 1), net.of(x, null)));
                counted = Math.min(counted, distance(net.of(two, null).narrow(0, 0, 1), net.of(x, null)));
            }
            for (var net : elements.values())
                padded = Math.max(padded, distance(net.of(two, lengths).narrow(0, 0, 1).narrow(1, 0, n), net.of(x, null)));
        }
        Evidence.of("permutations", permutations, exactly(200));
        Evidence.of("invariant outputs: largest change", stay, below(1e-6));
        Evidence.of("equivariant outputs: largest distance from the permuted ones", permute, below(1e-6));
        Evidence.of("how far equivariant outputs move", moving, above(0.1));
        Evidence.of("largest change by padding", padded, below(1e-6));
        Evidence.of("least change where padding is taken for elements", counted, above(1e-6));
    }

    /** Multiply-adds of the two attention products, not of the projections. */
    private static double products(int n, int induced) {
        var net = SetTransformer.create(new SetTransformerConfig(8, 1).withWidth(32).withLayers(1).withInduced(induced), Rng.of(1));
        var count = FlopCounter.count(() -> net.encode(Tensor.zeros(1, n, 8), null, Pass.inference()).compute());
        double sum = 0;
        for (var row : count.rows()) if (row.operation().contains("ttention")) sum += row.products();
        return sum / 2;
    }

    private static double exponent(int induced) {
        double sx = 0, sy = 0, sxx = 0, sxy = 0;
        int points = 0;
        for (int n = 64; n <= 1024; n *= 2, points++) {
            double x = Math.log(n), y = Math.log(products(n, induced));
            sx += x;
            sy += y;
            sxx += x * x;
            sxy += x * y;
        }
        return (points * sxy - sx * sy) / (points * sxx - sx * sx);
    }

    @Acceptance(topic = "deep-sets", clause = 2)
    @Test void inducedPointsMakeTheCostLinear() {
        // Scores and weighted sums: n n width each for a SAB; n m width each, twice, for an ISAB.
        Evidence.of("SAB of 64 elements: products over 2 n^2 width", products(64, 0) / (2.0 * 64 * 64 * 32), exactly(1));
        Evidence.of("ISAB of 64 elements: products over 4 n m width", products(64, 16) / (4.0 * 64 * 16 * 32), exactly(1));
        Evidence.of("exponent of SAB", exponent(0), equalTo(2, 0.05));
        Evidence.of("exponent of ISAB with 16 points", exponent(16), equalTo(1, 0.05));
    }

    @Acceptance(topic = "deep-sets", clause = 3)
    @Test void powerSumsKeepEverySetOfAtMostFour() {
        double worst = 0;
        int sets = 0;
        var rng = Rng.of(1);
        for (int n = 1; n <= 4; n++) for (int k = 0; k < 500; k++) {
            var set = rng.doubles(n, -1, 1).toArray();
            var back = PowerSums.decode(PowerSums.encode(set, 4), n);
            Arrays.sort(set);
            assertThat(back).hasSize(n);
            for (int i = 0; i < n; i++) worst = Math.max(worst, Math.abs(set[i] - back[i]));
            sets++;
        }
        Evidence.of("sets", sets, exactly(2000));
        Evidence.of("largest distance of a number from its recovery", worst, below(1e-6));
    }

    /** Sets of numbers uniform on an interval of their own, so that the maximum is not to be guessed from the size. */
    private static Tensor sets(int n, int size, Rng rng) {
        var x = new float[n * size];
        for (int i = 0; i < n; i++) {
            double a = 2 * rng.nextDouble() - 1, b = 2 * rng.nextDouble() - 1;
            for (int k = 0; k < size; k++) x[i * size + k] = (float) (a + (b - a) * rng.nextDouble());
        }
        return Tensor.of(x, n, size, 1);
    }

    private static double error(BiFunction<Tensor, Pass, Tensor> net, int size) {
        var x = sets(500, size, Rng.of(77 + size));
        return net.apply(x, Pass.inference()).reshape(500).sub(x.max(1).reshape(500)).abs().mean().item();
    }

    /** Largest mean absolute error at 15, 30 and 60 elements, trained on 2 to 10. */
    static double unseen(Module model, BiFunction<Tensor, Pass, Tensor> net, int steps, double rate) {
        new Trainer(new Adam(rate), steps).withSchedule(new Schedule.Cosine(steps)).start(model, 1, (rows, pass) -> {
            var rng = pass.rng().split(3);
            var x = sets(64, 2 + rng.nextInt(9), rng);
            return Loss.mse(net.apply(x, pass).reshape(64), x.max(1).reshape(64));
        }, null, Rng.of(1)).finish(Progress.SILENT);
        return Math.max(error(net, 15), Math.max(error(net, 30), error(net, 60)));
    }

    @Acceptance(topic = "deep-sets", clause = 4)
    @Test void maximaAreLearntForSizesNeverSeen() {
        var sets = DeepSets.create(new DeepSetsConfig(1, 1).withHidden(32).withPooling(Aggregation.MAX), Rng.of(1));
        Evidence.of("untrained", error(sets::forward, 30), above(0.2));
        Evidence.of("DeepSets with maxima: largest mean absolute error at 15, 30, 60 elements", unseen(sets, sets::forward, 300, 3e-3),
                below(0.05));
        var attention = SetTransformer.create(new SetTransformerConfig(1, 1).withWidth(16).withInduced(4), Rng.of(1));
        Evidence.of("SetTransformer: the same", unseen(attention, attention::forward, 300, 5e-3), below(0.05));
    }

    @Test void emptySetsSumsMeansAndMaximaAreWhatTheySay() {
        var x = Tensor.of(new double[] {-1, -5, -2, 7, 3, 9}, 2, 3, 1);
        int[] n = {2, 0};
        assertThat(SetPooling.pool(Aggregation.SUM, x, n).toDoubleArray()).containsExactly(-6, 0);
        assertThat(SetPooling.pool(Aggregation.MEAN, x, n).toDoubleArray()).containsExactly(-3, 0);
        assertThat(SetPooling.pool(Aggregation.MAX, x, n).toDoubleArray()).containsExactly(-1, 0);
        assertThat(SetPooling.pool(Aggregation.MEAN, x, null).toDoubleArray()[1]).isEqualTo(19 / 3.0);
        var net = DeepSets.create(new DeepSetsConfig(1, 1), Rng.of(1));
        assertThatThrownBy(() -> net.forward(x.to(DType.F32), new int[] {1, 4}, Pass.inference()))
                .hasMessageContaining("a length is 4 in sets of 3");
        assertThatThrownBy(() -> net.forward(Tensor.ones(2, 3))).hasMessageContaining("(2, 3)");
        assertThatThrownBy(() -> new DeepSetsConfig(1, 1).withPooling(Aggregation.ATTENTION)).hasMessageContaining("ATTENTION");
        assertThatThrownBy(() -> PowerSums.decode(new double[2], 3)).hasMessageContaining("3 numbers from 2 sums");
        assertThat(net.parameters().keySet()).contains("phi.layers.0.weight", "rho.layers.2.bias");
    }
}
