package lyceum.nn;

import static org.assertj.core.api.Assertions.assertThat;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;
import lyceum.testing.Golden;

/** A golden case of an element-wise function: x, y and the gradient of the sum. */
final class TorchCase {
    private TorchCase() {}

    /** Within {@code bound} relative to max(1, |expected|); bound 0 asks for equal bits (all NaN are equal). */
    static void check(Golden golden, DType type, Layer layer, double bound) {
        var x = input(golden, type);
        equal(golden.text("name") + ": value", layer.forward(x), golden.doubles("expected.y"), bound);
        equal(golden.text("name") + ": gradient", Autograd.grad(t -> layer.forward(t).sum()).apply(x), golden.doubles("expected.gradient"),
                bound);
    }

    static Tensor input(Golden golden, DType type) { return Tensor.of(golden.doubles("input.x")).to(type); }

    static void equal(String what, Tensor ours, double[] expected, double bound) {
        double[] values = ours.toDoubleArray();
        assertThat(values).as(what).hasSameSizeAs(expected);
        for (int i = 0; i < values.length; i++) {
            double e = ours.dtype() == DType.F32 ? (float) expected[i] : expected[i];
            if (Double.isNaN(e) || Double.isInfinite(e) || bound == 0)
                assertThat(Double.valueOf(values[i])).as("%s at %d", what, i).isEqualTo(Double.valueOf(e));
            else assertThat(Math.abs(values[i] - e) / Math.max(1, Math.abs(e))).as("%s at %d: %s, expected %s", what, i, values[i], e)
                    .isLessThanOrEqualTo(bound);
        }
    }
}
