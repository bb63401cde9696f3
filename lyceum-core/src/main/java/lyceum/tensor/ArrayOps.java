package lyceum.tensor;

import java.util.Arrays;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;

/** What NumPy users also reach for, composed of the basic operations, so that gradients, batching and every backend come for free. */
sealed interface ArrayOps permits Tensor {
    private Tensor self() { return (Tensor) this; }

    /** As a float, and in F32 at least: what is composed here rounds once. */
    private Tensor wide() { return RowOps.wide(self().to(self().dtype().toFloat())); }

    private Tensor back(Tensor x) { return x.to(self().dtype().toFloat()); }

    // Functions.

    /** Logarithm to base 10; whole for the powers of ten. */
    default Tensor log10() {
        var x = wide();
        var log = x.log().mul(1 / Math.log(10));
        var whole = log.detach().round();
        // A power of ten, or the neighbour that its rounding left: the logarithm rounds to the whole number. At 1 it is 0 already.
        var gap = Tensor.full(x.dtype(), 10.0).pow(whole).sub(x.detach()).abs();
        var exact = gap.le(x.detach().mul(x.dtype() == DType.F64 ? 0x1p-52 : 0x1p-23)).and(log.isFinite()).and(whole.ne(0));
        return back(log.add(exact.where(whole.sub(log.detach()), x.zerosLike())));
    }

    /** Inverse of {@link ElementwiseOps#sinh}: {@code log(x + sqrt(x^2 + 1))}, without cancellation or overflow. */
    default Tensor asinh() {
        var x = wide();
        var sign = x.detach().lt(0).where(x.onesLike().neg(), x.onesLike());
        Tensor a = x.mul(sign), small = a.minimum(1e8), square = small.square();
        var near = small.add(square.div(square.add(1).sqrt().add(1))).log1p();
        var isFar = a.gt(1e8);
        return back(isFar.where(isFar.where(a, a.onesLike()).log().add(Math.log(2)), near).mul(sign));
    }

    /** Inverse of {@link ElementwiseOps#cosh} from 1 on: {@code log(x + sqrt(x^2 - 1))}, without cancellation near 1; NaN below. */
    default Tensor acosh() {
        var x = wide();
        Tensor t = x.sub(1), near = t.minimum(1e8), isFar = x.gt(1e8);
        var root = near.sqrt().mul(near.add(2).sqrt());
        return back(isFar.where(isFar.where(x, x.onesLike()).log().add(Math.log(2)), near.add(root).log1p()));
    }

    /** Inverse of {@link ElementwiseOps#tanh} on (-1, 1): {@code log((1 + x) / (1 - x)) / 2}. */
    default Tensor atanh() {
        var x = wide();
        return back(x.log1p().sub(x.neg().log1p()).mul(0.5));
    }

    // Reductions that pass over NaN.

    /** Sum of the elements that are not NaN. */
    default Tensor nanSum(int... axes) { return self().isNaN().where(self().zerosLike(), self()).sum(axes); }

    /** Mean of the elements that are not NaN; NaN where none is left. */
    default Tensor nanMean(int... axes) { return nanMean(axes, false); }

    private Tensor nanMean(int[] axes, boolean keepDims) {
        var x = wide();
        var numbers = x.isNaN().not();
        return back(numbers.where(x, x.zerosLike()).sum(axes, keepDims).div(numbers.to(x.dtype()).sum(axes, keepDims)));
    }

    /** Variance of the elements that are not NaN, with divisor n - 1; NaN where fewer than two are left. */
    default Tensor nanVar(int... axes) {
        var x = wide();
        var numbers = x.isNaN().not();
        var gaps = numbers.where(x.sub(((ArrayOps) x).nanMean(axes, true)), x.zerosLike());
        return back(gaps.square().sum(axes).div(numbers.to(x.dtype()).sum(axes).sub(1).maximum(0)));
    }

    /** Largest element that is not NaN; minus infinity where none is left. */
    default Tensor nanMax(int... axes) { return withoutNaN(Double.NEGATIVE_INFINITY).max(axes); }

    /** Smallest element that is not NaN; infinity where none is left. */
    default Tensor nanMin(int... axes) { return withoutNaN(Double.POSITIVE_INFINITY).min(axes); }

    private Tensor withoutNaN(double instead) { return self().dtype().isFloat() ? self().maskedFill(self().isNaN(), instead) : self(); }

    // Statistics.

    /**
     * The {@code q}-quantile along {@code axis}, which is dropped: interpolated linearly between sorted neighbours, NumPy's default. NaN if any element is NaN.
     *
     * @param q in [0, 1]
     */
    default Tensor quantile(double q, int axis) { return ArrayFunctions.quantile(self().to(self().dtype().toFloat()), q, axis); }

    /** The middle element along {@code axis}, or the mean of the two in the middle. */
    default Tensor median(int axis) { return quantile(0.5, axis); }

    /** Covariances between the rows of a matrix (variables, observations), with divisor {@code n - 1}: symmetric, (variables, variables). */
    default Tensor cov() {
        if (self().rank() != 2) throw new ShapeException("cov: shape " + self().shape() + " is not a matrix of (variables, observations)");
        var x = wide();
        var gaps = x.sub(x.mean(1, true));
        return back(gaps.matmul(gaps.transpose()).div(x.size(1) - 1.0));
    }

