package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

/** NumPy's answers are in {@code golden/arrays.json}. */
class ArrayOpsTest {
    private static final Golden NUMPY = Golden.load("golden/arrays.json").named("numpy");
    private static final Tensor X = Tensor.of(NUMPY.doubles("input.x"), 4, 6), HOLED = Tensor.of(NUMPY.doubles("input.holed"), 4, 6);
    private static final Tensor COUNTED = Tensor.of(NUMPY.longs("input.counted"));

    private static void equal(String name, Tensor actual, double tolerance) {
        assertThat(actual.shape().toArray()).as(name).isEqualTo(NUMPY.longs("expected." + name + ".shape"));
        assertThat(actual.to(DType.F64).toDoubleArray()).as(name).containsExactly(NUMPY.doubles("expected." + name + ".values"),
                within(tolerance));
    }

    @Test void functionsAreNumPys() {
        var wide = Tensor.of(NUMPY.doubles("input.wide"));
        equal("asinh", wide.asinh(), 1e-14);
        equal("acosh", wide.abs().add(1).acosh(), 1e-14);
        equal("atanh", X.mul(0.3).tanh().atanh(), 1e-14);
        for (int e = -20; e <= 20; e++) assertThat(Tensor.scalar(Math.pow(10, e)).log10().item()).as("10^" + e).isEqualTo(e);
        for (int e = 0; e <= 10; e++) assertThat(Tensor.of((float) Math.pow(10, e)).log10().item(0)).isEqualTo(e);
        assertThat(Tensor.of(1e300, -1e300, 0).asinh().toDoubleArray())
                .containsExactly(new double[] {691.4686750787737, -691.4686750787737, 0}, within(1e-10));
        assertThat(Tensor.of(Double.NEGATIVE_INFINITY).asinh().item(0)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(Autograd.grad(t -> t.asinh().sum()).apply(Tensor.of(0.0, -3, 1e200)).mul(Tensor.of(1, Math.sqrt(10), 1e200))
                .toDoubleArray()).containsExactly(new double[] {1, 1, 1}, within(1e-12));
        assertThat(Tensor.of(2f).to(DType.F16).acosh().dtype()).isEqualTo(DType.F16);
        assertThat(Tensor.of(0.5).acosh().item(0)).isNaN();
    }

    @Test void reductionsPassOverNaN() {
        equal("nansum", HOLED.nanSum(1), 1e-14);
        equal("nanmean", HOLED.nanMean(0), 1e-14);
        equal("nanvar", HOLED.nanVar(1), 1e-14);
        equal("nanmax", HOLED.nanMax(1), 0);
        equal("nanmin", HOLED.nanMin(0), 0);
        assertThat(Tensor.of(Double.NaN).nanSum().item()).isZero();
        assertThat(Tensor.of(Double.NaN).nanMean().item()).isNaN();
        assertThat(Autograd.grad(t -> t.nanMean()).apply(Tensor.of(1, Double.NaN, 3)).toDoubleArray()).containsExactly(0.5, 0, 0.5);
    }

    @Test void statisticsAreNumPys() {
        for (double q : new double[] {0, 0.1, 0.5, 0.77, 1}) equal("quantile" + q, X.quantile(q, 1), 1e-14);
        equal("median", X.median(0), 1e-14);
        assertThat(HOLED.quantile(0.5, 1).isNaN().countNonZero().itemLong()).isEqualTo(HOLED.isNaN().any(1).countNonZero().itemLong());
        equal("cov", X.cov(), 1e-14);
        equal("corrcoef", X.corrcoef(), 1e-14);
        var histogram = X.histogram(7);
        equal("histogram", histogram.counts(), 0);
        equal("edges", histogram.edges(), 1e-14);
        equal("histogramOf", COUNTED.histogram(4, 1, 5).counts(), 0);
        equal("bincount", COUNTED.bincount(0), 0);
        equal("bincountLeast", COUNTED.bincount(12), 0);
        equal("bincountWeighted", COUNTED.bincount(COUNTED.to(DType.F64).mul(0.5), 0), 1e-14);
        var unique = COUNTED.unique();
        equal("unique", unique.values(), 0);
        equal("uniqueInverse", unique.inverse(), 0);
        equal("uniqueCounts", unique.counts(), 0);
        assertThat(Tensor.of(2.0, Double.NaN, 2, Double.NaN).unique().counts().toLongArray()).containsExactly(2, 2);
        var sorted = X.flatten().sort(0).values();
        equal("searchsorted", sorted.searchSorted(X.add(0.1), false), 0);
        equal("searchsortedRight", COUNTED.sort(0).values().searchSorted(COUNTED, true), 0);
        equal("searchsortedLeft", COUNTED.sort(0).values().searchSorted(COUNTED, false), 0);
        long far = (1L << 60) + 1;
        assertThat(Tensor.of(far - 1, far).searchSorted(Tensor.of(far), false).itemLong(0)).isEqualTo(1);
        assertThat(Tensor.of(far, far - 1, far).unique().counts().toLongArray()).containsExactly(1, 2);
    }

    @Test void rearrangingIsNumPys() {
        equal("diff", X.diff(1), 1e-14);
        equal("diff2", X.diff(0, 2), 1e-14);
        equal("diag", X.select(0, 1).diag(), 0);
        equal("diag-2", X.select(0, 1).diag(-2), 0);
        assertThat(Tensor.of(1, Double.POSITIVE_INFINITY).diag().toDoubleArray()).containsExactly(1, 0, 0, Double.POSITIVE_INFINITY);
        assertThat(X.diag(1).shape().toArray()).containsExactly(4, 7, 7);
        var grid = Tensor.meshgrid(Tensor.of(1.0, 2), Tensor.of(3.0, 4, 5));
        assertThat(grid[0].toDoubleArray()).containsExactly(1, 1, 1, 2, 2, 2);
        assertThat(grid[1].toDoubleArray()).containsExactly(3, 4, 5, 3, 4, 5);
        equal("norm", X.norm(1, false), 1e-14);
        equal("normBoth", X.norm(new int[] {0, 1}, true), 1e-14);
        var parts = X.chunk(1, 4);
        assertThat(Arrays.stream(parts).mapToLong(p -> p.size(1)).toArray()).containsExactly(2, 2, 1, 1);
        assertThat(Tensor.concat(1, parts).toDoubleArray()).isEqualTo(X.toDoubleArray());
        assertThat(X.gather(1, Tensor.of(new long[] {5, 0, 2, 2}, 2, 2)).toDoubleArray()).containsExactly(X.item(0, 5), X.item(0, 0),
                X.item(1, 2), X.item(1, 2));
    }

    @Test void closenessSaysWhatDiffers() {
        assertThat(X.allClose(X.add(1e-9))).isTrue();
        assertThat(Tensor.of(1, Double.NaN, Double.POSITIVE_INFINITY).allClose(Tensor.of(1, Double.NaN, Double.POSITIVE_INFINITY)))
                .isTrue();
        var report = Tensor.of(1.0, 2, 3).closeness(Tensor.of(1.0, 2.5, 3.1), 0, 0.2);
        assertThat(report.holds()).isFalse();
        assertThat(report).hasToString("1 of 3 elements differ, the most at 1: 2.0 where 2.5 is expected, a distance of 0.5");
        assertThat(Tensor.of(1.0).closeness(Tensor.of(Double.NaN), 1, 1).largest()).isInfinite();
        assertThat(Tensor.of(Double.POSITIVE_INFINITY).allClose(Tensor.of(1e308))).isFalse();
        assertThat(Tensor.zeros(0).allClose(Tensor.zeros(0))).isTrue();
        assertThatThrownBy(() -> X.allClose(X.transpose())).isInstanceOf(ShapeException.class).hasMessageContaining("(4, 6)");
    }

    @Test void badArgumentsAreNamed() {
        assertThatThrownBy(() -> X.quantile(1.5, 0)).hasMessageContaining("q is 1.5");
        assertThatThrownBy(() -> Tensor.zeros(2, 0).quantile(0.5, 1)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> X.bincount(0)).isInstanceOf(DTypeException.class);
        assertThatThrownBy(() -> Tensor.of(3, -1).bincount(0)).hasMessageContaining("element 1 is -1");
        assertThatThrownBy(() -> X.histogram(0)).hasMessageContaining("0 bins");
        assertThatThrownBy(() -> X.histogram(3, 2, 1)).hasMessageContaining("from 2.0 to 1.0");
        assertThatThrownBy(() -> X.searchSorted(X, true)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> X.flatten().cov()).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> X.diff(0, -1)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> X.chunk(0, 0)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> Tensor.scalar(1).diag()).isInstanceOf(ShapeException.class);
    }
}
