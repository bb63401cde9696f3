package lyceum.autograd;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.linalg.Linalg;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

/** Twenty functions: Jacobians, Hessians and products in every mode, beside torch.autograd.functional and formulas. */
class JacobianTest {
    private static final Golden GOLDEN = Golden.load("golden/jacobian-hessian.json");
    private static final Tensor W = Tensor.of(new Recipe(40401).matrix(3, 4)), U = Tensor.of(new Recipe(40402).matrix(5, 3));
    private static final Tensor Z = Tensor.of(new Recipe(40403).matrix(8, 4)), A = Tensor.of(new Recipe(40404).matrix(4, 4));
    private static final Tensor SIGNS = Tensor.of(1.0, -1, 1, 1, -1, -1, 1, -1);

    private static UnaryOperator<Tensor> function(String name) {
        return switch (name) {
            case "affine" -> x -> W.matmul(x).add(0.5);
            case "network" -> x -> U.matmul(W.matmul(x).tanh());
            case "softmax" -> x -> x.softmax(0);
            case "logSoftmax" -> x -> x.logSoftmax(0);
            case "cumprod" -> x -> x.cumprod(0);
            case "outer" -> x -> x.outer(x);
            case "waves" -> x -> x.sin().mul(x.div(2).exp());
            case "unit" -> x -> x.div(x.norm());
            case "polar" -> x -> Tensor.stack(0, x.get(0).mul(x.get(1).cos()), x.get(0).mul(x.get(1).sin()));
            case "gram" -> x -> x.reshape(2, 2).matmul(x.reshape(2, 2).transpose());
            case "rosenbrock" -> JacobianTest::rosenbrock;
            case "quadratic" -> x -> x.dot(A.matmul(x));
            case "logSumExp" -> x -> W.matmul(x).logSumExp();
            case "logistic" -> x -> Z.matmul(x).mul(SIGNS).neg().softplus().mean();
            case "norm" -> x -> x.square().sum().add(1).sqrt();
            case "product" -> x -> x.sin().add(1.5).prod();
            case "bump" -> x -> x.square().sum().div(-4).exp().div(x.get(3).square().add(1));
            case "logDet" -> x -> Linalg.logDet(x.reshape(2, 2).matmul(x.reshape(2, 2).transpose()).add(Tensor.eye(x.dtype(), 2)));
            case "entropy" -> x -> x.softmax(0).mul(x.logSoftmax(0)).sum().neg();
            case "cubedNetwork" -> x -> W.matmul(x).tanh().pow(3).sum();
            default -> throw new AssertionError(name);
        };
    }

    private static Tensor rosenbrock(Tensor x) {
        long n = x.size(0) - 1;
        Tensor head = x.narrow(0, 0, n), tail = x.narrow(0, 1, n);
        return tail.sub(head.square()).square().mul(100).add(head.rsub(1).square()).sum();
    }

    private static Tensor given(Golden c, String path) { return Tensor.of(c.flat("input." + path)); }

    @Test
    @Acceptance(topic = "jacobian-hessian", clause = 1) void everyModeOfTwentyFunctionsEqualsTorch() {
        var worst = Gap.overLargest();
        int functions = 0, scalars = 0;
        for (var c : GOLDEN.list("cases")) {
            var f = function(c.text("name"));
            Tensor x = given(c, "x"), v = given(c, "v"), u = given(c, "u").reshape(f.apply(x).shape().toArray());
            worst.see(c, "expected.jvp", Autograd.jvp(f, x, v).toDoubleArray());
            worst.see(c, "expected.vjp", Autograd.vjp(f, x, u).toDoubleArray());
            worst.see(c, "expected.jacobian", Autograd.jacobian(f, x).toDoubleArray());
            for (var mode : Mode.values()) worst.see(c, "expected.jacobian", Autograd.jacobian(f, x, mode).toDoubleArray());
            functions++;
            if (!c.has("expected.hessian")) continue;
            worst.see(c, "expected.hvp", Autograd.hvp(f, x, v).toDoubleArray());
            worst.see(c, "expected.hessian", Autograd.hessian(f, x).toDoubleArray());
            for (var mode : Mode.values()) worst.see(c, "expected.hessian", Autograd.hessian(f, x, mode).toDoubleArray());
            scalars++;
        }
        Evidence.of("functions", functions, exactly(20));
        Evidence.of("functions with a Hessian", scalars, exactly(10));
        Evidence.of("numbers compared", worst.seen(), exactly(20 * 4 + 60 + 5 * 240 + 10 * (4 + 5 * 16)));
        Evidence.of("largest gap to torch.autograd.functional", worst, below(1e-8));
    }

    @Test
    @Acceptance(topic = "jacobian-hessian", clause = 2) void forwardAndReverseAgree() {
        var worst = Gap.absolute();
        for (var c : GOLDEN.list("cases")) {
            var f = function(c.text("name"));
            double[] forward = Autograd.jacobian(f, given(c, "x"), Mode.FORWARD).toDoubleArray();
            for (var mode : new Mode[] {Mode.REVERSE, Mode.BATCHED_REVERSE})
                worst.see(c.text("name"), Autograd.jacobian(f, given(c, "x"), mode).toDoubleArray(), forward);
            worst.see(c.text("name"), Autograd.jacobian(f, given(c, "x"), Mode.BATCHED_FORWARD).toDoubleArray(), forward);
        }
        Evidence.of("entries compared", worst.seen(), exactly(3 * 240));
        Evidence.of("largest gap of forward and reverse mode", worst, below(1e-12));
    }

