package lyceum.text.vector;

import java.util.Collection;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.linalg.Eigen;
import lyceum.linalg.Similarity;
import lyceum.stats.Descriptive;
import lyceum.tensor.Tensor;
import lyceum.theory.HighDimension;

/**
 * What a cloud of embeddings looks like: does it lean to one side, how many dimensions does it fill, are there hubs, do differences have meaning.
 * Matrices are (rows, dimension) of any float type, work is in F64. {@link EmbeddingCorrection} straightens what is found here.
 *
 * @see <a href="https://arxiv.org/abs/1702.01417">Mu and Viswanath (2018), All-but-the-Top</a>
 */
public final class EmbeddingGeometry {
    private EmbeddingGeometry() {}

    /**
     * All of it in one look.
     *
     * @param meanCosine of two different rows
     * @param isotropy {@link EmbeddingGeometry#isotropy}
     * @param isoScore {@link EmbeddingGeometry#isoScore}
     * @param intrinsicDimension by two neighbours, {@link HighDimension#intrinsicDimension}
     * @param hubness skewness of {@link EmbeddingGeometry#occurrences} in the ten nearest
     */
    public record Report(double meanCosine, double isotropy, double isoScore, double intrinsicDimension, double hubness) {}

    /** @param x at least 12 rows, none all zeros */
    public static Report report(Tensor x) {
        rows("report", x, 12);
        return new Report(meanCosine(x), isotropy(x), isoScore(x), intrinsicDimension(x), hubness(x, 10));
    }

    static Tensor rows(String operation, Tensor x, int least) {
        if (x.rank() != 2 || x.size(0) < least) throw new ShapeException(
                operation + ": vectors are " + x.shape() + "; they are (rows, dimension) of at least " + least + " rows");
        return x;
    }

    /** Population covariance, F64 (dimension, dimension). */
    static Tensor covariance(Tensor x) {
        var centred = x.to(DType.F64).sub(x.to(DType.F64).mean(0));
        return centred.transpose().matmul(centred).div((double) x.size(0));
    }

    /** Mean cosine over all pairs of different rows, exactly: {@code (|sum u|^2 - n) / (n (n - 1))} of the unit vectors u. */
    public static double meanCosine(Tensor x) {
        double n = rows("meanCosine", x, 2).size(0);
        double square = 0;
        for (double s : Similarity.normalise(x.to(DType.F64)).sum(0).toDoubleArray()) square += s * s;
        return (square - n) / (n * (n - 1));
    }

    /**
     * {@code min Z(u) / max Z(u)}, {@code Z(u) = sum exp(u.x)}, over the unit eigenvectors u of {@code X^T X} and, since their signs are arbitrary, their
     * opposites: 1 where the vectors lean nowhere, near 0 where they share a direction. It depends on the scale (Mu and Viswanath 2018, equation 6).
     */
    public static double isotropy(Tensor x) {
        var a = rows("isotropy", x, 1).to(DType.F64);
        var along = a.matmul(Eigen.symmetric(a.transpose().matmul(a)).vectors());
        double least = Double.POSITIVE_INFINITY, most = Double.NEGATIVE_INFINITY;
        for (var each : List.of(along, along.neg())) {
            for (double z : each.logSumExp(0).toDoubleArray()) {
                least = Math.min(least, z);
                most = Math.max(most, z);
            }
        }
        return Math.exp(least - most);
    }

    /**
     * IsoScore: how evenly the variances of the principal components use the space, 1 for all equal, 0 for one alone. The mean plays no part.
     *
     * @see <a href="https://arxiv.org/abs/2108.07344">Rudman, Gillman, Rayne and Eickhoff (2022), IsoScore: Measuring the Uniformity of Embedding Space
     * Utilization</a>
     */
    public static double isoScore(Tensor x) {
        double d = rows("isoScore", x, 2).size(1);
        if (d < 2) throw new ShapeException("isoScore: dimension " + (int) d + "; evenness needs at least 2");
        double[] v = Eigen.symmetric(covariance(x)).values().toDoubleArray();
        double length = 0, gap = 0;
        for (double each : v) length += each * each;
        length = Math.sqrt(length);
        if (length == 0) throw new IllegalArgumentException("isoScore: all rows are the same; there is no variance to share");
        for (double each : v) gap += Math.pow(Math.sqrt(d) * each / length - 1, 2);
        double defect = Math.sqrt(gap) / Math.sqrt(2 * (d - Math.sqrt(d)));
        double used = Math.pow(d - defect * defect * (d - Math.sqrt(d)), 2) / (d * d);
        return (d * used - 1) / (d - 1);
    }

    /**
     * Dimension of the manifold that the rows lie on, from the ratio of the distances to the second and the first neighbour.
     *
     * @see <a href="https://doi.org/10.1038/s41598-017-11873-y">Facco, d'Errico, Rodriguez and Laio (2017)</a>
     */
    public static double intrinsicDimension(Tensor x) {
        return HighDimension.intrinsicDimension(rows("intrinsicDimension", x, 3).to(DType.F64), 2);
    }

