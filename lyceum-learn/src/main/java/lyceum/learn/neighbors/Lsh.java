package lyceum.learn.neighbors;

import java.util.Arrays;
import java.util.Objects;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Locality-sensitive hashing by random projections: an approximate index. A table's key is made of {@code bits} projections {@code v = a . x} on normal
 * directions a: for the cosine their signs, which agree with probability {@code 1 - angle / pi} each; for the Euclidean distance the cells
 * {@code floor((v + b) / width)} with b uniform in [0, width). A query is compared with the rows that share its key in one of {@code tables} tables, or one of
 * the {@code probes} keys next to it, which differ where the projections lie nearest to a border.
 *
 * {@snippet :
 * var index = new Lsh(Metric.EUCLIDEAN).withTables(20).fit(x);
 * var near = index.neighbors(queries, 10);
 * double recall = Recall.of(near, new NearestNeighbors().fit(x).neighbors(queries, 10));
 * }
 *
 * <p>More tables or probes find more and compare more; more bits compare less and find less. A query whose keys hold fewer than k rows is compared with all.
 *
 * @param metric the cosine, the Euclidean or a Mahalanobis distance
 * @param tables 10 by default
 * @param bits projections in a key, 12 by default
 * @param probes further keys that are looked up in each table, 6 by default
 * @param width of a cell, in units of the distance; 0 (the default) for five times the median distance to a nearest neighbour, as a sample of rows has it
 * @param seed of the directions
 * @see <a href="https://doi.org/10.1145/509907.509965">Charikar (2002), Similarity estimation techniques from rounding algorithms</a>
 * @see <a href="https://doi.org/10.1145/997817.997857">Datar, Immorlica, Indyk and Mirrokni (2004)</a>
 * @see <a href="https://www.vldb.org/conf/2007/papers/research/p950-lv.pdf">Lv, Josephson, Wang, Charikar and Li (2007), Multi-probe LSH</a>
 */
@Withers
public record Lsh(Metric metric, int tables, int bits, int probes, double width, long seed) implements LshWithers {
    private static final int SAMPLE = 100;

    public Lsh {
        Objects.requireNonNull(metric, "metric");
        if (!(metric instanceof Metric.Cosine || metric instanceof Metric.Euclidean || metric instanceof Metric.Mahalanobis))
            throw new IllegalArgumentException(
                    "Lsh: no random projections for " + metric + "; take the cosine, the Euclidean or a Mahalanobis distance");
        if (tables < 1) throw new IllegalArgumentException("Lsh: tables is " + tables + "; it is at least 1");
        if (bits < 1 || bits > 30) throw new IllegalArgumentException("Lsh: bits is " + bits + "; a key has 1 to 30 projections");
        if (probes < 0) throw new IllegalArgumentException("Lsh: probes is " + probes + "; it is at least 0");
        if (!(width >= 0 && width < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Lsh: width is " + width + "; it is positive, or 0 to choose it by the data");
    }

    public Lsh(Metric metric) { this(metric, 10, 12, 6, 0, 0); }

    /** An index of the rows of {@code x} (n x p). */
    public LshIndex fit(Tensor x) {
        var input = LearnerInput.matrix("Lsh.fit", x, false);
        if (input.rows() == 0)
            throw new IllegalArgumentException("Lsh.fit: x has shape " + x.shape() + " and so no rows; at least one is needed");
        var rows = NeighborIndex.prepared(metric, input.x().to(DType.F64)).compute();
        int n = input.rows(), hashes = tables * bits;
        var rng = Rng.of(seed);
        double cell = metric instanceof Metric.Cosine ? 0 : width > 0 ? width : 5 * nearest(rows, rng.split(1));
        var directions = Tensor.randn(rng.split(2), DType.F64, input.columns(), hashes);
        var offsets = new double[hashes];
        var shifts = rng.split(3);
        if (cell > 0) {
            directions = directions.div(cell);
            for (int h = 0; h < hashes; h++) offsets[h] = shifts.nextDouble();
        }
        var factors = new long[hashes];
        for (int h = 0; h < hashes; h++) factors[h] = shifts.nextLong() | 1;
        double[] v = rows.matmul(directions).toDoubleArray();
        var keys = new long[tables * n];
        var members = new int[tables * n];
        for (int t = 0; t < tables; t++) {
            var table = new long[n];
            for (int i = 0; i < n; i++) table[i] = LshIndex.key(v, i * hashes, t * bits, bits, offsets, factors, cell > 0);
            var order = Tensor.of(table).argsort(0).toIntArray();
            for (int i = 0; i < n; i++) {
                keys[t * n + i] = table[order[i]];
                members[t * n + i] = order[i];
            }
        }
        return new LshIndex(rows, metric, tables, bits, probes, cell, directions.compute(), offsets, factors, keys, members);
    }

    /** The median over some rows of the distance to the nearest other one that is not the same. */
    private static double nearest(Tensor rows, Rng rng) {
        int n = (int) rows.size(0), m = Math.min(n, SAMPLE);
        if (n == 1) return 1;
        double[] d = new NearestNeighbors().fit(rows).neighbors(rows.rows(rng.sample(n, m)), Math.min(n, 10)).distances().toDoubleArray();
        int k = d.length / m, found = 0;
        var first = new double[m];
        for (int i = 0; i < m; i++) {
            for (int c = 0; c < k; c++) {
                if (d[i * k + c] == 0) continue;
                first[found++] = d[i * k + c];
                break;
            }
        }
        if (found == 0) return 1;
        Arrays.sort(first, 0, found);
        return first[found / 2];
    }
}
