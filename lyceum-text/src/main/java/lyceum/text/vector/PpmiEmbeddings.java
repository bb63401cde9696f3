package lyceum.text.vector;

import java.util.Arrays;
import java.util.List;
import lyceum.linalg.LinearMap;
import lyceum.linalg.Svd;
import lyceum.linalg.TruncatedSvd;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Word vectors by counting: positive pointwise mutual information of words and their neighbours, and its truncated SVD, {@code U_d S_d^p}. On small texts
 * often better than what is learnt by prediction, and without a learning rate.
 *
 * {@snippet :
 * var table = new PpmiEmbeddings(100).withWindow(2).learn(sentences);
 * }
 *
 * @param dimension singular vectors kept
 * @param window neighbours on each side, 5 by default
 * @param weighting LINEAR by default
 * @param minCount rarer words are left out, 5 by default
 * @param smoothing power of the contexts' counts, 0.75 by default: tames the love of PPMI for rare contexts; 1 is the plain definition
 * @param shift {@code log shift} is taken off before what is negative goes, 1 by default; the k of skip-gram's negatives
 * @param eigenvalueWeight p, 0.5 by default; 1 is the plain SVD, 0 leaves the singular values out
 * @see <a href="https://aclanthology.org/Q15-1016/">Levy, Goldberg and Dagan (2015)</a>
 */
@Withers
public record PpmiEmbeddings(int dimension, int window, Cooccurrences.Weighting weighting, int minCount, double smoothing, double shift,
        double eigenvalueWeight, long seed) implements WordVectorLearner, PpmiEmbeddingsWithers {
    public PpmiEmbeddings {
        if (dimension < 1) throw new IllegalArgumentException("PpmiEmbeddings: dimension is " + dimension + "; it is at least 1");
        if (!(eigenvalueWeight >= 0))
            throw new IllegalArgumentException("PpmiEmbeddings: eigenvalueWeight is " + eigenvalueWeight + "; it is not negative");
        check(smoothing, shift);
    }

    public PpmiEmbeddings(int dimension) { this(dimension, 5, Cooccurrences.Weighting.LINEAR, 5, 0.75, 1, 0.5, 0); }

    private static void check(double smoothing, double shift) {
        if (!(smoothing >= 0 && smoothing <= 10))
            throw new IllegalArgumentException("ppmi: smoothing is " + smoothing + "; it lies in [0, 10]");
        if (!(shift > 0)) throw new IllegalArgumentException("ppmi: shift is " + shift + "; it is positive");
    }

    /**
     * {@code max(0, log(P(w, c) / (P(w) Pa(c))) - log shift)} in nats, with {@code Pa(c)} in proportion to {@code #(c)^smoothing}; cells of 0 are left out.
     *
     * @param counts of word (rows) with context (columns), not negative
     */
    public static Csr ppmi(Csr counts, double smoothing, double shift) {
        check(smoothing, shift);
        int n = Math.toIntExact(counts.rows()), m = Math.toIntExact(counts.columns());
        double[] x = counts.values().toDoubleArray(), rows = new double[n], columns = new double[m];
        double total = 0, smoothed = 0;
        for (int i = 0; i < n; i++) {
            for (int e = counts.rowStart(i); e < counts.rowStart(i + 1); e++) {
                if (!(x[e] >= 0 && x[e] < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException(
                        "ppmi: the count of row " + i + ", column " + counts.column(e) + " is " + x[e] + "; counts are not negative");
                rows[i] += x[e];
                columns[counts.column(e)] += x[e];
                total += x[e];
            }
        }
        for (int j = 0; j < m; j++) if (columns[j] > 0) smoothed += columns[j] = Math.pow(columns[j], smoothing);
        var starts = new int[n + 1];
        var column = new int[x.length];
        var values = new double[x.length];
        int kept = 0;
        for (int i = 0; i < n; i++) {
            for (int e = counts.rowStart(i); e < counts.rowStart(i + 1); e++) {
                int j = counts.column(e);
                double information = x[e] == 0 ? 0 : Math.log(x[e] * smoothed / (rows[i] * columns[j] * shift));
                if (!(information > 0)) continue;
                column[kept] = j;
                values[kept++] = information;
            }
            starts[i + 1] = kept;
        }
        return Csr.of(n, m, starts, Arrays.copyOf(column, kept), Tensor.of(Arrays.copyOf(values, kept)));
    }

    /** The k largest singular triplets of a sparse table. @param k at most its shorter side, where they rebuild all of it */
    public static Svd factors(Csr table, int k, long seed) { return factors(table, k, 1e-12, seed); }

    private static Svd factors(Csr table, int k, double tolerance, long seed) {
        return new TruncatedSvd(k).withTolerance(tolerance).run(LinearMap.of(table), Rng.of(seed));
    }

    @Override public EmbeddingTable learn(List<? extends List<String>> sentences, Progress progress) {
        return space(sentences, progress).table();
    }

    /** The table of weights and its factors as well. */
    public SemanticSpace space(List<? extends List<String>> sentences, Progress progress) {
        var counted = new Cooccurrences(window, weighting, minCount).count(sentences);
        int n = counted.words().size();
        if (dimension > n) throw new IllegalArgumentException("PpmiEmbeddings: dimension is " + dimension + " and " + n
                + " words are left; ask for at most " + "as many, or lower minCount");
        progress.step("counted", 1, 3);
        var ppmi = ppmi(counted.matrix(), smoothing, shift);
        progress.step("weighed", 2, 3);
        var svd = factors(ppmi, dimension, 1e-6, seed); // a vector's last digits mean nothing
        progress.step("factorised", 3, 3);
        return new SemanticSpace(counted.words(), ppmi, svd, eigenvalueWeight);
    }
}
