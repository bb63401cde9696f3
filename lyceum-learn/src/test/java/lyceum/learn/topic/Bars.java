package lyceum.learn.topic;

import lyceum.prob.Dirichlet;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** The ten bars of a grid of 5 x 5 words as topics, and texts that mix them. */
final class Bars {
    private Bars() {}

    static double[][] topics() {
        var bars = new double[10][25];
        for (int b = 0; b < 5; b++) for (int i = 0; i < 5; i++) bars[b][5 * b + i] = bars[5 + b][5 * i + b] = 0.2;
        return bars;
    }

    static Csr documents(int documents, int length, Rng rng) {
        var share = new Dirichlet(1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        var x = new double[documents][25];
        for (var row : x) {
            double[] theta = share.sample(rng, 1).toDoubleArray();
            for (int t = 0; t < length; t++) {
                double u = rng.nextDouble();
                int k = 0;
                while (k < 9 && (u -= theta[k]) >= 0) k++;
                int i = rng.nextInt(5);
                row[k < 5 ? 5 * k + i : 5 * i + k - 5]++;
            }
        }
        return Csr.fromDense(Tensor.of(x));
    }
}
