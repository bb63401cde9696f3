package lyceum.linalg.dense;

import java.util.Arrays;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.memory.Scope;

/**
 * Eigenpairs of a symmetric tridiagonal matrix by halves (Cuppen, 1981): the halves without their coupling are solved, and the coupling is a matrix of rank one on
 * their eigenvalues. Pairs that it leaves as they are drop out; the vectors of the others come from entries of z that make the computed eigenvalues exact, so that they
 * are orthogonal (Gu and Eisenstat, 1995), and take one product of matrices.
 */
final class DivideAndConquer {
    private static final double EPS = Math.ulp(1.0);
    private static final int SMALL = 32;
    /** Nanoseconds for a pole in a step, times steps. */
    private static final double ROOT = 10;

    private final double[] d, e;
    /** A row an eigenvector, beside those of the other halves zeros. */
    private final Block z;
    private final Backend backend = Backend.current();

    private DivideAndConquer(double[] d, double[] e, Block z) {
        this.d = d;
        this.e = e;
        this.z = z;
    }

    /** Overwrites {@code d} with the eigenvalues, rising, and {@code e}, whose entry i couples i and i + 1. The rows of the result are the eigenvectors. */
    static Block solve(double[] d, double[] e) {
        int n = d.length;
        var z = Block.kept(n, n);
        for (int i = 0; i < n; i++) z.clear(i, 0, n);
        double largest = 0;
        for (int i = 0; i < n; i++) largest = Math.max(largest, Math.max(Math.abs(d[i]), i < n - 1 ? Math.abs(e[i]) : 0));
        double unit = largest == 0 ? 1 : Math.scalb(1.0, -Math.getExponent(largest)); // z has length 1, to which the values are compared
        Rows.scale(unit, d, 0, n);
        Rows.scale(unit, e, 0, n - 1);
        new DivideAndConquer(d, e, z).halves(0, n);
        Rows.scale(1 / unit, d, 0, n);
        return z;
    }

    private void halves(int from, int to) {
        int n = to - from;
        if (n <= SMALL) {
            var small = Tridiagonal.ofTridiagonal(Arrays.copyOfRange(d, from, to), Arrays.copyOfRange(e, from, Math.max(from, to - 1)));
            for (int i = 0; i < n; i++) {
                d[from + i] = small.values()[i];
                z.setRow(from + i, from, small.vectorRows()[i], 0, n);
            }
            return;
        }
        int middle = from + n / 2;
        double coupling = e[middle - 1];
        d[middle - 1] -= Math.abs(coupling);
        d[middle] -= Math.abs(coupling);
        halves(from, middle);
        halves(middle, to);
        new Merge(from, middle, to, coupling).run();
    }

    /** Two halves become one. */
    private final class Merge {
        private final int from, middle, n;
        private final double rho;
        /** Of {@code D + rho w w^T}, by the place in {@code z}. */
        private final double[] value, w;
        /** Bit 1 of rows with entries in the first half, bit 2 in the second. */
        private final int[] where;
        /** Places of pairs that change, rising in value, and of those that do not. */
        private final int[] changed, still;
        private int changes, stills, rowsOfFirst;

        Merge(int from, int middle, int to, double coupling) {
            this.from = from;
            this.middle = middle;
            n = to - from;
            rho = 2 * Math.abs(coupling);
            value = Arrays.copyOfRange(d, from, to);
            w = new double[n];
            where = new int[n];
            changed = new int[n];
            still = new int[n];
            for (int i = 0; i < n; i++) {
                boolean first = from + i < middle;
                double entry = z.get(from + i, first ? middle - 1 : middle);
                w[i] = (first || coupling >= 0 ? entry : -entry) / Math.sqrt(2);
                where[i] = first ? 1 : 2;
            }
        }

        void run() {
            deflate();
            try (var scratch = Scope.open("eigen")) {
                place(changes == 0 ? null : vectors());
            }
        }

        /** Sorts out the pairs to which the coupling does nothing, and turns pairs of nearly equal values so that one of them is such. */
        private void deflate() {
            int[] order = merged();
            double largest = 0, heaviest = 0;
            for (int i = 0; i < n; i++) {
                largest = Math.max(largest, Math.abs(value[i]));
                heaviest = Math.max(heaviest, Math.abs(w[i]));
            }
            double tolerance = 8 * EPS * Math.max(largest, heaviest);
            int held = -1;
            for (int next : order) {
                if (rho * Math.abs(w[next]) <= tolerance) {
                    still[stills++] = next;
                    continue;
                }
                if (held >= 0 && isTurnedAway(held, next, tolerance)) still[stills++] = held;
                else if (held >= 0) changed[changes++] = held;
                held = next;
            }
            if (held >= 0) changed[changes++] = held;
        }

        /** Places by rising value: each half is sorted. */
        private int[] merged() {
            var order = new int[n];
            int half = middle - from;
            for (int k = 0, i = 0, j = half; k < n; k++) order[k] = j == n || i < half && value[i] <= value[j] ? i++ : j++;
            return order;
        }

