package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Coefficients along a line, of every operation that the catalogue differentiates: the first two against differences of values. */
class TaylorOfEveryOperationTest {

    @TestFactory Stream<DynamicTest> everyDifferentiableOperationHasASeries() {
        return OpCatalog.all().stream().filter(OpCase::differentiable).filter(op -> !op.name().startsWith("matmulQuantised"))
                .map(op -> DynamicTest.dynamicTest(op.name(), () -> check(op)));
    }

    private static void check(OpCase op) {
        var at = op.draw(DType.F64, 3);
        var along = new Tensor[at.length];
        for (int i = 0; i < at.length; i++) along[i] = Tensor.randn(Rng.of(40 + i), DType.F64, at[i].shape().toArray()).compute();
        var c = Autograd.taylor(t -> value(op, at, along, t), Tensor.scalar(0), Tensor.scalar(1), 3);
        assertThat(c).hasSize(4);
        double h = 1e-3;
        Tensor zero = value(op, at, along, Tensor.scalar(0)), up = value(op, at, along, Tensor.scalar(h)),
                down = value(op, at, along, Tensor.scalar(-h)), up2 = value(op, at, along, Tensor.scalar(2 * h)),
                down2 = value(op, at, along, Tensor.scalar(-2 * h));
        // of fourth order
        close(op, "t", c[1], up.sub(down).mul(8).sub(up2.sub(down2)).div(12 * h), 1e-6);
        close(op, "t^2", c[2], up.add(down).mul(16).sub(up2.add(down2)).sub(zero.mul(30)).div(24 * h * h), 1e-4);
        close(op, "value", c[0], zero, 1e-13);
    }

    private static Tensor value(OpCase op, Tensor[] at, Tensor[] along, Tensor t) {
        var in = new Tensor[at.length];
        for (int i = 0; i < at.length; i++) in[i] = at[i].add(along[i].mul(t));
        return op.call().apply(in);
    }

    private static void close(OpCase op, String what, Tensor actual, Tensor expected, double tolerance) {
        var gap = actual.sub(expected).abs().sub(expected.abs().add(1).mul(tolerance));
        assertThat(gap.max().item()).as("%s, coefficient of %s: %s, by differences %s", op.name(), what, actual, expected)
                .isLessThanOrEqualTo(0);
    }
}
