package lyceum.models;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import lyceum.DType;
import lyceum.models.graph.GraphData;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Small inputs, of which several examples are made. */
final class Examples {
    /** Nodes of {@link #graphs}. */
    static final int NODES = 5;

    private Examples() {}

    /** Whole numbers from 0 to below {@code count}, I64. */
    static Tensor ids(Rng rng, int count, long... shape) {
        long size = 1;
        for (long s : shape) size *= s;
        var ids = new long[(int) size];
        for (int i = 0; i < ids.length; i++) ids[i] = rng.nextInt(count);
        return Tensor.of(ids, shape);
    }

    /** Pictures (n, channels, side, side) in [0, 1). */
    static Architecture.Inputs pictures(int channels, int side) { return (n, rng) -> List.of(Tensor.rand(rng, n, channels, side, side)); }

    /** Standard normal numbers, (n, sizes). */
    static Architecture.Inputs noise(long... sizes) {
        return (n, rng) -> {
            var shape = new long[sizes.length + 1];
            shape[0] = n;
            System.arraycopy(sizes, 0, shape, 1, sizes.length);
            return List.of(Tensor.randn(rng, shape));
        };
    }

    /** A ring with a chord, n times side by side, with two features of each edge. */
    static GraphData graphs(int n) {
        var one = GraphData.undirected(NODES, new int[] {0, 1, 2, 3, 4, 0}, new int[] {1, 2, 3, 4, 0, 2});
        var features = new double[one.edges()][];
        for (int e = 0; e < features.length; e++) features[e] = new double[] {e % 3 - 1, 0.1 * e};
        return GraphData.batch(new ArrayList<>(Collections.nCopies(n, one.withFeatures(Tensor.of(features).to(DType.F32)))));
    }
}