        private boolean isTurnedAway(int p, int q, double tolerance) {
            double length = Math.hypot(w[p], w[q]), c = w[q] / length, s = -w[p] / length;
            if (Math.abs((value[q] - value[p]) * c * s) > tolerance) return false;
            w[q] = length;
            w[p] = 0;
            double[] x = new double[n], y = new double[n];
            z.row(from + p, from, x, 0, n);
            z.row(from + q, from, y, 0, n);
            Rows.rotate(x, y, c, s, 0, n);
            z.setRow(from + p, from, x, 0, n);
            z.setRow(from + q, from, y, 0, n);
            double a = value[p], b = value[q];
            value[p] = a * c * c + b * s * s;
            value[q] = a * s * s + b * c * c;
            where[p] = where[q] = where[p] | where[q];
            return true;
        }

        /** The new vectors, a row each, and their values in the places of {@link #changed}. */
        private Block vectors() {
            double[] pole = new double[changes], weight = new double[changes], root = new double[changes];
            for (int i = 0; i < changes; i++) {
                pole[i] = value[changed[i]];
                weight[i] = w[changed[i]];
            }
            var distance = new double[changes][changes];
            Parallel.range(changes, 8, ROOT * changes, (low, high) -> {
                for (int j = (int) low; j < high; j++) root[j] = SecularRoot.find(pole, weight, changes, rho, j, distance[j]);
            });
            double[] exact = exactWeights(pole, weight, distance);
            // Rows of the first half, of both, of the second: a product with either half leaves out the zeros.
            var order = new int[changes];
            int first = 0, both = 0;
            for (int kind : new int[] {1, 3, 2}) {
                for (int i = 0; i < changes; i++) if (where[changed[i]] == kind) order[first++] = i;
                if (kind == 1) both = first;
                if (kind == 3) rowsOfFirst = first;
            }
            var row = new double[Math.max(n, changes)];
            Block old = Block.empty(changes, n), turn = Block.empty(changes, changes), fresh = Block.empty(changes, n);
            for (int i = 0; i < changes; i++) {
                z.row(from + changed[order[i]], from, row, 0, n);
                old.setRow(i, 0, row, 0, n);
            }
            var unit = new double[changes];
            for (int j = 0; j < changes; j++) {
                for (int i = 0; i < changes; i++) unit[i] = exact[i] / distance[j][i];
                double length = Rows.norm(unit, 0, changes);
                for (int i = 0; i < changes; i++) row[i] = unit[order[i]] / length;
                turn.setRow(j, 0, row, 0, changes);
            }
            int half = middle - from;
            product(fresh.columns(0, half), turn.columns(0, rowsOfFirst), old.part(0, rowsOfFirst, 0, half));
            product(fresh.columns(half, n), turn.columns(both, changes), old.part(both, changes, half, n));
            for (int i = 0; i < changes; i++) value[changed[i]] = root[i];
            return fresh;
        }

        private void product(Block out, Block a, Block b) {
            if (a.n() > 0) out.setProduct(backend, a, b);
            else for (int i = 0; i < out.m(); i++) out.clear(i, 0, out.n());
        }

        /** Entries of w for which the computed roots are exact, up to a factor for all. */
        private static double[] exactWeights(double[] pole, double[] weight, double[][] distance) {
            int k = pole.length;
            var square = new double[k];
            for (int i = 0; i < k; i++) square[i] = distance[i][i];
            for (int j = 0; j < k; j++) {
                double[] row = distance[j];
                double p = pole[j];
                for (int i = 0; i < j; i++) square[i] *= row[i] / (pole[i] - p);
                for (int i = j + 1; i < k; i++) square[i] *= row[i] / (pole[i] - p);
            }
            for (int i = 0; i < k; i++) square[i] = Math.copySign(Math.sqrt(-square[i]), weight[i]);
            return square;
        }

        /** All rows by rising value: the fresh ones and those that stay. */
        private void place(Block fresh) {
            var kept = Block.empty(stills, n);
            var row = new double[n];
            for (int i = 0; i < stills; i++) {
                z.row(from + still[i], from, row, 0, n);
                kept.setRow(i, 0, row, 0, n);
            }
            var rank = new int[stills];
            for (int i = 0; i < stills; i++) rank[i] = i;
            sortByValue(rank);
            for (int k = 0, i = 0, j = 0; k < n; k++) {
                boolean takesFresh = j == stills || i < changes && value[changed[i]] <= value[still[rank[j]]];
                d[from + k] = takesFresh ? value[changed[i]] : value[still[rank[j]]];
                if (takesFresh) fresh.row(i++, 0, row, 0, n);
                else kept.row(rank[j++], 0, row, 0, n);
                z.setRow(from + k, from, row, 0, n);
            }
        }

        /** Turned pairs may have changed places; nearly sorted, so by insertion. */
        private void sortByValue(int[] rank) {
            for (int i = 1; i < rank.length; i++) {
                int at = rank[i], j = i;
                for (; j > 0 && value[still[rank[j - 1]]] > value[still[at]]; j--) rank[j] = rank[j - 1];
                rank[j] = at;
            }
        }
    }
}
