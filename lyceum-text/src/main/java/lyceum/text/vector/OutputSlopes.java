package lyceum.text.vector;

import java.util.Arrays;
import lyceum.text.vector.Word2Vec.Output;

/** Loss of an example, and its slope along each score {@code u.h} and along h. */
final class OutputSlopes {
    final double[] hidden, hiddenGradient, slope;
    final int[] rows;
    int count;
    private final Output output;
    private final float[][] in, out;
    private final int[][] path;
    private final boolean[][] turn;

    /**
     * @param in vectors of inputs, whose mean is h
     * @param out vectors of words or, in a tree, of inner nodes
     * @param path nodes on the way to each word, for a tree
     * @param turn whether the way takes the turn of probability s(u.h) there
     * @param negatives at most
     */
    OutputSlopes(Output output, float[][] in, float[][] out, int[][] path, boolean[][] turn, int negatives) {
        this.output = output;
        this.in = in;
        this.out = out;
        this.path = path;
        this.turn = turn;
        int most = switch (output) {
            case NEGATIVE_SAMPLING -> 1 + negatives;
            case HIERARCHICAL_SOFTMAX -> Arrays.stream(path).mapToInt(p -> p.length).max().orElseThrow();
            case SOFTMAX -> out.length;
        };
        hidden = new double[in[0].length];
        hiddenGradient = new double[hidden.length];
        slope = new double[most];
        rows = new int[most];
    }

    double of(int[] inputs, int n, int target, int[] negatives) {
        read(inputs, n);
        return of(target, negatives);
    }

    /** h from now on. */
    void read(int[] inputs, int n) {
        Arrays.fill(hidden, 0);
        for (int i = 0; i < n; i++) {
            float[] v = in[inputs[i]];
            for (int d = 0; d < v.length; d++) hidden[d] += v[d];
        }
        if (n > 1) for (int d = 0; d < hidden.length; d++) hidden[d] /= n;
    }

    double of(int target, int[] negatives) {
        double loss = switch (output) {
            case NEGATIVE_SAMPLING -> {
                count = 1 + negatives.length;
                rows[0] = target;
                System.arraycopy(negatives, 0, rows, 1, negatives.length);
                double sum = 0;
                for (int j = 0; j < count; j++) sum += logistic(j, j == 0);
                yield sum;
            }
            case HIERARCHICAL_SOFTMAX -> {
                count = path[target].length;
                System.arraycopy(path[target], 0, rows, 0, count);
                double sum = 0;
                for (int j = 0; j < count; j++) sum += logistic(j, turn[target][j]);
                yield sum;
            }
            case SOFTMAX -> softmax(target);
        };
        pullBack();
        return loss;
    }

    /** All rows by themselves, true or false. */
    double independent(boolean[] labels) {
        count = labels.length;
        double loss = 0;
        for (int j = 0; j < count; j++) {
            rows[j] = j;
            loss += logistic(j, labels[j]);
        }
        pullBack();
        return loss;
    }

    private void pullBack() {
        Arrays.fill(hiddenGradient, 0);
        for (int j = 0; j < count; j++) {
            float[] u = out[rows[j]];
            double s = slope[j];
            for (int d = 0; d < u.length; d++) hiddenGradient[d] += s * u[d];
        }
    }

    /** {@code -log s(z)} of a true one, {@code -log s(-z)} of a false one. */
    private double logistic(int j, boolean label) {
        double z = score(rows[j]), e = Math.exp(-Math.abs(z));
        slope[j] = (z >= 0 ? 1 / (1 + e) : e / (1 + e)) - (label ? 1 : 0);
        return Math.log1p(e) + Math.max(label ? -z : z, 0);
    }

    private double softmax(int target) {
        count = rows.length;
        double most = Double.NEGATIVE_INFINITY, sum = 0;
        for (int j = 0; j < count; j++) {
            rows[j] = j;
            most = Math.max(most, slope[j] = score(j));
        }
        double own = slope[target];
        for (int j = 0; j < count; j++) sum += slope[j] = Math.exp(slope[j] - most);
        for (int j = 0; j < count; j++) slope[j] /= sum;
        slope[target] -= 1;
        return most + Math.log(sum) - own;
    }

    private double score(int row) {
        float[] u = out[row];
        double a = 0, b = 0;
        int d = 0;
        for (; d + 1 < u.length; d += 2) {
            a += u[d] * hidden[d];
            b += u[d + 1] * hidden[d + 1];
        }
        return d < u.length ? a + b + u[d] * hidden[d] : a + b;
    }
}
