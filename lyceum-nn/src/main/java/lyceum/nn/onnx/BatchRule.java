package lyceum.nn.onnx;

import java.util.Arrays;
import lyceum.DType;
import lyceum.tensor.Tensor;

/**
 * A tensor that a function makes anew for each batch, of which the rule is found from two: element j of block k of n is {@code base[j] + n grow[j] + k step[j]}. Such are
 * the numbers of nodes where a batch is graphs side by side, masks that every example has, and the zeros in which a state begins.
 *
 * @param base (1, elements of a block) @param grow of the same shape, or null for zeros; likewise {@code step}: both are whole numbers, I64
 */
record BatchRule(Tensor base, Tensor grow, Tensor step) {

    /** The rule of tensors for batches of a and b, or null if they have none: numbers that are not whole, and those of masks, are the same in every block. */
    static BatchRule of(Tensor x, long a, Tensor y, long b) {
        if (a < 1 || b < 1 || a == b || x.count() == 0 || x.rank() == 0 || x.rank() != y.rank() || x.size(0) % a != 0
                || x.size(0) / a * b != y.size(0))
            return null;
        for (int axis = 1; axis < x.rank(); axis++) if (x.size(axis) != y.size(axis)) return null;
        if (x.dtype().isFloat() || x.dtype() == DType.BOOL) {
            double[] p = x.to(DType.F64).toDoubleArray(), q = y.to(DType.F64).toDoubleArray();
            int n = (int) (p.length / a);
            if (!repeats(p, n) || !repeats(q, n) || !Arrays.equals(p, 0, n, q, 0, n)) return null;
            return new BatchRule(x.flatten().narrow(0, 0, n).reshape(1, n).copy().compute(), null, null);
        }
        long[] p = x.to(DType.I64).toLongArray(), q = y.to(DType.I64).toLongArray();
        int n = (int) (p.length / a);
        long[] base = Arrays.copyOf(p, n), grow = new long[n], step = new long[n];
        long[] more = b > 1 ? q : p;
        for (int j = 0; j < n; j++) {
            if ((q[j] - p[j]) % (b - a) != 0) return null;
            grow[j] = (q[j] - p[j]) / (b - a);
            base[j] -= a * grow[j];
            step[j] = more[n + j] - more[j];
        }
        if (!follows(p, n, step) || !follows(q, n, step)) return null;
        return new BatchRule(Tensor.of(base, 1, n), unlessZero(grow), unlessZero(step));
    }

    private static boolean repeats(double[] all, int n) {
        for (int i = n; i < all.length; i++) if (Double.compare(all[i], all[i - n]) != 0) return false;
        return true;
    }

    private static boolean follows(long[] all, int n, long[] step) {
        for (int i = n; i < all.length; i++) if (all[i] - all[i - n] != step[i % n]) return false;
        return true;
    }

    private static Tensor unlessZero(long[] numbers) {
        return Arrays.stream(numbers).allMatch(v -> v == 0) ? null : Tensor.of(numbers, 1, numbers.length);
    }
}
