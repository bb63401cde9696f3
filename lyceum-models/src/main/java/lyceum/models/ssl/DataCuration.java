package lyceum.models.ssl;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.dedup.Clusters;
import lyceum.linalg.Similarity;
import lyceum.memory.Scope;
import lyceum.nn.InBatches;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Makes a large good data set of a small good one and a huge pool: near duplicates in the pool are dropped except for one, then the nearest neighbours of each
 * good item are taken. Nearness is the cosine of features.
 *
 * {@snippet :
 * var curation = new DataCuration(4, 0.98);
 * int[] kept = curation.curate(encoder.features(seeds, 64), encoder.features(pool, 64));     // rows of the pool
 * }
 *
 * @param neighbours taken for each seed, at least 1
 * @param duplicate two items of the pool are one if their cosine is at least this, directly or by others between them; above 1 for never
 * @see <a href="https://arxiv.org/abs/2304.07193">Oquab et al. (2023), section 3</a>
 */
@Withers
public record DataCuration(int neighbours, double duplicate) implements DataCurationWithers {
    private static final int CHUNK = 256;

    public DataCuration {
        if (neighbours < 1) throw new IllegalArgumentException("DataCuration: " + neighbours + " neighbours; at least 1");
        if (!(duplicate > 0)) throw new IllegalArgumentException("DataCuration: duplicates have cosine " + duplicate + "; above 0");
    }

    /** Rows of the pool that are kept, ascending: {@link #distinct}, then {@link #nearest} among these. */
    public int[] curate(Tensor seeds, Tensor pool) {
        int[] distinct = distinct(pool);
        return Arrays.stream(nearest(seeds, pool.rows(distinct))).map(i -> distinct[i]).toArray();
    }

    /** The first row of each group of near duplicates, ascending. @param features (n, width) */
    public int[] distinct(Tensor features) {
        var x = unit(features);
        int n = (int) x.size(0);
        var groups = new Clusters(n); // the first of a group stands for it
        Autograd.noGrad(() -> {
            for (int from = 0; from < n; from += CHUNK) {
                try (var scope = Scope.open("cosines")) {
                    int end = Math.min(n, from + CHUNK);
                    double[][] cosines = x.narrow(0, from, end - from).matmul(x.narrow(0, 0, end).transpose()).toRows();
                    for (int i = from; i < end; i++) for (int j = 0; j < i; j++) if (cosines[i - from][j] >= duplicate) groups.join(i, j);
                }
            }
        });
        return IntStream.range(0, n).filter(i -> groups.root(i) == i).toArray();
    }

    /** The rows of the pool that are among the nearest of some seed, ascending. @param seeds (m, width) @param pool (n, width) */
    public int[] nearest(Tensor seeds, Tensor pool) {
        if (seeds.rank() != 2 || pool.rank() != 2 || seeds.size(1) != pool.size(1))
            throw new ShapeException("DataCuration: seeds " + seeds.shape() + ", pool " + pool.shape() + "; (m, width) and (n, width)");
        Tensor all = unit(pool);
        int k = (int) Math.min(neighbours, all.size(0));
        var nearest = InBatches.of(unit(seeds), CHUNK, some -> Similarity.cosinesOfUnit(some, all).topk(k, 1).indices());
        return Arrays.stream(nearest.flatten().toIntArray()).sorted().distinct().toArray();
    }

    private static Tensor unit(Tensor features) {
        if (features.rank() != 2 || features.size(0) == 0)
            throw new ShapeException("DataCuration: features " + features.shape() + "; (n, width)");
        return Autograd.noGrad(() -> Similarity.normalise(features.detach()).compute());
    }
}
