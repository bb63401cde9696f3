package lyceum.tensor;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;

/** The longer bodies of {@link ArrayOps}. What is counted and looked up runs over doubles: integers beyond 2^53 take a way of their own. */
final class ArrayFunctions {
    private ArrayFunctions() {}

    static Tensor quantile(Tensor x, double q, int axis) {
        if (!(q >= 0 && q <= 1)) throw new IllegalArgumentException("quantile: q is " + q + "; it lies between 0 and 1");
        int a = x.shape().axis("quantile", axis);
        long n = x.size(a);
        if (n == 0) throw new ShapeException("quantile: axis " + axis + " of shape " + x.shape() + " is empty");
        var sorted = x.sort(a).values();
        double at = q * (n - 1);
        long below = (long) at;
        Tensor low = sorted.select(a, below), last = sorted.select(a, n - 1);
        var result = at == below ? low : low.lerp(sorted.select(a, below + 1), at - below);
        return last.isNaN().where(last, result);
    }

    static ArrayOps.Histogram histogram(Tensor x, int bins, double low, double high) {
        if (bins < 1) throw new IllegalArgumentException("histogram: " + bins + " bins; at least 1");
        if (!(low <= high) || Double.isInfinite(high - low))
            throw new IllegalArgumentException("histogram: from " + low + " to " + high + "; a finite stretch is needed");
        double from = low == high ? low - 0.5 : low, to = low == high ? high + 0.5 : high;
        var edges = new double[bins + 1];
        for (int i = 0; i <= bins; i++) edges[i] = i == bins ? to : from + i * ((to - from) / bins);
        var counts = new long[bins];
        for (double v : x.detach().to(DType.F64).toDoubleArray()) {
            if (!(v >= from && v <= to)) continue;
            int bin = (int) Math.min(bins - 1, (v - from) / (to - from) * bins);
            // The quotient rounds; the edges decide.
            if (v < edges[bin]) bin--;
            else if (bin < bins - 1 && v >= edges[bin + 1]) bin++;
            counts[bin]++;
        }
        return new ArrayOps.Histogram(Tensor.of(counts), Tensor.of(edges));
    }

    static Tensor bincount(Tensor x, Tensor weights, int least) {
        ArrayOps.requireIntegers("bincount", x);
        if (least < 0) throw new IllegalArgumentException("bincount: a length of " + least + "; at least 0");
        if (weights != null && !weights.shape().equals(x.shape()))
            throw new ShapeException("bincount: weights " + weights.shape() + " for elements " + x.shape() + "; their shapes agree");
        long[] values = x.to(DType.I64).toLongArray();
        long most = -1;
        for (int i = 0; i < values.length; i++) {
            if (values[i] < 0 || values[i] >= Integer.MAX_VALUE - 8) throw new IllegalArgumentException(
                    "bincount: element " + i + " is " + values[i] + "; it lies between 0 and " + (Integer.MAX_VALUE - 9));
            most = Math.max(most, values[i]);
        }
        int length = (int) Math.max(least, most + 1);
        if (weights == null) {
            var counts = new long[length];
            for (long v : values) counts[(int) v]++;
            return Tensor.of(counts);
        }
        var sums = new double[length];
        double[] w = weights.detach().toDoubleArray();
        for (int i = 0; i < w.length; i++) sums[(int) values[i]] += w[i];
        return Tensor.of(sums);
    }

    static ArrayOps.Distinct unique(Tensor x) {
        var sorted = x.detach().flatten().sort(0);
        int n = Math.toIntExact(x.count());
        long[] from = sorted.indices().toLongArray(), inverse = new long[n], first = new long[n], counts = new long[n];
        Tensor values = sorted.values();
        double[] d = x.dtype() == DType.I64 ? null : values.to(DType.F64).toDoubleArray();
        long[] l = d == null ? values.toLongArray() : null;
        int found = -1;
        for (int i = 0; i < n; i++) {
            boolean same = i > 0 && (l != null ? l[i] == l[i - 1] : d[i] == d[i - 1] || d[i] != d[i] && d[i - 1] != d[i - 1]);
            if (!same) first[++found] = i;
            counts[found]++;
            inverse[(int) from[i]] = found;
        }
        var places = Tensor.of(Arrays.copyOf(first, found + 1));
        return new ArrayOps.Distinct(values.indexSelect(0, places), Tensor.of(inverse, x.shape().toArray()),
                Tensor.of(Arrays.copyOf(counts, found + 1)));
    }

    static Tensor searchSorted(Tensor sorted, Tensor values, boolean right) {
        if (sorted.rank() != 1) throw new ShapeException("searchSorted: shape " + sorted.shape() + " is not a vector");
        if (sorted.dtype() == DType.I64 && values.dtype() == DType.I64) {
            long[] in = sorted.toLongArray(), wanted = values.toLongArray(), places = new long[wanted.length];
            for (int i = 0; i < wanted.length; i++) {
                int low = 0, high = in.length;
                while (low < high) {
                    int middle = low + high >>> 1;
                    if (right ? in[middle] <= wanted[i] : in[middle] < wanted[i]) low = middle + 1;
                    else high = middle;
                }
                places[i] = low;
            }
            return Tensor.of(places, values.shape().toArray());
        }
        double[] in = sorted.detach().to(DType.F64).toDoubleArray(), wanted = values.detach().to(DType.F64).toDoubleArray();
        var places = new long[wanted.length];
        for (int i = 0; i < wanted.length; i++) {
            int low = 0, high = in.length;
            while (low < high) {
                int middle = low + high >>> 1;
                if (precedes(in[middle], wanted[i], right)) low = middle + 1;
                else high = middle;
            }
            places[i] = low;
        }
        return Tensor.of(places, values.shape().toArray());
    }

    /** In an order in which NaN is the largest. */
    private static boolean precedes(double a, double b, boolean orEqual) {
        if (b != b) return orEqual || a == a;
        return orEqual ? a <= b : a < b;
    }

    static ArrayOps.Closeness closeness(Tensor actual, Tensor expected, double relative, double absolute) {
        if (!actual.shape().equals(expected.shape()))
            throw new ShapeException("closeness: shape " + actual.shape() + " where " + expected.shape() + " is expected");
        double[] a = actual.detach().to(DType.F64).toDoubleArray(), e = expected.detach().to(DType.F64).toDoubleArray();
        long different = 0;
        int place = -1;
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            boolean same = a[i] == e[i] || a[i] != a[i] && e[i] != e[i];
            double gap = same ? 0 : Math.abs(a[i] - e[i]);
            if (gap != gap) gap = Double.POSITIVE_INFINITY;
            if (!same && !(gap <= absolute + relative * Math.abs(e[i]) && gap < Double.POSITIVE_INFINITY)) different++;
            if (place < 0 || gap > largest) {
                place = i;
                largest = gap;
            }
        }
        return new ArrayOps.Closeness(different, a.length, largest, place, place < 0 ? Double.NaN : a[place],
                place < 0 ? Double.NaN : e[place]);
    }
}
