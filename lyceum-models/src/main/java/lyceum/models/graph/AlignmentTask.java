package lyceum.models.graph;

import java.util.Arrays;
import lyceum.random.Rng;

/**
 * A question whose answer an algorithm of known structure gives, about objects, or nodes of a weighted graph. Answers are positive.
 *
 * @see <a href="https://arxiv.org/abs/1905.13211">Xu et al. (2020), section 4</a>
 */
public enum AlignmentTask {
    /** A summary statistic: objects have a price and a quantity in [0, 1], the answer is the sum of their products. */
    SUM(2) {
        @Override double answer(Instance x) {
            double sum = 0;
            for (var object : x.objects) sum += object[0] * object[1];
            return sum;
        }
    },
    /** A relation of pairs: objects have a place in [0, 1], the answer is the sum over pairs of {@code exp(-(distance / 0.1)^2 / 2)}. */
    PAIRS(1) {
        @Override double answer(Instance x) {
            double sum = 0;
            for (int i = 0; i < x.objects.length; i++) for (int j = 0; j < i; j++) sum += near(x.objects[i][0], x.objects[j][0]);
            return sum;
        }
    },
    /** The length of the shortest path from a node to another, which is there: nodes are marked as begin and end, edges go both ways with a weight in [0.2, 1]. */
    SHORTEST_PATH(2) {
        @Override double answer(Instance x) { return distances(x, Integer.MAX_VALUE)[x.end]; }
    };

    private final int features;

    AlignmentTask(int features) { this.features = features; }

    /** Of an object. */
    public int features() { return features; }

    /** @param objects features of each @param weights of edges, 0 for none; null except for paths @param begin and {@code end}: of the path */
    public record Instance(double[][] objects, double[][] weights, int begin, int end) {}

    abstract double answer(Instance x);

    /** The answer, by the algorithm. */
    public final double of(Instance x) { return answer(x); }

    static double near(double a, double b) { return Math.exp(-(a - b) * (a - b) / 0.02); }

    /** One of {@code n} objects. */
    public final Instance sample(int n, Rng rng) { return sample(n, 1, n - 1, rng); }

    /** As {@link #sample(int, Rng)}; of paths, one whose ends are {@code from} to {@code to} edges apart, fewest. */
    public final Instance sample(int n, int from, int to, Rng rng) {
        if (n < 2 || from < 1 || to < from || from >= n) throw new IllegalArgumentException(
                "AlignmentTask: " + n + " objects, " + from + " to " + to + " edges; at least 2 objects, 1 to n - 1 edges");
        if (this != SHORTEST_PATH) {
            var objects = new double[n][features];
            for (var o : objects) for (int k = 0; k < features; k++) o[k] = rng.nextDouble();
            return new Instance(objects, null, 0, 0);
        }
        while (true) {
            var w = new double[n][n];
            double p = (1.5 + 1.5 * rng.nextDouble()) / n;
            for (int i = 0; i < n; i++)
                for (int j = 0; j < i; j++) if (rng.nextDouble() < p) w[i][j] = w[j][i] = 0.2 + 0.8 * rng.nextDouble();
            int begin = rng.nextInt(n), end = rng.nextInt(n);
            var objects = new double[n][2];
            objects[begin][0] = 1;
            objects[end][1] = 1;
            var x = new Instance(objects, w, begin, end);
            int hops = hops(x);
            if (hops >= from && hops <= to) return x;
        }
    }

    /** The number of edges of the lightest path; 0 for a node itself, -1 if there is none. */
    public static int hops(Instance x) {
        double[] least = distances(x, Integer.MAX_VALUE);
        if (Double.isInfinite(least[x.end])) return -1;
        for (int k = 0;; k++) if (distances(x, k)[x.end] <= least[x.end]) return k;
    }

    /** Bellman and Ford: {@code rounds} of {@code d[v] = min over u of d[u] + w(u, v)}, or until nothing changes. */
    static double[] distances(Instance x, int rounds) {
        int n = x.objects.length;
        var d = new double[n];
        Arrays.fill(d, Double.POSITIVE_INFINITY);
        d[x.begin] = 0;
        for (int k = 0; k < Math.min(rounds, n); k++) {
            var next = d.clone();
            for (int v = 0; v < n; v++)
                for (int u = 0; u < n; u++) if (x.weights[u][v] > 0) next[v] = Math.min(next[v], d[u] + x.weights[u][v]);
            d = next;
        }
        return d;
    }
}
