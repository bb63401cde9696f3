package lyceum.train;

import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Whether an encoder's outputs have collapsed, how, and what helps.
 *
 * {@snippet :
 * var report = CollapseDiagnostics.of(encoder.forward(x));
 * if (report.kind() != CollapseDiagnostics.Kind.HEALTHY) System.out.println(report);
 * var quantised = CollapseDiagnostics.of(embeddings, codebook);
 * }
 *
 * <p>Measured on the rows as they are, and on the rows minus their mean where the name says centred. The kind is the first that applies:
 * COMPLETE, if deviations are below 5% of the rows' root-mean-square length; CODEBOOK, if a codebook is given and less than a quarter of its codes is used
 * (with at least four rows for each code); CLUSTER, if the rows are at most 16 points and at most a twentieth of their number, up to a tenth of their spread;
 * DIMENSIONAL, if the centred effective rank is below a quarter of what it could be; else HEALTHY.
 *
 * @param kind of collapse
 * @param deviations standard deviation of each dimension
 * @param spread root of their summed squares over the root-mean-square length of rows: 0 for equal rows
 * @param spectrum centred singular values, descending
 * @param effectiveRank exp of the entropy of the normalised uncentred singular values (RankMe)
 * @param centredRank the same of the centred ones
 * @param meanCosine of all pairs of different rows; NaN if a row is zero
 * @param points that stand for all rows up to a tenth of the spread; 17 if there are more than 16
 * @param perplexity exp of the entropy of the codes' frequencies; NaN without a codebook
 * @param deadCodes codes that no row uses; -1 without a codebook
 * @see <a href="https://doi.org/10.5281/zenodo.40547">Roy and Vetterli (2007), for the effective rank</a>
 * @see <a href="https://arxiv.org/abs/2210.02885">Garrido, Balestriero, Najman and LeCun (2023), for RankMe</a>
 */
