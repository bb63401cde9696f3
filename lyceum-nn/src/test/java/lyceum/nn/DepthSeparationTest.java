package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.optim.InteriorPoint;
import lyceum.optim.QuadraticProgram;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class DepthSeparationTest {
    private static final double[] ZERO = {0}, ONE = {1};

    @Acceptance(topic = "deep-neural-network", clause = 1)
    @Test void theSawtoothOfDepthKHasTwoToTheKPieces() {
        int wrong = 0, depths = 0;
        double gap = 0;
        for (int k = 1; k <= 10; k++, depths++) {
            var net = DepthSeparation.sawtooth(k);
            if (DepthSeparation.pieces(net, ZERO, ONE) != 1 << k) wrong++;
            double[] ends = DepthSeparation.breaks(net, ZERO, ONE);
            for (int i = 0; i < ends.length; i++) gap = Math.max(gap, Math.abs(ends[i] - Math.scalb((double) i, -k)));
            // The triangle wave by folding numbers.
            double[] x = new double[333], y;
            for (int i = 0; i < x.length; i++) x[i] = i / 332.0;
            y = net.forward(Tensor.of(x).unsqueeze(1)).toDoubleArray();
            for (int i = 0; i < x.length; i++) {
                double phase = x[i] * (1 << k) % 2;
                gap = Math.max(gap, Math.abs(y[i] - (phase <= 1 ? phase : 2 - phase)));
            }
            int units = net.layers().stream().mapToInt(l -> l instanceof Linear m && m.weight().size(1) < 3 ? (int) m.weight().size(0) : 0)
                    .sum() - 1;
            assertThat(units).isEqualTo(2 * k);
        }
        Evidence.of("depths", depths, exactly(10));
        Evidence.of("depths with another count than 2^k", wrong, exactly(0));
        Evidence.of("largest gap of ends and values from those of the wave", gap, atMost(1e-9));
    }

    /** Of one hidden layer: a piece more than there are kinks between 0 and 1 that the output sees. */
    private static int byKinks(Sequential net) {
        var first = (Linear) net.layers().get(0);
        double[] w = first.weight().toDoubleArray(), b = first.bias().toDoubleArray(),
                v = ((Linear) net.layers().get(2)).weight().toDoubleArray();
        var kinks = new TreeSet<Double>();
        for (int i = 0; i < w.length; i++) if (v[i] != 0 && -b[i] / w[i] > 0 && -b[i] / w[i] < 1) kinks.add(-b[i] / w[i]);
        return kinks.size() + 1;
    }

    @Acceptance(topic = "deep-neural-network", clause = 2)
    @Test void oneLayerOfAsManyUnitsHasFewPiecesAndGetsMostTeethWrong() {
        int k = 7, most = 0, least = 128, differ = 0, networks = 0, busy = 0;
        var x = Tensor.arange(0.0, 128, 1).div(128).unsqueeze(1).compute();
        var y = Tensor.arange(0.0, 128, 1).mod(2).unsqueeze(1).compute();
        for (int i = 0; i < 1020; i++, networks++) {
            var rng = Rng.of(i);
            var net = new Sequential(new Linear(1, 2 * k, true, DType.F64, Init.normal(4), rng), Activation.RELU,
                    new Linear(2 * k, 1, true, DType.F64, Init.normal(2), rng));
            // Kinks over [0, 1], so that pieces are many.
            double[] w = ((Linear) net.layers().getFirst()).weight().toDoubleArray(), b = new double[2 * k];
            for (int u = 0; u < b.length; u++) b[u] = -w[u] * rng.nextDouble();
            var state = net.state();
            state.put("0.bias", Tensor.of(b));
            net.load(state);
            if (i >= 1000) DepthSeparation.fit(net, x, y, 200, 0.02);
            int pieces = DepthSeparation.pieces(net, ZERO, ONE);
            if (pieces != byKinks(net)) differ++;
            if (pieces > k) busy++;
            most = Math.max(most, pieces);
            least = Math.min(least, DepthSeparation.wrongAlternations(net, k));
        }
        Evidence.of("networks, 20 of them trained", networks, exactly(1020));
        Evidence.of("most pieces", most, atMost(2 * k + 1));
        Evidence.of("networks with more than 7 pieces", busy, atLeast(900));
        Evidence.of("networks whose count differs from their kinks", differ, exactly(0));
        Evidence.of("fewest points of 128 wrong", least, atLeast(56));
        Evidence.of("points that the deep one gets wrong", DepthSeparation.wrongAlternations(DepthSeparation.sawtooth(k), k), exactly(0));
    }

    /** Patterns of active units that a point strictly inside the box has, unit by unit: each prefix is a linear program. */
    private static int byLinearPrograms(Sequential net, double half, int[] programs) {
        var layers = DepthSeparation.layers(net);
        return count(layers, 0, 0, new double[][] {{1, 0, 0}, {0, 1, 0}}, new double[][] {}, new ArrayList<>(), half, programs);
    }

    private static int count(List<DepthSeparation.Affine> layers, int layer, int unit, double[][] before, double[][] sums,
            List<double[]> cuts, double half, int[] programs) {
        if (layer == layers.size() || !layers.get(layer).relu()) return 1;
        var l = layers.get(layer);
        if (unit == 0) {
            sums = new double[l.bias().length][3];
            for (int i = 0; i < sums.length; i++) {
                sums[i][2] = l.bias()[i];
                for (int j = 0; j < before.length; j++) for (int c = 0; c < 3; c++) sums[i][c] += l.weight()[i][j] * before[j][c];
            }
        }
        if (unit == l.bias().length) return count(layers, layer + 1, 0, sums, null, cuts, half, programs);
        int found = 0;
        for (int sign = -1; sign <= 1; sign += 2) {
            var cut = new double[] {sign * sums[unit][0], sign * sums[unit][1], sign * sums[unit][2]};
            var more = new ArrayList<>(cuts);
            more.add(cut);
            programs[0]++;
            if (!feasible(more, half)) continue;
            var after = sums.clone();
            if (sign < 0) after[unit] = new double[3];
            found += count(layers, layer, unit + 1, before, after, more, half, programs);
        }
        return found;
    }

    /** Largest t with {@code a'x + b >= t |a|} for all cuts, x in the box. */
    private static boolean feasible(List<double[]> cuts, double half) {
        int m = cuts.size();
        double[][] g = new double[m + 5][3];
        var h = new double[m + 5];
        for (int i = 0; i < m; i++) {
            double[] c = cuts.get(i);
            double size = Math.hypot(c[0], c[1]);
            if (size < 1e-14) {
                if (c[2] <= 0 && !(c[2] == 0 && c[0] == 0)) return false; // a unit that does not depend on x
                g[i] = new double[] {0, 0, 0};
                h[i] = 1;
                continue;
            }
            g[i] = new double[] {-c[0] / size, -c[1] / size, 1};
            h[i] = c[2] / size;
        }
        g[m] = new double[] {1, 0, 0};
        g[m + 1] = new double[] {-1, 0, 0};
        g[m + 2] = new double[] {0, 1, 0};
        g[m + 3] = new double[] {0, -1, 0};
        g[m + 4] = new double[] {0, 0, 1};
        h[m] = h[m + 1] = h[m + 2] = h[m + 3] = half;
        h[m + 4] = 1;
        double[] x = new InteriorPoint().minimize(QuadraticProgram.linear(0, 0, -1).withInequalities(g, h)).x();
        return x[2] > 1e-7;
    }

    @Acceptance(topic = "deep-neural-network", clause = 3)
    @Test void regionsAreThePatternsThatLinearProgramsFind() {
        int differ = 0, nets = 0, regions = 0, deep = 0;
        int[] programs = {0};
        for (int seed = 0; seed < 20; seed++, nets++) {
            var rng = Rng.of(seed);
            int depth = 1 + seed % 3, width = depth == 1 ? 3 + rng.nextInt(8) : depth == 2 ? 2 + rng.nextInt(4) : 2 + rng.nextInt(2);
            var net = DepthSeparation.network(2, depth, width, 1, rng);
            assertThat(depth * width).isLessThanOrEqualTo(10);
            int ours = DepthSeparation.box(net, -2, 2, -2, 2).count(), theirs = byLinearPrograms(net, 2, programs);
            if (ours != theirs) differ++;
            regions += ours;
            if (depth > 1 && ours > 1 + width) deep++;
        }
        Evidence.of("networks", nets, exactly(20));
        Evidence.of("networks with another count than linear programs find", differ, exactly(0));
        Evidence.of("regions in all", regions, above(200));
        Evidence.of("deep networks among them that are cut up", deep, atLeast(5));
        int wrong = 0, layers = 0;
        for (int n = 1; n <= 12; n++) for (int seed = 0; seed < 5; seed++, layers++) {
            var net = DepthSeparation.network(2, 1, n, 1, Rng.of(100 * n + seed));
            if (DepthSeparation.plane(net).count() != 1 + n + n * (n - 1) / 2) wrong++;
        }
        Evidence.of("single layers of 1 to 12 units", layers, exactly(60));
        Evidence.of("of these, with another count over the plane than 1 + n + n (n - 1) / 2", wrong, exactly(0));
    }

    @Test void everyPartHasTheNetworksMap() {
        var net = DepthSeparation.network(2, 2, 5, 2, Rng.of(3));
        for (var part : DepthSeparation.box(net, -1, 1, -2, 2).parts()) {
            double x = 0, y = 0;
            for (var corner : part.corners()) {
                x += corner[0] / corner[2] / part.corners().length;
                y += corner[1] / corner[2] / part.corners().length;
            }
            double[] value = net.forward(Tensor.of(x, y).unsqueeze(0)).toDoubleArray();
            for (int o = 0; o < 2; o++)
                assertThat(part.map()[o][0] * x + part.map()[o][1] * y + part.map()[o][2]).isCloseTo(value[o], within(1e-9));
        }
        // Parallel borders, a border twice, a unit that never changes.
        var weights = new Linear(Tensor.of(new double[][] {{1, 0}, {2, 0}, {1, 0}, {0, 0}}), Tensor.of(0.0, 0, -1, 3));
        assertThat(DepthSeparation.plane(new Sequential(weights, Activation.RELU)).count()).isEqualTo(3);
    }

    @Test void slicesMatchRegionsAndEqualParametersAreCounted() {
        var deep = DepthSeparation.network(2, 3, 8, 1, Rng.of(5));
        var shallow = DepthSeparation.shallowLike(deep, 2, 1, Rng.of(6));
        assertThat(shallow.parameterCount()).isBetween(deep.parameterCount() - 3, deep.parameterCount());
        int pieces = DepthSeparation.pieces(deep, new double[] {-2, -1.3}, new double[] {2, 1.9});
        assertThat(pieces).isBetween(2, DepthSeparation.box(deep, -2, 2, -2, 2).count());
        var mlp = new Mlp(MlpConfig.regressor(2, 1, 4).withDtype(DType.F64), Rng.of(1));
        assertThat(DepthSeparation.box(mlp, -9, 9, -9, 9).count()).isBetween(2, 11);
        var x = Tensor.linspace(0, 1, 65).unsqueeze(1);
        var y = DepthSeparation.sawtooth(2).forward(x).detach().compute();
        double before = DepthSeparation.fit(DepthSeparation.network(1, 2, 8, 1, Rng.of(2)), x, y, 1, 0.01);
        assertThat(DepthSeparation.fit(DepthSeparation.network(1, 2, 8, 1, Rng.of(2)), x, y, 200, 0.01)).isLessThan(before / 2);
    }

    @Test void refusals() {
        assertThatThrownBy(() -> DepthSeparation.pieces(new Sequential(new Linear(1, 2, Rng.of(1)), Activation.TANH), ZERO, ONE))
                .hasMessageContaining("a layer is TANH");
        assertThatThrownBy(() -> DepthSeparation.plane(DepthSeparation.sawtooth(2))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> DepthSeparation.pieces(DepthSeparation.sawtooth(2), new double[2], new double[2]))
                .isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> DepthSeparation.sawtooth(0)).hasMessageContaining("k is 0");
    }
}
