package lyceum.stats;

import java.util.List;
import lyceum.prob.ConditionalTable;
import lyceum.prob.JointTable;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The three graphs that join X and Y by way of Z, and data from them. In a chain and a fork, Z separates X and Y; in a collider, it connects them. */
public enum Triple {
    /** {@code X -> Z -> Y}. */
    CHAIN,
    /** {@code X <- Z -> Y}. */
    FORK,
    /** {@code X -> Z <- Y}. */
    COLLIDER;

    /** The joint table of x, z and y for random conditional distributions, each drawn uniformly from all. @param x how many values X has; and so on */
    public JointTable table(Rng rng, int x, int z, int y) {
        var joint = switch (this) {
            case CHAIN -> root(rng, "x", x).times(given(rng, "z", z, List.of("x"), x)).times(given(rng, "y", y, List.of("z"), z));
            case FORK -> root(rng, "z", z).times(given(rng, "x", x, List.of("z"), z)).times(given(rng, "y", y, List.of("z"), z));
            case COLLIDER -> root(rng, "x", x).times(root(rng, "y", y)).times(given(rng, "z", z, List.of("x", "y"), x, y));
        };
        return joint.marginal("x", "z", "y");
    }

    /** Two independent bits and their sum modulo 2, which is wrong with probability {@code noise}. @param p {@code P(x = 1)} @param q {@code P(y = 1)} */
    public static JointTable noisyXor(double p, double q, double noise) {
        var table = Tensor.of(new double[] {1 - noise, noise, noise, 1 - noise, noise, 1 - noise, 1 - noise, noise}, 2, 2, 2);
        return JointTable.of(List.of("x"), Tensor.of(1 - p, p)).times(JointTable.of(List.of("y"), Tensor.of(1 - q, q)))
                .times(ConditionalTable.of(List.of("x", "y"), List.of("z"), table)).marginal("x", "z", "y");
    }

    /** {@code n} observations of linear relations with standard normal noise: rows x, z and y. Every arrow has slope 1. */
    public double[][] sample(Rng rng, int n) {
        var data = new double[3][n];
        for (int i = 0; i < n; i++) {
            double a = rng.nextGaussian(), b = rng.nextGaussian(), c = rng.nextGaussian();
            double z = this == CHAIN ? a + b : this == FORK ? b : a + c + b;
            data[0][i] = this == FORK ? z + a : a;
            data[1][i] = z;
            data[2][i] = this == COLLIDER ? c : z + c;
        }
        return data;
    }

    private static JointTable root(Rng rng, String name, int size) {
        return JointTable.ofCounts(List.of(name), Tensor.of(weights(rng, size)));
    }

    private static ConditionalTable given(Rng rng, String name, int size, List<String> parents, int... sizes) {
        int rows = 1;
        var shape = new long[sizes.length + 1];
        for (int k = 0; k < sizes.length; k++) rows *= sizes[k];
        for (int k = 0; k < sizes.length; k++) shape[k] = sizes[k];
        shape[sizes.length] = size;
        var values = new double[rows * size];
        for (int row = 0; row < rows; row++) System.arraycopy(weights(rng, size), 0, values, row * size, size);
        return ConditionalTable.of(parents, List.of(name), Tensor.of(values, shape));
    }

    private static double[] weights(Rng rng, int size) {
        var weights = new double[size];
        double sum = 0;
        for (int i = 0; i < size; i++) sum += weights[i] = -Math.log(rng.nextDoublePositive());
        for (int i = 0; i < size; i++) weights[i] /= sum;
        return weights;
    }
}
