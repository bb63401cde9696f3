package lyceum.learn.manifold;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** Joint affinities p_ij of pairs of rows, symmetric, of sum 1: those of row i are {@code p[starts[i] .. starts[i + 1] - 1]}, with the rows {@code to}. */
record PairAffinities(int[] starts, int[] to, double[] p) {
    /** A conditional row's entropy is met so closely. */
    private static final double TOLERANCE = 1e-10;

    int size() { return starts.length - 1; }

    /** {@code p_ij = (p_j|i + p_i|j) / 2n} over the neighbours that either has. */
    static PairAffinities of(NeighborLists lists, double perplexity) {
        int n = lists.size(), k = lists.k();
        double[] conditional = conditional(lists.distances(), n, k, perplexity);
        // The transpose, by counting.
        var incoming = new int[n + 1];
        for (int j : lists.rows()) incoming[j + 1]++;
        for (int i = 0; i < n; i++) incoming[i + 1] += incoming[i];
        int[] at = Arrays.copyOf(incoming, n), from = new int[n * k];
        for (int e = 0; e < n * k; e++) from[at[lists.rows()[e]]++] = e;
        int[] starts = new int[n + 1], to = new int[2 * n * k], place = new int[n];
        var p = new double[to.length];
        Arrays.fill(place, -1);
        for (int i = 0; i < n; i++) {
            int count = starts[i];
            for (int e = i * k; e < (i + 1) * k; e++) {
                place[lists.rows()[e]] = count;
                to[count] = lists.rows()[e];
                p[count++] = conditional[e] / (2.0 * n);
            }
            for (int c = incoming[i]; c < incoming[i + 1]; c++) {
                int j = from[c] / k;
                if (place[j] < starts[i]) {
                    place[j] = count;
                    to[count++] = j;
                }
                p[place[j]] += conditional[from[c]] / (2.0 * n);
            }
            starts[i + 1] = count;
        }
        return new PairAffinities(starts, Arrays.copyOf(to, starts[n]), Arrays.copyOf(p, starts[n]));
    }

    /** Rows of {@code exp(-b_i d^2)}, scaled to sum 1, with b_i such that the entropy is the logarithm of the perplexity. */
    static double[] conditional(double[] distances, int n, int k, double perplexity) {
        var p = new double[n * k];
        Parallel.range(n, 16, (from, to) -> { for (int i = (int) from; i < to; i++) calibrate(distances, i * k, k, perplexity, p); });
        return p;
    }

    private static void calibrate(double[] distances, int at, int k, double perplexity, double[] p) {
        double least = Double.POSITIVE_INFINITY, mean = 0, wanted = Math.log(perplexity);
        for (int j = at; j < at + k; j++) least = Math.min(least, distances[j] * distances[j]);
        for (int j = at; j < at + k; j++) mean += (distances[j] * distances[j] - least) / k;
        double low = 0, high = Double.POSITIVE_INFINITY, beta = mean > 0 ? 1 / mean : 1;
        for (int step = 0; step < 200; step++) {
            double sum = 0, weighted = 0;
            for (int j = at; j < at + k; j++) {
                double d = distances[j] * distances[j] - least;
                p[j] = Math.exp(-beta * d);
                sum += p[j];
                weighted += p[j] * d;
            }
            double excess = Math.log(sum) + beta * weighted / sum - wanted;
            for (int j = at; j < at + k; j++) p[j] /= sum;
            if (Math.abs(excess) < TOLERANCE) return;
            if (excess > 0) low = beta;
            else high = beta;
            double next = high == Double.POSITIVE_INFINITY ? 2 * beta : (low + high) / 2;
            // Copies of a row: no width reaches the perplexity.
            if (next == beta || next == Double.POSITIVE_INFINITY) return;
            beta = next;
        }
    }

    Csr matrix() {
        int n = size();
        return Csr.fromEntries(n, n, owners(), to, p);
    }

    private int[] owners() {
        var owner = new int[to.length];
        for (int i = 0; i < size(); i++) Arrays.fill(owner, starts[i], starts[i + 1], i);
        return owner;
    }

    /** {@code sum_j p_ij q_ij (y_i - y_j)} of each point, with {@code q_ij = 1 / (1 + |y_i - y_j|^2)}. */
    void attract(double[] y, int d, double[] out) {
        Parallel.range(size(), 64, 500.0 * d, (from, end) -> {
            for (int i = (int) from; i < end; i++) {
                if (d == 2) attract2(y, i, out);
                else attract(y, d, i, out);
            }
        });
    }

    private void attract2(double[] y, int i, double[] out) {
        double a = y[2 * i], b = y[2 * i + 1], first = 0, second = 0;
        for (int e = starts[i]; e < starts[i + 1]; e++) {
            double u = a - y[2 * to[e]], v = b - y[2 * to[e] + 1], force = p[e] / (1 + u * u + v * v);
            first += force * u;
            second += force * v;
        }
        out[2 * i] = first;
        out[2 * i + 1] = second;
    }

    private void attract(double[] y, int d, int i, double[] out) {
        Arrays.fill(out, i * d, (i + 1) * d, 0);
        for (int e = starts[i]; e < starts[i + 1]; e++) {
            double square = 1;
            for (int c = 0; c < d; c++) square += (y[i * d + c] - y[to[e] * d + c]) * (y[i * d + c] - y[to[e] * d + c]);
            for (int c = 0; c < d; c++) out[i * d + c] += p[e] / square * (y[i * d + c] - y[to[e] * d + c]);
        }
    }

    /** {@code KL(P || Q)} with {@code Q = q / z}; pairs of affinity 0 say nothing. */
    double divergence(double[] y, int d, double z) {
        var parts = new double[size()];
        Parallel.range(size(), 64, (from, end) -> {
            for (int i = (int) from; i < end; i++) {
                for (int e = starts[i]; e < starts[i + 1]; e++) {
                    if (p[e] == 0) continue;
                    double square = 1;
                    for (int c = 0; c < d; c++) square += (y[i * d + c] - y[to[e] * d + c]) * (y[i * d + c] - y[to[e] * d + c]);
                    parts[i] += p[e] * Math.log(p[e] * square * z);
                }
            }
        });
        double sum = 0;
        for (double part : parts) sum += part;
        return sum;
    }

    /** The joint affinities of all pairs or of near ones as a tensor of (n x n), for small n. */
    Tensor dense() { return matrix().toDense(); }
}
