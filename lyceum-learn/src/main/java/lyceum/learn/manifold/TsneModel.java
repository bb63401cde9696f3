package lyceum.learn.manifold;

import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.learn.neighbors.NeighborIndex;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link Tsne} found.
 *
 * @param index over the training rows
 * @param perplexity of each row
 * @param embedding of the training rows (n x components), in their type, of mean 0
 * @param divergence {@code KL(P || Q)} in nats
 */
public record TsneModel(NeighborIndex index, double perplexity, Tensor embedding, double divergence) implements FittedTransformer {
    private static final int STEPS = 60;

    @Override public int nFeatures() { return index.nFeatures(); }

    @Override public int nOutputs() { return (int) embedding.size(1); }

    /**
     * Places new rows one by one on the map as it is: from the mean of its neighbours' places by {@code p_j}, a row descends on {@code sum_j p_j log(p_j / q_j)},
     * p of the perplexity over its nearest training rows, q over all of them. A training row comes to lie near its place, not on it.
     */
    @Override public Tensor transform(Tensor x) {
        var input = LearnerInput.forModel(this, x).x();
        int m = (int) input.size(0), d = nOutputs(), k = Math.min(index.size(), (int) (3 * perplexity + 1));
        if (m == 0) return Tensor.zeros(input.dtype(), 0, d);
        var near = index.neighbors(input, k);
        int[] rows = near.indices().toIntArray();
        double[] p = PairAffinities.conditional(near.distances().toDoubleArray(), m, k, Math.min(perplexity, 0.9 * k));
        double[] map = embedding.to(DType.F64).toDoubleArray(), out = new double[m * d];
        Parallel.range(m, 1, (from, to) -> { for (int i = (int) from; i < to; i++) place(map, rows, p, i * k, k, out, i * d, d); });
        return Tensor.of(out, m, d).to(input.dtype());
    }

    private static void place(double[] map, int[] rows, double[] p, int at, int k, double[] out, int to, int d) {
        var y = new double[d];
        for (int e = at; e < at + k; e++) for (int c = 0; c < d; c++) y[c] += p[e] * map[rows[e] * d + c];
        double[] gradient = new double[d], next = new double[d], nextGradient = new double[d];
        double value = value(map, rows, p, at, k, y, gradient), step = 1;
        for (int s = 0; s < STEPS && step > 1e-9; s++) {
            for (int c = 0; c < d; c++) next[c] = y[c] - step * gradient[c];
            double then = value(map, rows, p, at, k, next, nextGradient);
            if (then < value) {
                value = then;
                System.arraycopy(next, 0, y, 0, d);
                System.arraycopy(nextGradient, 0, gradient, 0, d);
                step *= 1.5;
            } else step /= 4;
        }
        System.arraycopy(y, 0, out, to, d);
    }

    /** {@code -sum_j p_j log q_j} and its gradient {@code 2 sum_j (p_j - q_j) (y - y_j) / (1 + |y - y_j|^2)}. */
    private static double value(double[] map, int[] rows, double[] p, int at, int k, double[] y, double[] gradient) {
        int d = y.length, n = map.length / d;
        double sum = 0, value = 0;
        var pull = new double[d];
        var push = new double[d];
        for (int j = 0; j < n; j++) {
            double q = q(map, j, y);
            sum += q;
            for (int c = 0; c < d; c++) push[c] += q * q * (y[c] - map[j * d + c]);
        }
        for (int e = at; e < at + k; e++) {
            double q = q(map, rows[e], y);
            value -= p[e] * Math.log(q);
            for (int c = 0; c < d; c++) pull[c] += p[e] * q * (y[c] - map[rows[e] * d + c]);
        }
        for (int c = 0; c < d; c++) gradient[c] = 2 * (pull[c] - push[c] / sum);
        return value + Math.log(sum);
    }

    private static double q(double[] map, int j, double[] y) {
        double square = 1;
        for (int c = 0; c < y.length; c++) square += (y[c] - map[j * y.length + c]) * (y[c] - map[j * y.length + c]);
        return 1 / square;
    }
}
