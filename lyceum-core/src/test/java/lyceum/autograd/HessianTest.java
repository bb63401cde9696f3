package lyceum.autograd;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import java.util.function.UnaryOperator;
import lyceum.linalg.Linalg;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

/** Values, gradients, Hessians, Hessian-vector products and Jacobians against PyTorch, in double. */
class HessianTest {
    private static final Golden GOLDEN = Golden.load("golden/automatic-differentiation.json");
    private static final Tensor W = Tensor.of(new Recipe(9202).matrix(3, 4));
    private static final Tensor Z = Tensor.of(new Recipe(9201).matrix(8, 4));
    private static final Tensor SIGNS = Tensor.of(1.0, -1, 1, 1, -1, -1, 1, -1);
    private static final Tensor S = symmetric(Tensor.of(new Recipe(9200).matrix(4, 4)));

    private static Tensor symmetric(Tensor a) { return a.add(a.transpose()).mul(0.5); }

    private static UnaryOperator<Tensor> function(String name) {
        return switch (name) {
            case "rosenbrock" -> x -> {
                Tensor head = x.narrow(0, 0, 3), tail = x.narrow(0, 1, 3);
                return tail.sub(head.square()).square().mul(100).add(head.rsub(1).square()).sum();
            };
            case "quadratic" -> x -> x.dot(S.matmul(x)).mul(0.5);
            case "logsumexp" -> x -> W.matmul(x).logSumExp();
            case "logistic" -> x -> Z.matmul(x).mul(SIGNS).neg().softplus().mean();
            case "waves" -> x -> x.sin().add(1.5).prod().add(x.get(0).mul(x.get(1)).cos());
            case "norm" -> x -> x.square().sum().add(1).sqrt();
            case "network" -> x -> W.matmul(x).tanh().pow(3).sum();
            case "ratio" -> x -> x.square().sum().div(-4).exp().div(x.get(3).square().add(1));
            case "logdet" -> x -> {
                var c = x.reshape(2, 2);
                return Linalg.logDet(c.matmul(c.transpose()).add(Tensor.eye(x.dtype(), 2)));
            };
            case "entropy" -> x -> x.softmax(0).mul(x.logSoftmax(0)).sum().neg();
            case "loop" -> x -> {
                var y = x.get(0);
                for (int i = 0; i < 3; i++) y = y.item() > 0 ? y.mul(x.get(1)).sin() : y.square().add(x.get(2));
                return y.mul(x.get(3));
            };
            default -> throw new AssertionError(name);
        };
    }

    @Acceptance(topic = "automatic-differentiation", clause = 3)
    @Test void hessiansEqualPyTorch() {
        int checked = 0;
        var gap = Gap.overLargest();
        for (var c : GOLDEN.list("cases")) {
            if (!c.has("input.function")) continue;
            var f = function(c.text("input.function"));
            Tensor x = Tensor.of(c.flat("input.x")), v = Tensor.of(c.flat("input.v"));
            gap.see(c, "expected.value", f.apply(x).toDoubleArray());
            gap.see(c, "expected.gradient", Autograd.grad(f).apply(x).toDoubleArray());
            gap.see(c, "expected.hessian", Autograd.hessian(f, x).toDoubleArray());
            gap.see(c, "expected.hessianTimesV", Autograd.hvp(f, x, v).toDoubleArray());
            checked++;
        }
        Evidence.of("largest gap to PyTorch", gap, below(1e-8));
        Evidence.of("functions", checked, exactly(33));
    }

    @Acceptance(topic = "automatic-differentiation", clause = 3)
    @Test void jacobiansByRowsAndByColumnsEqualPyTorch() {
        var gap = Gap.overLargest();
        int checked = 0;
        for (var c : GOLDEN.list("cases")) {
            if (c.has("input.function")) continue;
            UnaryOperator<Tensor> f = switch (c.text("name")) {
                case "jacobian-mlp" -> x -> W.matmul(x).tanh();
                case "jacobian-softmax" -> x -> x.softmax(0);
                default -> x -> x.cumprod(0);
            };
            var x = Tensor.of(c.flat("input.x"));
            gap.see(c, "expected.value", f.apply(x).toDoubleArray());
            gap.see(c, "expected.jacobian", Autograd.jacobian(f, x).toDoubleArray());
            checked++;
        }
        Evidence.of("functions", checked, exactly(3));
        Evidence.of("largest gap to PyTorch", gap, below(1e-12));
    }
}
