package lyceum.learn.cluster;

import java.util.Arrays;
import lyceum.DType;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** How near rows are to each other: the weights of the graph that {@link SpectralClustering} cuts. */
public sealed interface Affinity {
    /** Weight 1 between rows of which one is among the k nearest of the other. */
    record Neighbours(int k) implements Affinity {
        public Neighbours {
            if (k < 1) throw new IllegalArgumentException("Affinity: k is " + k + "; a row has at least 1 neighbour");
        }
    }

    /** Weight 1 between rows at most this far apart. */
    record Ball(double radius) implements Affinity {
        public Ball {
            if (!(radius > 0)) throw new IllegalArgumentException("Affinity: the radius is " + radius + "; it is above 0");
        }
    }

    /** {@code exp(-gamma |x - y|^2)} between all rows. */
    record Gaussian(double gamma) implements Affinity {
        public Gaussian {
            if (!(gamma > 0)) throw new IllegalArgumentException("Affinity: gamma is " + gamma + "; it is above 0");
        }
    }

    /** The rows given are the weights themselves (n x n). */
    record Precomputed() implements Affinity {}

    /** The weights between the rows of {@code x} (n x p), symmetric, without loops except for precomputed ones. */
    default Csr graph(Tensor x) {
        var input = LearnerInput.matrix("Affinity.graph", x, false);
        var rows = input.x().to(DType.F64);
        int n = input.rows();
        return switch (this) {
            case Precomputed() -> Csr.fromDense(rows);
            case Gaussian(double gamma) -> {
                var squares = rows.square().sum(1, true);
                var d = squares.add(squares.transpose()).sub(rows.matmul(rows.transpose()).mul(2)).relu();
                var w = d.add(d.transpose()).mul(-gamma / 2).exp().mul(Tensor.eye(DType.F64, n).neg().add(1));
                yield Csr.fromDense(w);
            }
            case Ball(double radius) -> edges(n, new NearestNeighbors().fit(rows).withinRadius(rows, radius).indices());
            case Neighbours(int k) -> {
                if (k >= n)
                    throw new IllegalArgumentException("Affinity: k is " + k + " neighbours but x has " + n + " row" + (n == 1 ? "" : "s"));
                int[] flat = new NearestNeighbors().fit(rows).neighbors(rows, k + 1).indices().toIntArray();
                var near = new int[n][k + 1];
                for (int i = 0; i < n; i++) System.arraycopy(flat, i * (k + 1), near[i], 0, k + 1);
                yield edges(n, near);
            }
        };
    }

    private static Csr edges(int n, int[][] near) {
        int count = 0;
        for (int[] row : near) count += 2 * row.length;
        int[] from = new int[count], to = new int[count];
        var ones = new double[count];
        int at = 0;
        for (int i = 0; i < n; i++) {
            for (int j : near[i]) {
                if (i == j) continue;
                from[at] = to[at + 1] = i;
                to[at] = from[at + 1] = j;
                ones[at] = ones[at + 1] = 1;
                at += 2;
            }
        }
        var both = Csr.fromEntries(n, n, Arrays.copyOf(from, at), Arrays.copyOf(to, at), Arrays.copyOf(ones, at));
        // Neighbours of each other were counted twice.
        return both.withValues(both.values().onesLike());
    }
}
