package lyceum.optim;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class ShampooTest {

    @Test
    @Acceptance(topic = "shampoo-kfac", clause = 1) void rootsAndStepsEqualScipys() {
        Gap roots = Gap.absolute(), steps = Gap.absolute();
        for (var c : Golden.load("golden/shampoo.json").list("cases")) {
            long[] shape = c.longs("input.shape");
            int n = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
            var r = new Recipe(6200);
            var x = Tensor.of(r.bells(n), shape).requiresGrad();
            var optimizer = new Shampoo(0.1).withBeta(c.number("input.beta")).withEpsilon(c.number("input.epsilon")).over(x);
            for (int t = 1; t <= 3; t++) {
                optimizer.step(Tensor.of(r.bells(n), shape));
                for (int axis = 0; axis < shape.length; axis++)
                    roots.see(c, "expected.roots." + t + "_" + axis,
                            optimizer.state().tensors().get("0.roots.0." + axis).flatten().toDoubleArray());
                steps.see(c, "expected.x." + t, x.flatten().toDoubleArray());
            }
        }
        Evidence.of("numbers compared", roots.seen() + steps.seen(), exactly(3 * (52 + 52 + 50 + 49 + 50 + 24 + 24 + 25 + 7 + 60)));
        Evidence.of("largest gap of an inverse root to scipy", roots, below(1e-8));
        Evidence.of("largest gap of a step to L^-1/4 G R^-1/4", steps, below(1e-8));
    }

    @Test
    @Acceptance(topic = "shampoo-kfac", clause = 3) void reachesTheLossInAFifthOfSgdsStepsAndBeforeAdam() {
        for (long seed : MatrixRegression.SEEDS) {
            var problem = MatrixRegression.of(seed);
            MatrixRegression.compare("Shampoo, seed " + seed, problem.best(Shampoo::new, 3, 1, 10, 30, 0.3), problem);
        }
    }

    /** With empty sums the first step is the orthogonal factor of the gradient (Bernstein and Newhouse 2024). */
    @Test void theFirstStepIsTheGradientsOrthogonalFactor() {
        var g = Tensor.randn(Rng.of(5), DType.F64, 9, 6).compute();
        var x = Tensor.zeros(DType.F64, 9, 6).copy().requiresGrad();
        new Shampoo(1).withEpsilon(1e-20).over(x).step(g);
        var svd = Svd.of(g);
        assertThat(x.add(svd.u().matmul(svd.vt())).abs().max().item()).isLessThan(1e-6);
    }

    @Test void aBlockIsAParameterOfItsOwn() {
        var rng = Rng.of(6);
        var rule = new Shampoo(0.1).withEpsilon(1e-3);
        var whole = Tensor.zeros(DType.F64, 7, 6).copy().requiresGrad();
        var cut = rule.withBlockSize(4).over(whole);
        var parts = new ArrayList<Tensor>();
        UnaryOperator<Tensor>[] pieces = new UnaryOperator[] {piece(0, 4, 0, 4), piece(0, 4, 4, 2), piece(4, 3, 0, 4), piece(4, 3, 4, 2)};
        for (var piece : pieces) parts.add(piece.apply(whole.detach()).copy().requiresGrad());
        var apart = parts.stream().map(rule::over).toList();
        for (int t = 0; t < 3; t++) {
            var g = Tensor.randn(rng, DType.F64, 7, 6).compute();
            cut.step(g);
            for (int i = 0; i < 4; i++) apart.get(i).step(pieces[i].apply(g));
        }
        for (int i = 0; i < 4; i++) assertThat(pieces[i].apply(whole.detach()).toDoubleArray()).isEqualTo(parts.get(i).toDoubleArray());
    }

    private static UnaryOperator<Tensor> piece(long row, long rows, long column, long columns) {
        return x -> x.narrow(0, row, rows).narrow(1, column, columns);
    }

    @Test void graftingTakesTheOthersLengthAndOwnDirection() {
        var rng = Rng.of(7);
        var start = Tensor.randn(rng, DType.F64, 5, 4).compute();
        Tensor plain = start.copy().requiresGrad(), other = start.copy().requiresGrad(), both = start.copy().requiresGrad();
        var adam = new Adam(0.01);
        Optimizer first = new Shampoo(1).withBeta(0.999).over(plain), second = adam.over(other),
                third = Shampoo.grafted(adam).withMomentum(0).withRefreshEvery(1).over(both);
        for (int t = 0; t < 4; t++) {
            var g = Tensor.randn(rng, DType.F64, 5, 4).compute();
            Tensor a = plain.detach().copy(), b = other.detach().copy(), c = both.detach().copy();
            first.step(g);
            second.step(g);
            third.step(g);
            Tensor direction = a.sub(plain.detach()), step = c.sub(both.detach());
            assertThat(step.norm().item()).isCloseTo(b.sub(other.detach()).norm().item(), within(1e-12));
            assertThat(step.mul(direction).sum().item()).isCloseTo(step.norm().item() * direction.norm().item(), within(1e-10));
        }
    }

    /** {@code m = momentum m + direction}, of directions that the same rule takes without momentum; gradients alone make them. */
    @Test void momentumIsOfTheDirections() {
        var rng = Rng.of(9);
        Tensor plain = Tensor.zeros(DType.F64, 5, 4).copy().requiresGrad(), moved = plain.detach().copy().requiresGrad(),
                climbed = plain.detach().copy().requiresGrad();
        var rule = new Shampoo(0.3).withMomentum(0.8);
        Optimizer first = new Shampoo(1).over(plain), second = rule.over(moved), third = rule.withMaximize(true).over(climbed);
        Tensor m = Tensor.zeros(DType.F64, 5, 4), x = m;
        for (int t = 0; t < 5; t++) {
            var g = Tensor.randn(rng, DType.F64, 5, 4).compute();
            var before = plain.detach().copy();
            first.step(g);
            second.step(g);
            third.step(g);
            m = m.mul(0.8).add(before.sub(plain.detach())).compute();
            x = x.sub(m.mul(0.3)).compute();
            assertThat(moved.detach().sub(x).abs().max().item()).isLessThan(1e-12);
            assertThat(climbed.detach().add(x).abs().max().item()).isLessThan(1e-12);
        }
    }

    @Test void rootsServeUntilTheirRefreshAndAStateGoesOnBitForBit() {
        var rule = Shampoo.grafted(new AdaGrad(0.1)).withRefreshEvery(3).withBlockSize(3);
        Tensor once = Tensor.ones(DType.F64, 4, 1, 5).copy().requiresGrad(), twice = once.detach().copy().requiresGrad();
        var optimizer = rule.over(once);
        Optimizer begun = rule.over(twice), resumed = null;
        var rng = Rng.of(8);
        double[] root = null;
        for (int t = 0; t < 7; t++) {
            var g = Tensor.randn(rng, DType.F64, 4, 1, 5).compute();
            optimizer.step(g);
            if (t == 4) {
                resumed = rule.over(twice);
                resumed.restore(begun.state());
            }
            (resumed == null ? begun : resumed).step(g);
            double[] now = optimizer.state().tensors().get("0.roots.0.0").flatten().toDoubleArray();
            if (t % 3 == 0) assertThat(now).isNotEqualTo(root);
            else assertThat(now).isEqualTo(root);
            root = now;
        }
        assertThat(twice.toDoubleArray()).isEqualTo(once.toDoubleArray());
    }

    @Test void halfWidthAndSingleNumbersAndZerosAreTaken() {
        for (var shape : List.of(new long[0], new long[] {1, 1}, new long[] {3, 2})) {
            var x = Tensor.ones(DType.BF16, shape).copy().requiresGrad();
            var optimizer = Shampoo.grafted(new Sgd(0.1)).over(x);
            optimizer.step(Tensor.zeros(DType.BF16, shape));
            assertThat(x.to(DType.F64).flatten().toDoubleArray()).containsOnly(1);
            optimizer.step(Tensor.ones(DType.BF16, shape));
            assertThat(x.to(DType.F64).max().item()).isLessThan(1);
            assertThat(x.to(DType.F64).min().item()).isGreaterThan(0.85);
        }
    }

    @Test void wrongSettingsAreNamed() {
        assertThatThrownBy(() -> new Shampoo(0.1).withEpsilon(0)).hasMessage("Shampoo: epsilon is 0.0; it is a number above 0");
        assertThatThrownBy(() -> new Shampoo(0.1).withRefreshEvery(0)).hasMessage("Shampoo: refreshEvery is 0; it is at least 1");
    }
}