    /** Pearson correlations between the rows of a matrix (variables, observations); NaN for a row without variance. */
    default Tensor corrcoef() {
        var c = wide().cov();
        var deviations = c.diagonal().sqrt();
        return back(c.div(deviations.unsqueeze(1)).div(deviations.unsqueeze(0)).clamp(-1, 1));
    }

    /**
     * Counts of elements in {@code bins} intervals of equal width, and their {@code bins + 1} edges. An element on an edge counts in the interval above, one at {@code high} in
     * the last; NaN and anything outside is not counted.
     */
    record Histogram(Tensor counts, Tensor edges) {}

    /** A histogram from {@code low} to {@code high}. */
    default Histogram histogram(int bins, double low, double high) { return ArrayFunctions.histogram(self(), bins, low, high); }

    /** A histogram from the least to the greatest number. */
    default Histogram histogram(int bins) { return histogram(bins, self().nanMin().item(), self().nanMax().item()); }

    /** How often each of 0, 1, .. occurs in a tensor of integers: I64, of length {@code max(least, largest element + 1)}. */
    default Tensor bincount(int least) { return ArrayFunctions.bincount(self(), null, least); }

    /** The sum of {@code weights} (of this shape) over the places of each of 0, 1, ..: F64. */
    default Tensor bincount(Tensor weights, int least) { return ArrayFunctions.bincount(self(), weights, least); }

    /** The distinct elements in ascending order, NaN once and last; the place of each element among them (this shape, I64); how often each occurs (I64). */
    record Distinct(Tensor values, Tensor inverse, Tensor counts) {}

    /** The distinct elements. */
    default Distinct unique() { return ArrayFunctions.unique(self()); }

    /**
     * Where to insert {@code values} into this ascending vector to keep it sorted, I64 of their shape: before equal elements, or after them if {@code right}. NaN goes to
     * the end.
     */
    default Tensor searchSorted(Tensor values, boolean right) { return ArrayFunctions.searchSorted(self(), values, right); }

    // Rearranging.

    /** Differences of neighbours along {@code axis}, taken {@code times} times; each time the axis loses one element. */
    default Tensor diff(int axis, int times) {
        if (times < 0) throw new ShapeException("diff: " + times + " times; it is at least 0");
        var x = self();
        for (int i = 0; i < times && x.size(axis) > 0; i++) {
            long n = x.size(axis) - 1;
            x = x.narrow(axis, 1, n).sub(x.narrow(axis, 0, n));
        }
        return x;
    }

    default Tensor diff(int axis) { return diff(axis, 1); }

    /** Matrices with the last axis on their diagonal {@code offset} and zeros elsewhere; offsets above 0 are right of the main diagonal. */
    default Tensor diag(long offset) {
        if (self().rank() == 0) throw new ShapeException("diag: a scalar has no axis to lay on a diagonal");
        long n = self().size(-1), size = Math.addExact(n, Math.abs(offset));
        var padded = self().pad(-1, Math.max(0, -offset), Math.max(0, offset), 0);
        Tensor rows = Tensor.arange(size).unsqueeze(1), columns = Tensor.arange(size).unsqueeze(0);
        var square = padded.unsqueeze(-1);
        return columns.sub(rows).eq(offset).where(square, square.zerosLike());
    }

    default Tensor diag() { return diag(0); }

    // Comparing.

    /**
     * How close one tensor is to another.
     *
     * @param different number of elements further than {@code absolute + relative |expected|} from what is expected; NaN is close only to NaN
     * @param largest the largest distance, infinite where NaN meets a number
     * @param place index of that element, row-major
     */
    record Closeness(long different, long count, double largest, long place, double actual, double expected) {
        /** No element differs. */
        public boolean holds() { return different == 0; }

        @Override public String toString() {
            return holds() ? "all " + count + " elements are close; the largest distance is " + largest
                    : different + " of " + count + " elements differ, the most at " + place + ": " + actual + " where " + expected
                            + " is expected, a distance of " + largest;
        }
    }

    /** Compares with {@code expected} of the same shape, element by element. @throws ShapeException for another shape */
    default Closeness closeness(Tensor expected, double relative, double absolute) {
        return ArrayFunctions.closeness(self(), expected, relative, absolute);
    }

    /** Whether every element is within {@code 1e-8 + 1e-5 |expected|} of {@code expected}, NumPy's tolerances. @see #closeness */
    default boolean allClose(Tensor expected) { return closeness(expected, 1e-5, 1e-8).holds(); }

    /** The coordinates of a grid: for vectors of lengths (m, n, ..) as many tensors of that shape, the i-th constant along all axes but the i-th. Views. */
    static Tensor[] grid(Tensor... vectors) {
        var shape = new long[vectors.length];
        for (int i = 0; i < shape.length; i++) {
            if (vectors[i].rank() != 1)
                throw new ShapeException("meshgrid: operand " + i + " has shape " + vectors[i].shape() + "; it is a vector");
            shape[i] = vectors[i].count();
        }
        var grids = new Tensor[shape.length];
        for (int i = 0; i < shape.length; i++) {
            var one = new long[shape.length];
            Arrays.fill(one, 1);
            one[i] = shape[i];
            grids[i] = vectors[i].reshape(one).expand(shape);
        }
        return grids;
    }

    /** @throws DTypeException unless the elements are integers */
    static void requireIntegers(String operation, Tensor x) {
        if (!x.dtype().isInteger()) throw new DTypeException(operation + ": the elements are " + x.dtype() + "; they must be integers");
    }
}