    @Test
    @Acceptance(topic = "jacobian-hessian", clause = 3) void hessiansAreSymmetric() {
        var worst = Gap.relativeBeyondOne();
        for (var c : GOLDEN.list("cases")) {
            if (!c.has("expected.hessian")) continue;
            for (var mode : Mode.values()) {
                var h = Autograd.hessian(function(c.text("name")), given(c, "x"), mode);
                worst.see(c.text("name") + " " + mode, h.toDoubleArray(), h.transpose().toDoubleArray());
            }
        }
        Evidence.of("entries compared", worst.seen(), exactly(10 * 4 * 16));
        Evidence.of("largest gap of H and H'", worst, below(1e-12));
    }

    @Test
    @Acceptance(topic = "jacobian-hessian", clause = 4) void hessianProductsEqualTheDenseOne() {
        var worst = Gap.overLargest();
        for (var c : GOLDEN.list("cases")) {
            if (!c.has("expected.hessian")) continue;
            double[] h = c.flat("expected.hessian"), v = c.flat("input.v"), dense = new double[4];
            for (int i = 0; i < 4; i++) for (int j = 0; j < 4; j++) dense[i] += h[4 * i + j] * v[j];
            worst.see(c.text("name"), Autograd.hvp(function(c.text("name")), given(c, "x"), given(c, "v")).toDoubleArray(), dense);
        }
        Evidence.of("largest gap to torch's dense Hessian times v", worst, below(1e-10));
    }

    /** All that was asked for, given back or not. A Hessian here would take 80 GB. */
    @Test
    @Acceptance(topic = "jacobian-hessian", clause = 4) void hessianProductsAllocateLikeGradients() {
        int n = 100_000;
        var x = Tensor.randn(Rng.of(404), DType.F64, n).compute();
        var v = Tensor.randn(Rng.of(405), DType.F64, n).compute();
        double largest = 0;
        for (var f : List.<UnaryOperator<Tensor>>of(JacobianTest::rosenbrock, Tensor::logSumExp, t -> t.square().sum().add(1).sqrt(),
                t -> t.softmax(0).mul(t.logSoftmax(0)).sum().neg())) {
            double gradient = allocated(() -> Autograd.grad(f).apply(x)), product = allocated(() -> Autograd.hvp(f, x, v));
            assertThat(gradient).isGreaterThanOrEqualTo(8.0 * n);
            largest = Math.max(largest, product / gradient);
        }
        Evidence.of("bytes allocated by hvp over those of the gradient, at most, n = 100,000", largest, atMost(10));
    }

    private static long allocated(Supplier<Tensor> work) {
        try (var scope = Scope.open()) {
            work.get().compute();
            return scope.allocated();
        }
    }

    /** {@code 100 (y - x^2)^2 + (1 - x)^2} and its derivatives written out. */
    @Test
    @Acceptance(topic = "jacobian-hessian", clause = 5) void rosenbrockEqualsItsFormulas() {
        var worst = Gap.relativeBeyondOne();
        var rng = Rng.of(45);
        for (int i = 0; i < 100; i++) {
            double x = i == 0 ? 1 : 4 * rng.nextDouble() - 2, y = i == 0 ? 1 : 4 * rng.nextDouble() - 1;
            var at = Tensor.of(x, y);
            worst.see("gradient", Autograd.grad(JacobianTest::rosenbrock).apply(at).toDoubleArray(),
                    new double[] {-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)});
            for (var mode : Mode.values())
                worst.see("Hessian " + mode, Autograd.hessian(JacobianTest::rosenbrock, at, mode).toDoubleArray(),
                        new double[] {1200 * x * x - 400 * y + 2, -400 * x, -400 * x, 200});
        }
        Evidence.of("largest gap at 100 points, relative beyond 1", worst, below(1e-12));
    }

    /** Their elements are numbered row by row, whatever the shapes. */
    @Test void pointsAndValuesMayBeMatrices() {
        var worst = Gap.overLargest();
        for (var c : GOLDEN.list("cases")) {
            var x = given(c, "x").reshape(2, 2);
            UnaryOperator<Tensor> f = m -> function(c.text("name")).apply(m.reshape(4));
            for (var mode : Mode.values()) {
                worst.see(c, "expected.jacobian", Autograd.jacobian(m -> f.apply(m).unsqueeze(0), x, mode).toDoubleArray());
                if (c.has("expected.hessian")) worst.see(c, "expected.hessian", Autograd.hessian(f, x, mode).toDoubleArray());
            }
        }
        assertThat(worst.seen()).isEqualTo(4 * (240 + 160));
        assertThat(worst.worst()).isLessThan(1e-8);
    }

    @Test void theModeWithFewerPassesIsChosen() {
        assertThat(Mode.cheaper(3, 4)).isEqualTo(Mode.FORWARD);
        assertThat(Mode.cheaper(4, 4)).isEqualTo(Mode.REVERSE);
        assertThat(Mode.cheaper(4, 1)).isEqualTo(Mode.REVERSE);
        var evaluations = new int[1];
        UnaryOperator<Tensor> wide = x -> {
            evaluations[0]++;
            return x.sum().expand(50).mul(2);
        };
        assertThat(Autograd.jacobian(wide, Tensor.of(1.0, 2.0)).shape().toArray()).containsExactly(50, 2);
        assertThat(evaluations[0]).isEqualTo(2); // the first column tells the shape
        assertThat(Autograd.jacobian(x -> x, Tensor.zeros(DType.F64, 0)).shape().toArray()).containsExactly(0, 0);
    }
}