public record CollapseDiagnostics(Kind kind, double[] deviations, double spread, double[] spectrum, double effectiveRank,
        double centredRank, double meanCosine, int points, double perplexity, int deadCodes) {

    /** Kinds of collapse, with what helps. */
    public enum Kind {
        HEALTHY("nothing to mend"), COMPLETE("a variance floor, or stop-gradient and a predictor: every input gets the same vector"),
        DIMENSIONAL("a covariance penalty or whitening, or another projector: few directions vary"),
        CLUSTER("balanced assignments, or centring of the teacher: only a handful of vectors occur"),
        CODEBOOK("restart dead codes at data, or moving-average codes: most codes are never chosen");

        private final String remedy;

        Kind(String remedy) { this.remedy = remedy; }

        /** What is tried first. */
        public String remedy() { return remedy; }
    }

    private static final int FEW = 16;

    /** Of rows (n, d), at least two. */
    public static CollapseDiagnostics of(Tensor rows) { return of(rows, null); }

    /** @param codebook (codes, d); each row uses the nearest one. Null for none */
    public static CollapseDiagnostics of(Tensor rows, Tensor codebook) {
        if (rows.rank() != 2 || rows.size(0) < 2 || codebook != null && (codebook.rank() != 2 || codebook.size(1) != rows.size(1)))
            throw new ShapeException(
                    "CollapseDiagnostics: rows " + rows.shape() + (codebook == null ? "" : ", codebook " + codebook.shape())
                            + "; they are (n, d) with n at least 2" + (codebook == null ? "" : ", and (codes, d)"));
        return Autograd
                .noGrad(() -> measured(rows.detach().to(DType.F64).compute(), codebook == null ? null : codebook.detach().to(DType.F64)));
    }

    private static CollapseDiagnostics measured(Tensor z, Tensor codebook) {
        if (!z.isFinite().all().toBooleanArray()[0]) throw new IllegalArgumentException("CollapseDiagnostics: a value is not finite");
        long n = z.size(0);
        var centred = z.sub(z.mean(0, true)).compute();
        var deviations = centred.square().mean(0).sqrt().toDoubleArray();
        double length = Math.sqrt(z.square().sum().item() / n), moved = Math.sqrt(centred.square().sum().item() / n);
        double spread = length == 0 ? 0 : moved / length;
        double[] spectrum = Svd.values(centred).toDoubleArray();
        double centredRank = effectiveRank(spectrum), possible = Math.min(n - 1, z.size(1));
        int points = points(centred.toRows(), 0.1 * moved);
        long[] counts = codebook == null ? null : counts(z, codebook);
        int dead = -1;
        if (counts != null) {
            dead = 0;
            for (long c : counts) if (c == 0) dead++;
        }
        Kind kind;
        if (spread < 0.05) kind = Kind.COMPLETE;
        else if (counts != null && n >= 4L * counts.length && counts.length - dead < 0.25 * counts.length) kind = Kind.CODEBOOK;
        else if (points <= FEW && points <= n / 20) kind = Kind.CLUSTER;
        else if (centredRank < 0.25 * possible) kind = Kind.DIMENSIONAL;
        else kind = Kind.HEALTHY;
        return new CollapseDiagnostics(kind, deviations, spread, spectrum, effectiveRank(Svd.values(z).toDoubleArray()), centredRank,
                meanCosine(z), points, counts == null ? Double.NaN : perplexity(counts), dead);
    }

    /** {@code exp(-sum p ln p)} of the singular values divided by their sum; 0 if all are 0. */
    public static double effectiveRank(double... singularValues) {
        double sum = 0, entropy = 0;
        for (double s : singularValues) {
            if (!(s >= 0)) throw new IllegalArgumentException("effectiveRank: a singular value is " + s + "; it is at least 0");
            sum += s;
        }
        if (sum == 0) return 0;
        for (double s : singularValues) if (s > 0) entropy -= s / sum * Math.log(s / sum);
        return Math.exp(entropy);
    }

    /** {@code exp(-sum p ln p)} of the codes' frequencies: how many codes are in even use. */
    public static double perplexity(long... counts) {
        var sizes = new double[counts.length];
        for (int i = 0; i < sizes.length; i++) sizes[i] = counts[i];
        double perplexity = effectiveRank(sizes);
        if (perplexity == 0) throw new IllegalArgumentException("perplexity: no code is used");
        return perplexity;
    }

    /** How many rows are nearest to each code. */
    public static long[] counts(Tensor rows, Tensor codebook) {
        var counts = new long[(int) codebook.size(0)];
        for (long code : codes(rows, codebook)) counts[(int) code]++;
        return counts;
    }

    private static long[] codes(Tensor rows, Tensor codebook) {
        return rows.matmul(codebook.transpose()).mul(2).sub(codebook.square().sum(1)).argmax(1).toLongArray();
    }

    /** All pairs at once: the sum of unit rows, squared, is n plus twice the sum of their cosines. */
    private static double meanCosine(Tensor z) {
        double n = z.size(0);
        var unit = z.div(z.square().sum(1, true).sqrt());
        return (unit.sum(0).square().sum().item() - n) / (n * (n - 1));
    }

    /** Rows that stand for all others up to a radius, found in order; one more than FEW if there are more. */
    private static int points(double[][] rows, double radius) {
        var found = new double[FEW][];
        int size = 0;
        for (var row : rows) {
            boolean near = false;
            for (int k = 0; k < size && !near; k++) {
                double sum = 0;
                for (int i = 0; i < row.length; i++) sum += (row[i] - found[k][i]) * (row[i] - found[k][i]);
                near = sum <= radius * radius;
            }
            if (near) continue;
            if (size == FEW) return FEW + 1;
            found[size++] = row;
        }
        return size;
    }

    /** Remedy of complete collapse (VICReg's variance term, Bardes et al. 2022): {@code mean over dimensions of max(0, floor - sqrt(var + 1e-4))}. */
    public static Tensor variancePenalty(Tensor rows, double floor) {
        return rows.var(0, false).add(1e-4).sqrt().rsub(floor).relu().mean();
    }

    /** Remedy of dimensional collapse (VICReg's covariance term): the sum of squared covariances of different dimensions, over d. */
    public static Tensor covariancePenalty(Tensor rows) {
        long n = rows.size(0), d = rows.size(1);
        var centred = rows.sub(rows.mean(0, true));
        var covariance = centred.transpose().matmul(centred).div(n - 1.0);
        return covariance.square().sum().sub(covariance.diagonal().square().sum()).div((double) d);
    }

    /**
     * Remedy of codebook collapse: a codebook in which each code that no row uses stands at a row instead, rows far from their code first (as k-means++ draws,
     * with a chance in proportion to the squared distance).
     */
    public static Tensor restartDeadCodes(Tensor codebook, Tensor rows, Rng rng) {
        var counts = counts(rows, codebook);
        double[][] codes = codebook.toRows(), data = rows.toRows();
        var distance = new double[data.length];
        long[] used = codes(rows, codebook);
        for (int i = 0; i < data.length; i++) distance[i] = squared(data[i], codes[(int) used[i]]);
        for (int c = 0; c < codes.length; c++) {
            if (counts[c] > 0) continue;
            double sum = 0;
            for (double d : distance) sum += d;
            double left = rng.nextDouble() * sum;
            int chosen = 0;
            while (chosen < data.length - 1 && (left -= distance[chosen]) >= 0) chosen++;
            codes[c] = data[chosen].clone();
            for (int i = 0; i < data.length; i++) distance[i] = Math.min(distance[i], squared(data[i], codes[c]));
        }
        return Tensor.of(codes).to(codebook.dtype()).compute();
    }

    private static double squared(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }

    /** For a {@link Trainer}: diagnoses held-out embeddings at the end of each epoch. */
    public static Trainer.Listener listener(Supplier<Tensor> embeddings, Consumer<CollapseDiagnostics> trace) {
        return (run, epoch) -> trace.accept(of(embeddings.get()));
    }

    @Override public String toString() {
        return String.format(Locale.ROOT, "%s: %s (spread %.3g, effective rank %.3g of %d, centred %.3g, mean cosine %.3f%s)", kind,
                kind.remedy(), spread, effectiveRank, deviations.length, centredRank, meanCosine,
                deadCodes < 0 ? "" : String.format(Locale.ROOT, ", code perplexity %.3g, %d dead", perplexity, deadCodes));
    }
}
