package lyceum.autograd;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.linalg.Linalg;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class MatrixCalculusTest {
    private static final int INSTANCES = 20;

    /** Central differences are computed here once more, on plain arrays. */
    @Test
    @Acceptance(topic = "matrix-calculus", clause = 1) void identitiesEqualAutodiffAndCentralDifferences() {
        Gap autodiff = Gap.overLargest(), differences = Gap.overLargest();
        int identities = 0, held = 0;
        for (var identity : MatrixCalculus.catalogue()) {
            for (int i = 0; i < INSTANCES; i++) {
                var instance = identity.draw(Rng.of(507_000 + 100 * identities + i), 4, 3);
                var x = instance.x();
                double[] claimed = instance.gradient().apply(x).toDoubleArray(), at = x.toDoubleArray(), numeric = new double[at.length];
                autodiff.see(identity.loss(), Autograd.grad(instance.loss()).apply(x).toDoubleArray(), claimed);
                for (int k = 0; k < at.length; k++) {
                    double[] up = at.clone(), down = at.clone();
                    up[k] += 1e-5;
                    down[k] -= 1e-5;
                    numeric[k] = (value(instance, up) - value(instance, down)) / 2e-5;
                }
                differences.see(identity.loss(), numeric, claimed);
                if (MatrixCalculus.check(instance.loss(), instance.gradient().apply(x), x, Rng.of(i)).holds()) held++;
            }
            identities++;
        }
        Evidence.of("identities", identities, atLeast(24));
        Evidence.of("largest gap to autodiff", autodiff, below(1e-9));
        Evidence.of("largest gap to central differences", differences, below(1e-5));
        Evidence.of("instances that the checker accepts", held, exactly(identities * INSTANCES));
    }

    private static double value(MatrixCalculus.Instance instance, double[] at) {
        return instance.loss().apply(Tensor.of(at).reshape(instance.x().shape().toArray())).item();
    }

    private static Tensor svd(Tensor x, Tensor w) {
        var d = Linalg.svd(x);
        long k = d.s().size(0);
        return w.narrow(0, 0, d.u().size(0)).narrow(1, 0, k).mul(d.u().square()).sum()
                .add(w.narrow(0, 0, d.v().size(0)).narrow(1, 0, k).cos().mul(d.v().square()).sum())
                .add(w.get(0).narrow(0, 0, k).mul(d.s()).sum());
    }

    private static final Map<String, BinaryOperator<Tensor>> OPERATIONS = Map.ofEntries(
            Map.entry("product", (x, w) -> x.matmul(x.transpose()).mul(w).sum()),
            Map.entry("inverse", (x, w) -> Linalg.inverse(x).mul(w).sum()), Map.entry("det", (x, w) -> Linalg.det(x).mul(w.item(0, 0))),
            Map.entry("logDet", (x, w) -> Linalg.logDet(x).mul(w.item(0, 0))), Map.entry("trace", (x, w) -> w.matmul(x).matmul(x).trace()),
            Map.entry("kron", (x, w) -> Linalg.kron(x, x.sin()).mul(w).sum()),
            Map.entry("cholesky", (x, w) -> Linalg.cholesky(x).mul(w).sum()), Map.entry("eigh", (x, w) -> {
                var e = Linalg.eigh(x);
                return e.vectors().square().mul(w).sum().add(e.values().mul(w.get(0)).sum());
            }), Map.entry("svd", MatrixCalculusTest::svd), Map.entry("svdTall", MatrixCalculusTest::svd),
            Map.entry("svdWide", MatrixCalculusTest::svd), Map.entry("solve", (x, w) -> Linalg.solve(x, w).square().sum()),
            Map.entry("pinv", (x, w) -> Linalg.pinv(x).mul(w).sum()),
            // the right side moves with the matrix, so that both gradients count
            Map.entry("solveBoth", (x, w) -> Linalg.solve(x, w.matmul(x)).square().sum()),
            Map.entry("solveVector", (x, w) -> Linalg.solve(x, w.matmul(x.get(0))).square().sum()),
            Map.entry("lower", (x, w) -> Linalg.solveTriangular(x, w.matmul(x), true, false).square().sum()),
            Map.entry("lowerTransposed", (x, w) -> Linalg.solveTriangular(x, w.matmul(x), true, true).square().sum()),
            Map.entry("upper", (x, w) -> Linalg.solveTriangular(x, w.matmul(x), false, false).square().sum()),
            Map.entry("upperTransposed", (x, w) -> Linalg.solveTriangular(x, w.matmul(x), false, true).square().sum()),
            Map.entry("logAbsDet", (x, w) -> Linalg.logAbsDet(x).mul(w.item(0, 0))));

    private static final Golden GOLDEN = Golden.load("golden/matrix-calculus.json");

    private static UnaryOperator<Tensor> loss(Golden c) {
        var w = Tensor.of(c.matrix("input.w"));
        return x -> OPERATIONS.get(c.text("input.operation")).apply(x, w);
    }

    @Test
    @Acceptance(topic = "matrix-calculus", clause = 2) void gradientsThroughMatrixOperationsEqualTorch() {
        var worst = Gap.overLargest();
        int cases = 0;
        for (var c : GOLDEN.list("cases")) {
            var x = Tensor.of(c.matrix("input.x"));
            worst.see(c, "expected.value", loss(c).apply(x).item());
            var g = Autograd.grad(loss(c)).apply(x);
            boolean symmetric = c.text("input.operation").equals("cholesky") || c.text("input.operation").equals("eigh");
            worst.see(c, "expected.gradient", (symmetric ? MatrixCalculus.symmetrised(g) : g).toDoubleArray());
            cases++;
        }
        Evidence.of("cases, four of each of 20 losses", cases, exactly(20 * 4));
        Evidence.of("largest gap to torch", worst, below(1e-7));
    }

    /** dL by five points on the loss alone, and by forward mode, against tr(G'dX) with G by reverse mode. */
    @Test
    @Acceptance(topic = "matrix-calculus", clause = 3) void directionalDerivativesEqualTheTraceForm() {
        Gap numeric = Gap.relativeBeyondOne(), forward = Gap.relativeBeyondOne();
        int number = 0;
        for (var identity : MatrixCalculus.catalogue()) {
            for (int i = 0; i < INSTANCES; i++) {
                var instance = identity.draw(Rng.of(508_000 + 100 * number + i), 4, 3);
                see(numeric, forward, identity.loss(), instance.loss(), instance.x(), Rng.of(i));
            }
            number++;
        }
        for (var c : GOLDEN.list("cases")) {
            boolean symmetric = c.text("input.operation").equals("cholesky") || c.text("input.operation").equals("eigh");
            var f = loss(c);
            see(numeric, forward, c.text("name"), symmetric ? x -> f.apply(MatrixCalculus.symmetrised(x)) : f,
                    Tensor.of(c.matrix("input.x")), Rng.of(7));
        }
        Evidence.of("directions", numeric.seen(), exactly(number * INSTANCES + 80));
        Evidence.of("largest gap of dL by differences and tr(G'dX)", numeric, below(1e-8));
        Evidence.of("largest gap of dL by forward mode and tr(G'dX)", forward, below(1e-8));
    }

    private static void see(Gap numeric, Gap forward, String name, UnaryOperator<Tensor> loss, Tensor x, Rng rng) {
        var d = Tensor.randn(rng, DType.F64, x.shape().toArray()).compute();
        d = d.div(d.norm()).compute();
        double traced = Autograd.grad(loss).apply(x).mul(d).sum().item(), h = 1e-3;
        double[] at = new double[5];
        for (int k = -2; k <= 2; k++) at[k + 2] = loss.apply(x.add(d.mul(k * h))).item();
        numeric.see(name, (at[0] - 8 * at[1] + 8 * at[3] - at[4]) / (12 * h), traced);
        forward.see(name, Autograd.jvp(loss, x, d).item(), traced);
    }

    /** Each of the checker's three ways by itself: what one of them would let pass, the others would hide. */
    @Test
    @Acceptance(topic = "matrix-calculus", clause = 4) void mistakesAreRejected() {
        int transposed = 0, accepted = 0, others = 0, tried = 0, autodiff = 0, differences = 0, direction = 0;
        var symmetric = Gap.overLargest();
        for (var identity : MatrixCalculus.catalogue()) {
            if (identity.isSymmetric()) others++;
            else transposed++;
            for (int i = 0; i < INSTANCES; i++) {
                // square, so that a transposed gradient has the right shape
                var instance = identity.draw(Rng.of(509_000 + 100 * (transposed + others) + i), 3, 3);
                var g = instance.gradient().apply(instance.x());
                if (identity.isSymmetric() && g.rank() == 2)
                    symmetric.see(identity.loss(), g.toDoubleArray(), g.transpose().toDoubleArray());
                for (var wrong : identity.isSymmetric() ? new Tensor[] {g.neg(), g.mul(2)}
                        : new Tensor[] {g.transpose(), g.neg(), g.mul(2)}) {
                    var check = MatrixCalculus.check(instance.loss(), wrong, instance.x(), Rng.of(i));
                    if (check.holds()) accepted++;
                    if (check.autodiff() < 1e-9) autodiff++;
                    if (check.differences() < 1e-5) differences++;
                    if (check.direction() < 1e-8) direction++;
                    tried++;
                }
            }
        }
        Evidence.of("identities whose gradient is no symmetric matrix", transposed, atLeast(14));
        Evidence.of("others, with a wrong sign or factor", others, exactly(MatrixCalculus.catalogue().size() - transposed));
        Evidence.of("matrices among the others' gradients, from their transposes", symmetric, below(1e-12));
        Evidence.of("wrong gradients tried", tried, exactly(INSTANCES * (3 * transposed + 2 * others)));
        Evidence.of("wrong gradients accepted", accepted, exactly(0));
        Evidence.of("accepted by autodiff alone", autodiff, exactly(0));
        Evidence.of("accepted by central differences alone", differences, exactly(0));
        Evidence.of("accepted along a direction alone", direction, exactly(0));
        assertThat(new MatrixCalculus.Check(9e-10, 9e-6, 9e-9).holds()).isTrue();
        for (double[] gaps : new double[][] {{2e-9, 0, 0}, {0, 2e-5, 0}, {0, 0, 2e-8}, {Double.NaN, 0, 0}})
            assertThat(new MatrixCalculus.Check(gaps[0], gaps[1], gaps[2]).holds()).as("each way is heard").isFalse();
    }

    @Test void gradientsAreReadOffDifferentials() {
        var x = Tensor.of(new double[][] {{2, 1}, {0.5, 3}});
        var g = MatrixCalculus.extract((at, d) -> Linalg.solve(at, d).trace(), x);
        assertThat(g.sub(Linalg.inverse(x).transpose()).abs().max().item()).isLessThan(1e-14);
        assertThatThrownBy(() -> MatrixCalculus.extract((at, d) -> d.square().sum(), x)).hasMessageContaining("linear in dX");
        assertThatThrownBy(
                () -> MatrixCalculus.check(t -> t.sum(), Tensor.zeros(DType.F64, 3, 2), Tensor.zeros(DType.F64, 2, 3), Rng.of(1)))
                .isInstanceOf(ShapeException.class).hasMessageContaining("same shape");
        assertThatThrownBy(() -> MatrixCalculus.check(t -> t.sum(), Tensor.ones(2, 3), Tensor.ones(2, 3), Rng.of(1)))
                .isInstanceOf(DTypeException.class).hasMessageContaining("F32");
        assertThat(Linalg.kron(Tensor.of(new double[][] {{1, 2}}), Tensor.of(new double[][] {{3}, {4}})).toDoubleArray()).containsExactly(3,
                6, 4, 8);
    }
}
