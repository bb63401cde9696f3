package lyceum.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.linalg.LeastSquares;
import lyceum.nn.loss.Loss;
import lyceum.optim.Lbfgs;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class KanTest {
    private static final KanConfig CONFIG = new KanConfig().withDtype(DType.F64);

    /** tools/golden/nn_kan.py. */
    @Acceptance(topic = "kan", clause = 1)
    @Test void theBasisIsThatOfSciPy() {
        var gap = Gap.absolute();
        int cases = 0;
        for (var c : Golden.load("golden/kan.json").list("cases")) {
            double[] x = c.doubles("input.x"), knots = c.doubles("input.knots");
            var ours = KanLayer.basis(Tensor.of(x).unsqueeze(1), Tensor.of(knots).unsqueeze(0), c.integer("input.degree"));
            gap.see(c, "expected.basis", ours.toDoubleArray());
            cases++;
        }
        Evidence.of("knots and degrees", cases, exactly(15));
        Evidence.of("largest gap", gap, atMost(1e-10));
    }

    private static Tensor points(long seed, int n) { return Tensor.rand(Rng.of(seed), DType.F64, n, 2).mul(2).sub(1).compute(); }

    /** {@code exp(sin(pi x) + y^2)}. */
    private static Tensor target(Tensor x) { return x.narrow(1, 0, 1).mul(Math.PI).sin().add(x.narrow(1, 1, 1).square()).exp().compute(); }

    private static Kan trained(Kan kan, Tensor x, Tensor y, int steps) {
        new Lbfgs().withMaxIterations(steps).withHistory(20).withGradientTolerance(1e-9).withValueTolerance(0)
                .minimize(List.copyOf(kan.parameters().values()), () -> Loss.mse(kan.forward(x), y), Progress.SILENT);
        return kan;
    }

    private static double rmse(Kan kan, Tensor x) { return Math.sqrt(Loss.mse(kan.forward(x), target(x)).item()); }

    /** Begins on even grids, moves them to where the hidden values are, and goes on. */
    private static Kan fitted(KanConfig config, long seed, Tensor x, int steps, int... widths) {
        var y = target(x);
        var kan = trained(new Kan(config, Rng.of(seed), widths), x, y, 20);
        for (int i = 0; i < 3; i++) kan = trained(kan.adapted(x, 1), x, y, 20);
        return trained(kan.adapted(x, 1), x, y, steps);
    }

    @Acceptance(topic = "kan", clause = 2)
    @Acceptance(topic = "kan", clause = 3)
    @Test void fiveHiddenSumsFitAndAFinerGridKeepsTheFunction() {
        Tensor x = points(1, 1000), test = points(2, 1000);
        var kan = fitted(CONFIG, 3, x, 150, 2, 5, 1);
        Evidence.of("test RMSE of [2, 5, 1]", rmse(kan, test), atMost(1e-2));
        var finer = kan.refined(10);
        assertThat(finer.layers().getFirst().knots().size(1)).isEqualTo(10 + 7);
        double far = finer.forward(x).sub(kan.forward(x)).abs().max().item();
        Evidence.of("grids", finer.layers().stream().filter(l -> l.config().grid() == 10).count(), exactly(2));
        Evidence.of("largest change of the function by a grid of 10 for 5", far, atMost(1e-3));
        var beyond = x.mul(1.3);
        assertThat(finer.forward(beyond).sub(kan.forward(beyond)).abs().max().item()).isLessThan(1e-9);
    }

    @Acceptance(topic = "kan", clause = 4)
    @Test void theErrorFallsAtLeastWithTheSquareOfTheGrid() {
        Tensor x = points(1, 1000), test = points(2, 1000), y = target(x);
        int[] grids = {5, 10, 20};
        double[] best = {1, 1, 1}, logGrid = new double[3], logError = new double[3];
        for (int seed = 3; seed < 6; seed++) {
            var kan = fitted(CONFIG, seed, x, 120, 2, 1, 1);
            for (int g = 0; g < 3; g++) {
                if (g > 0) kan = trained(kan.refined(grids[g]), x, y, 120);
                best[g] = Math.min(best[g], rmse(kan, test));
                logGrid[g] = Math.log(grids[g]);
                logError[g] = Math.log(best[g]);
            }
        }
        assertThat(best[0]).as("the coarsest grid has learned").isLessThan(0.2);
        Evidence.of("slope of log RMSE by log grid", LeastSquares.slope(logGrid, logError), atMost(-2));
    }

    @Acceptance(topic = "kan", clause = 5)
    @Test void theEdgesOfTheTrueShapeAreNamed() {
        var x = points(1, 1000);
        var kan = fitted(CONFIG.withGrid(10), 3, x, 200, 2, 1, 1);
        var inputs = kan.inputs(x);
        KanLayer inner = kan.layers().get(0), outer = kan.layers().get(1);
        SymbolicFit sine = named(inner.symbolic(0, 0, inputs.get(0)), "sin"), square = named(inner.symbolic(0, 1, inputs.get(0)), "x^2"),
                exp = named(outer.symbolic(0, 0, inputs.get(1)), "exp");
        Evidence.of("sine of the first input, R2", sine.r2(), atLeast(0.999));
        Evidence.of("square of the second, R2", square.r2(), atLeast(0.999));
        Evidence.of("exponential of their sum, R2", exp.r2(), atLeast(0.999));
        // A function that the edge is not stays behind.
        assertThat(named(inner.symbolic(0, 0, inputs.get(0)), "x^2").r2()).isLessThan(0.9);
    }

    private static SymbolicFit named(List<SymbolicFit> fits, String name) {
        return fits.stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow();
    }

    @Test void edgesAddUpAndGradientsAreRight() {
        var layer = new KanLayer(3, 2, CONFIG.withBase(Activation.TANH), Rng.of(1));
        var x = Tensor.rand(Rng.of(2), DType.F64, 6, 3).mul(1.8).sub(0.9).compute();
        assertThat(layer.edges(x).sum(2).sub(layer.forward(x)).abs().max().item()).isLessThan(1e-12);
        var leaf = x.copy().requiresGrad();
        layer.forward(leaf).sum().backward();
        double[] g = leaf.grad().toDoubleArray(), at = x.toDoubleArray();
        for (int i = 0; i < g.length; i++) {
            double[] up = at.clone(), down = at.clone();
            up[i] += 1e-5;
            down[i] -= 1e-5;
            double slope = (layer.forward(Tensor.of(up, 6, 3)).sum().item() - layer.forward(Tensor.of(down, 6, 3)).sum().item()) / 2e-5;
            assertThat(g[i]).isCloseTo(slope, within(1e-6));
        }
        assertThat(layer.parameters().keySet()).containsExactly("coefficients", "base", "scale");
        assertThat(layer.forward(x.reshape(2, 3, 3)).shape().toArray()).containsExactly(2, 3, 2);
        var again = KanLayer.of(layer.config(), layer.state());
        assertThat(again.forward(x).toDoubleArray()).isEqualTo(layer.forward(x).toDoubleArray());
    }

    @Test void gridsFollowTheDataAndCutEdgesAreGone() {
        var x = Tensor.randn(Rng.of(4), DType.F64, 500, 2).mul(0.2).add(0.3).clamp(-0.9, 0.95).compute();
        var layer = new KanLayer(2, 3, CONFIG, Rng.of(5));
        var moved = layer.adapted(x);
        double[][] knots = moved.knots().toRows();
        assertThat(knots[0][3]).isBetween(x.select(1, 0).min().item() - 0.1, x.select(1, 0).min().item());
        assertThat(knots[1][8]).isBetween(x.select(1, 1).max().item(), x.select(1, 1).max().item() + 0.1);
        for (int j = 1; j < knots[0].length; j++) assertThat(knots[0][j]).isGreaterThan(knots[0][j - 1]);
        assertThat(layer.refined(15).forward(x).sub(layer.forward(x)).abs().max().item()).isLessThan(1e-10);
        assertThat(moved.refined(10).forward(x).sub(moved.forward(x)).abs().max().item()).isLessThan(1e-10);
        double[] sizes = layer.importance(x).toDoubleArray();
        double median = Arrays.stream(sizes).sorted().toArray()[3];
        var cut = layer.pruned(x, median);
        assertThat(cut.kept().sum().item()).isEqualTo(3);
        var edges = cut.edges(x).abs().mean(0, false).toDoubleArray();
        for (int i = 0; i < 6; i++) assertThat(edges[i]).isCloseTo(sizes[i] < median ? 0 : sizes[i], within(1e-12));
    }

    @Test void pricesShrinkEdgesThatAreNotNeeded() {
        var x = points(7, 200);
        var y = x.narrow(1, 0, 1).mul(2).sin().compute();
        var spare = new double[2];
        for (int i = 0; i < 2; i++) {
            var kan = new Kan(CONFIG.withPrice(i == 0 ? 0 : 1e-2), Rng.of(8), 2, 1);
            var penalties = new ArrayList<Tensor>();
            new Lbfgs().withMaxIterations(60).minimize(List.copyOf(kan.parameters().values()), () -> {
                penalties.clear();
                var loss = Loss.mse(kan.forward(x, Pass.training(Rng.of(1)).collecting(penalties::add)), y);
                return penalties.isEmpty() ? loss : loss.add(penalties.getFirst());
            }, Progress.SILENT);
            spare[i] = kan.layers().getFirst().importance(x).item(0, 1);
        }
        assertThat(spare[1]).isLessThan(0.02);
        var layer = new KanLayer(2, 2, CONFIG.withPrice(0.5).withEntropyPrice(3), Rng.of(9));
        double[] sizes = layer.importance(x).toDoubleArray();
        double sum = 0, entropy = 0;
        for (double s : sizes) sum += s;
        for (double s : sizes) entropy -= s / sum * Math.log(s / sum);
        assertThat(layer.penalty(x).item()).isCloseTo(0.5 * (sum + 3 * entropy), within(1e-9));
    }

    @Test void functionsAreFoundWhateverTheirScale() {
        var rng = Rng.of(6);
        double[] x = new double[300], y = new double[300];
        for (int i = 0; i < 300; i++) x[i] = 3 + 4 * rng.nextDouble();
        for (var name : List.of("x^2", "sin", "exp", "tanh", "log", "sqrt", "gaussian", "x^3", "abs")) {
            for (int i = 0; i < 300; i++)
                y[i] = new SymbolicFit(name, name.equals("sin") ? 1.7 : 0.8, name.equals("log") ? -1 : -3.9, -2.5, 7, 1)
                        .at(name.equals("sqrt") || name.equals("log") ? x[i] + 3 : x[i]);
            assertThat(SymbolicFit.of(name, x, y).r2()).as(name).isGreaterThan(0.99999);
        }
        var line = SymbolicFit.all(new double[] {1, 2, 3, 4}, new double[] {2, 4, 6, 8}).getFirst();
        assertThat(line.name()).isEqualTo("x");
        assertThat(line.at(10)).isCloseTo(20, within(1e-9));
    }

    @Test void refusals() {
        assertThatThrownBy(() -> new KanConfig().withLow(2)).hasMessageContaining("low comes first");
        assertThatThrownBy(() -> new KanLayer(2, 1, CONFIG, Rng.of(1)).forward(Tensor.zeros(DType.F64, 3, 4)))
                .isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> KanLayer.of(CONFIG, Map.of())).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> new Kan(CONFIG, Rng.of(1), 3)).hasMessageContaining("1 widths");
        assertThatThrownBy(() -> SymbolicFit.of("cosh", new double[3], new double[3])).hasMessageContaining("cosh is unknown");
    }
}
