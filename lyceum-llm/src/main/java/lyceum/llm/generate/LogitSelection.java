package lyceum.llm.generate;

import java.util.Arrays;
import lyceum.llm.generate.LogitRow.Cut;

/** Where a row is cut, without sorting it: by quickselect over copies (Hoare 1961), by count or by mass. */
final class LogitSelection {
    static final int HEAP = 128;
    private final double[] keys, masses, heap = new double[HEAP];
    private final int[] places;

    LogitSelection(int vocabulary) {
        keys = new double[vocabulary];
        masses = new double[vocabulary];
        places = new int[vocabulary];
    }

    /** The k-th largest of the first n, and how many equal to it belong to the k largest. */
    Cut kth(double[] from, int n, int k) {
        double boundary = byPartition(from, n, k);
        int above = 0;
        for (int i = 0; i < n; i++) above += from[i] > boundary ? 1 : 0;
        return new Cut(boundary, k - above);
    }

    /**
     * The same, given the largest of each block, of which there are k at least: a block whose top is below the k-th of the tops is not looked at.
     *
     * @param block length of each
     */
    Cut kth(double[] from, int n, int k, double[] tops, int block) {
        double least = byPartition(tops, tops.length, k);
        int size = 0;
        for (int b = 0; b < tops.length; b++) {
            if (tops[b] < least) continue;
            for (int i = b * block, end = Math.min(i + block, n); i < end; i++) if (from[i] >= least) masses[size++] = from[i];
        }
        return kth(masses, size, k);
    }

    /**
     * Places, in ascending order, among which the k largest of the first n are, and all equal to the least of them: a heap holds the k largest so far, the least on
     * top, and a place is noted that is not below it. Nearly every value fails that one comparison.
     */
    int candidates(double[] from, int n, int k) {
        int noted = 0;
        for (; noted < k; noted++) places[noted] = noted;
        System.arraycopy(from, 0, heap, 0, k);
        Arrays.sort(heap, 0, k);
        double least = heap[0];
        for (int i = k; i < n; i++) {
            double v = from[i];
            if (v < least) continue;
            places[noted++] = i;
            if (v == least) continue;
            int at = 0;
            for (int child; (child = 2 * at + 1) < k; at = child) {
                if (child + 1 < k && heap[child + 1] < heap[child]) child++;
                if (heap[child] >= v) break;
                heap[at] = heap[child];
            }
            heap[at] = v;
            least = heap[0];
        }
        return noted;
    }

    int candidate(int i) { return places[i]; }

    /** The k-th largest, after {@link #candidates}. */
    double least() { return heap[0]; }

    private double byPartition(double[] from, int n, int k) {
        System.arraycopy(from, 0, keys, 0, n);
        int low = 0, high = n - 1;
        for (int rounds = 0; low < high; rounds++) {
            if (rounds > 100) { // pivots were bad on purpose
                Arrays.sort(keys, low, high + 1);
                return keys[low + high - (k - 1)];
            }
            double pivot = median(low, high);
            int i = low, j = high;
            while (i <= j) {
                while (keys[i] > pivot) i++;
                while (keys[j] < pivot) j--;
                if (i > j) break;
                double swap = keys[i];
                keys[i++] = keys[j];
                keys[j--] = swap;
            }
            if (k - 1 <= j) high = j;
            else if (k - 1 >= i) low = i;
            else return pivot;
        }
        return keys[low];
    }

    private double median(int low, int high) {
        double a = keys[low], b = keys[low + high >>> 1], c = keys[high];
        return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    }

    /**
     * Where the masses of the largest keys reach p of the total.
     *
     * @param risingTogether whether a larger key has a larger mass: then ids that hold less than (1 - p) / n of the mass cannot be needed
     */
    Cut mass(double[] from, double[] mass, int n, double p, double total, boolean risingTogether) {
        // 0.07 * 100 is 7 and a bit: the target gives way by rounding's share, and a mass above 0 is asked for at p = 0
        double target = Math.max(p * total * (1 - 4e-16), Double.MIN_VALUE), above = 0,
                least = risingTogether ? total * (1 - p) / n * (1 - 1e-9) : -1;
        int size = 0;
        for (int i = 0; i < n; i++) {
            if (mass[i] < least) continue;
            keys[size] = from[i];
            masses[size++] = mass[i];
        }
        int low = 0, high = size;
        while (low < high) {
            double pivot = median(low, high - 1), greater = 0, equal = 0;
            int g = low, e = low, end = high; // [low, g) greater, [g, e) equal, [end, high) smaller
            while (e < end) {
                double key = keys[e], m = masses[e];
                if (key < pivot) {
                    swap(e, --end);
                } else {
                    if (key > pivot) {
                        swap(e, g++);
                        greater += m;
                    } else {
                        equal += m;
                    }
                    e++;
                }
            }
            if (above + greater >= target) {
                high = g;
            } else if (above + greater + equal >= target) {
                return new Cut(pivot, ties(from, mass, n, pivot, target - above - greater));
            } else {
                above += greater + equal;
                low = end;
            }
        }
        return new Cut(Double.NEGATIVE_INFINITY, Integer.MAX_VALUE);
    }

    private static int ties(double[] from, double[] mass, int n, double key, double missing) {
        int ties = 0;
        for (int i = 0; i < n && missing > 0; i++) {
            if (from[i] != key) continue;
            ties++;
            missing -= mass[i];
        }
        return ties;
    }

    private void swap(int a, int b) {
        double key = keys[a], m = masses[a];
        keys[a] = keys[b];
        masses[a] = masses[b];
        keys[b] = key;
        masses[b] = m;
    }
}