    /** How many other rows have each row among their k nearest by cosine; the mean is k. Equals go to the row that stands first. */
    public static int[] occurrences(Tensor x, int k) {
        int n = (int) rows("occurrences", x, 2).size(0);
        if (k < 1 || k >= n)
            throw new IllegalArgumentException("occurrences: k is " + k + " of " + n + " rows; it lies between 1 and one less");
        double[][] unit = Similarity.normalise(x.to(DType.F64)).toRows();
        var nearest = new int[n][];
        Parallel.range(n, 16, (from, to) -> {
            for (int i = (int) from; i < to; i++) nearest[i] = nearest(unit, i, k);
        });
        var counts = new int[n];
        for (int[] each : nearest) for (int j : each) counts[j]++;
        return counts;
    }

    private static int[] nearest(double[][] unit, int i, int k) {
        var rows = new int[k];
        var scores = new double[k];
        int found = 0;
        for (int j = 0; j < unit.length; j++) {
            if (j == i) continue;
            double score = 0;
            for (int c = 0; c < unit[i].length; c++) score += unit[i][c] * unit[j][c];
            if (found == k && score <= scores[k - 1]) continue;
            int at = found < k ? found++ : k - 1;
            for (; at > 0 && scores[at - 1] < score; at--) {
                scores[at] = scores[at - 1];
                rows[at] = rows[at - 1];
            }
            scores[at] = score;
            rows[at] = j;
        }
        return rows;
    }

    /** Skewness of {@link #occurrences}: about 0 where neighbours are mutual, several where hubs have formed. */
    public static double hubness(Tensor x, int k) {
        int[] counts = occurrences(x, k);
        var values = new double[counts.length];
        for (int i = 0; i < values.length; i++) values[i] = counts[i];
        return Descriptive.skewness(values);
    }

    /** Share of rows whose nearest other row by cosine has their label: what a correction does for retrieval. */
    public static double neighbourAgreement(Tensor x, int[] labels) {
        double[][] unit = Similarity.normalise(rows("neighbourAgreement", x, 2).to(DType.F64)).toRows();
        labelled("neighbourAgreement", unit.length, labels);
        int same = 0;
        for (int i = 0; i < unit.length; i++) if (labels[nearest(unit, i, 1)[0]] == labels[i]) same++;
        return (double) same / unit.length;
    }

    /** Mean cosine of two rows with one label less that of two with different labels: in [-2, 2], the larger the tighter the clusters. */
    public static double tightness(Tensor x, int[] labels) {
        double[][] cosines = Similarity.cosines(x.to(DType.F64), x.to(DType.F64)).toRows();
        labelled("tightness", cosines.length, labels);
        double within = 0, between = 0;
        long pairs = 0, others = 0;
        for (int i = 0; i < cosines.length; i++) {
            for (int j = 0; j < i; j++) {
                if (labels[i] == labels[j]) {
                    within += cosines[i][j];
                    pairs++;
                } else {
                    between += cosines[i][j];
                    others++;
                }
            }
        }
        if (pairs == 0 || others == 0)
            throw new IllegalArgumentException("tightness: labels need a pair of the same and a pair of different ones");
        return within / pairs - between / others;
    }

    private static void labelled(String operation, int n, int[] labels) {
        if (labels.length != n) throw new ShapeException(operation + ": " + labels.length + " labels for " + n + " rows");
    }

    /** "from is to to as from2 is to to2". */
    public record AnalogyQuestion(String from, String to, String from2, String to2) {}

    /** Share of questions whose first answer is right; those with a word that the table lacks count as wrong. */
    public static double analogyAccuracy(EmbeddingTable table, Collection<AnalogyQuestion> questions, EmbeddingTable.Analogy by) {
        if (questions.isEmpty()) throw new IllegalArgumentException("analogyAccuracy: no question");
        int right = 0;
        for (var q : questions) {
            if (!table.contains(q.from) || !table.contains(q.to) || !table.contains(q.from2)) continue;
            var answer = table.analogy(q.from, q.to, q.from2, 1, by);
            if (!answer.isEmpty() && answer.getFirst().name().equals(q.to2)) right++;
        }
        return (double) right / questions.size();
    }

    /**
     * A direction that pairs have in common.
     *
     * @param unit mean of their differences, over its length, F64 (dimension)
     * @param consistency mean cosine of the differences with it: 1 where all are parallel, about {@code 1 / sqrt(pairs)} where there is none
     */
    public record ConceptDirection(Tensor unit, double consistency) {}

    /** @param from (pairs, dimension) @param to of the same shape */
    public static ConceptDirection direction(Tensor from, Tensor to) {
        if (from.rank() != 2 || !from.shape().equals(to.shape()))
            throw new ShapeException("direction: " + from.shape() + " and " + to.shape() + "; both are (pairs, dimension)");
        var gaps = to.to(DType.F64).sub(from.to(DType.F64));
        var unit = Similarity.normalise(gaps.mean(0));
        return new ConceptDirection(unit, Similarity.normalise(gaps).matmul(unit).mean().item());
    }
}
