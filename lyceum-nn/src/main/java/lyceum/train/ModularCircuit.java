package lyceum.train;

import java.util.Comparator;
import java.util.stream.IntStream;
import lyceum.nn.loss.Loss;
import lyceum.tensor.Tensor;

/**
 * The part of a modular table's logits that only depends on {@code answer - c}, by its strongest frequencies: what Nanda et al. (2023) call the circuit.
 * Restricted loss keeps it alone, excluded loss takes it away.
 */
final class ModularCircuit {
    private ModularCircuit() {}

    /** Restricted loss over all rows, and excluded loss over the training rows. */
    static double[] losses(int p, int keys, Tensor train, Tensor trainY, Tensor test, Tensor testY) {
        double[][] first = train.toRows(), second = test.toRows();
        long[] firstY = trainY.toLongArray(), secondY = testY.toLongArray();
        var byOffset = new double[p];
        add(byOffset, first, firstY);
        add(byOffset, second, secondY);
        int rows = first.length + second.length;
        for (int s = 0; s < p; s++) byOffset[s] /= rows;
        var circuit = strongest(byOffset, keys);
        return new double[] {
                (loss(alone(first.length, firstY, circuit), trainY) * first.length
                        + loss(alone(second.length, secondY, circuit), testY) * second.length) / rows,
                loss(without(first, firstY, circuit), trainY)};
    }

    private static void add(double[] byOffset, double[][] logits, long[] y) {
        int p = byOffset.length;
        for (int i = 0; i < logits.length; i++) for (int c = 0; c < p; c++) byOffset[Math.floorMod((int) y[i] - c, p)] += logits[i][c];
    }

    /** A function on 0 .. p - 1 reduced to its strongest frequencies, without its mean. */
    static double[] strongest(double[] f, int keys) {
        int p = f.length, half = (p - 1) / 2;
        double[] cos = new double[half + 1], sin = new double[half + 1];
        for (int k = 1; k <= half; k++) for (int s = 0; s < p; s++) {
            double angle = 2 * Math.PI * ((long) k * s % p) / p;
            cos[k] += 2.0 / p * f[s] * Math.cos(angle);
            sin[k] += 2.0 / p * f[s] * Math.sin(angle);
        }
        var best = IntStream.rangeClosed(1, half).boxed().sorted(Comparator.comparingDouble(k -> -(cos[k] * cos[k] + sin[k] * sin[k])))
                .limit(keys).mapToInt(k -> k).toArray();
        var kept = new double[p];
        for (int k : best) for (int s = 0; s < p; s++) {
            double angle = 2 * Math.PI * ((long) k * s % p) / p;
            kept[s] += cos[k] * Math.cos(angle) + sin[k] * Math.sin(angle);
        }
        return kept;
    }

    private static Tensor alone(int rows, long[] y, double[] circuit) {
        int p = circuit.length;
        var logits = new double[rows * p];
        for (int i = 0; i < rows; i++) for (int c = 0; c < p; c++) logits[i * p + c] = circuit[Math.floorMod((int) y[i] - c, p)];
        return Tensor.of(logits, rows, p);
    }

    private static Tensor without(double[][] given, long[] y, double[] circuit) {
        int p = circuit.length;
        var logits = new double[given.length * p];
        for (int i = 0; i < given.length; i++)
            for (int c = 0; c < p; c++) logits[i * p + c] = given[i][c] - circuit[Math.floorMod((int) y[i] - c, p)];
        return Tensor.of(logits, given.length, p);
    }

    private static double loss(Tensor logits, Tensor y) { return Loss.crossEntropy(logits, y).item(); }
}
