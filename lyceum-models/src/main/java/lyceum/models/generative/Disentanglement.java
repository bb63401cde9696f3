package lyceum.models.generative;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.info.Entropy;
import lyceum.info.MutualInformation;
import lyceum.linalg.Eigen;
import lyceum.optim.Objective;
import lyceum.optim.Proximal;
import lyceum.optim.ProximalGradient;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.LinearProbe;

/**
 * Whether each number of a code says one thing: codes against the known factors that made the data.
 *
 * {@snippet :
 * var sprites = new Sprites(16);
 * int[][] factors = sprites.all();
 * var score = new Disentanglement(vae.encode(sprites.pictures(factors).reshape(-1, 256)), factors);
 * double gap = score.mig(20), sap = score.sap();
 * double[][] importances = score.dci(Disentanglement.lasso(0.01)).importances();
 * }
 *
 * <p>Factors that do not vary do not count. All arithmetic is F64; the scores that learn from drawn data take a {@link World} and a stream.
 *
 * @param codes (n, k)
 * @param factors level of each factor of each row, from 0
 * @see <a href="https://arxiv.org/abs/1811.12359">Locatello and others (2019)</a>
 */
public record Disentanglement(Tensor codes, int[][] factors) {
    private static final double IDLE = 1e-8;

    public Disentanglement {
        if (codes.rank() != 2 || codes.size(0) != factors.length || factors.length < 2 || factors[0].length == 0)
            throw new ShapeException("Disentanglement: codes " + codes.shape() + " and factors of " + factors.length
                    + " rows; (n, k), and n rows of factors, at least 2");
        for (int[] row : factors)
            if (row.length != factors[0].length || Arrays.stream(row).min().getAsInt() < 0) throw new IllegalArgumentException(
                    "Disentanglement: factors " + Arrays.toString(row) + "; " + factors[0].length + " levels from 0");
        codes = codes.detach().to(DType.F64).compute();
        if (codes.isFinite().all().item() == 0) throw new IllegalArgumentException("Disentanglement: codes are not finite");
    }

    /** Of each number of the code (rows) and each factor (columns), in nats, the code cut into bins of equal width. */
    public double[][] mutualInformation(int bins) {
        double[][] columns = codes.transpose().toRows();
        var table = new double[columns.length][factors[0].length];
        for (int j = 0; j < columns.length; j++) {
            int[] binned = evenBins(columns[j], bins);
            for (int f = 0; f < table[j].length; f++) table[j][f] = MutualInformation.of(MutualInformation.table(binned, levels(f)));
        }
        return table;
    }

    private int[] levels(int factor) { return Arrays.stream(factors).mapToInt(row -> row[factor]).toArray(); }

    private double[] values(int factor) { return Arrays.stream(factors).mapToDouble(row -> row[factor]).toArray(); }

    private double entropy(int factor) { return Entropy.of(MutualInformation.table(new int[factors.length], levels(factor))[0]); }

    /** As numpy.histogram cuts: the last bin holds its right edge. */
    private static int[] evenBins(double[] values, int bins) {
        if (bins < 1) throw new IllegalArgumentException("mutualInformation: " + bins + " bins; at least 1");
        double low = Arrays.stream(values).min().orElse(0), high = Arrays.stream(values).max().orElse(0);
        var found = new int[values.length];
        if (high > low) for (int i = 0; i < found.length; i++) {
            int bin = (int) Math.min(bins - 1, (values[i] - low) / (high - low) * bins);
            // The product may round across an edge; the edges themselves decide.
            while (bin > 0 && values[i] < edge(low, high, bin, bins)) bin--;
            while (bin < bins - 1 && values[i] >= edge(low, high, bin + 1, bins)) bin++;
            found[i] = bin;
        }
        return found;
    }

    private static double edge(double low, double high, int bin, int bins) { return low + bin * ((high - low) / bins); }

    /**
     * The mutual information gap: of each factor, how much more its best number of the code tells than the second best, over the factor's entropy; the mean over factors. Plug-in
     * estimates: take 10,000 rows or all combinations.
     *
     * @param bins of equal width, 20 is usual
     * @see <a href="https://arxiv.org/abs/1802.04942">Chen and others (2018)</a>
     */
    public double mig(int bins) {
        double[][] table = mutualInformation(bins);
        return meanGap(table, this::entropy);
    }

    /**
     * Separated attribute predictability: of each factor, how much larger the squared correlation with the best number of the code is than that with the second best; the mean
     * over factors.
     *
     * @see <a href="https://arxiv.org/abs/1711.00848">Kumar, Sattigeri and Balakrishnan (2018)</a>
     */
    public double sap() {
        Tensor z = standardised(codes);
        var table = new double[(int) codes.size(1)][factors[0].length];
        for (int f = 0; f < factors[0].length; f++) {
            double[] r = z.transpose().matmul(standardised(Tensor.of(values(f)).reshape(-1, 1))).div(factors.length).toDoubleArray();
            for (int j = 0; j < r.length; j++) table[j][f] = r[j] * r[j];
        }
        return meanGap(table, f -> entropy(f) > 0 ? 1 : 0);
    }

    /** Columns of mean 0 and deviation 1; those that do not vary are 0. */
    private static Tensor standardised(Tensor x) {
        Tensor off = x.sub(x.mean(0)), deviation = off.square().mean(0).sqrt();
        return deviation.le(IDLE).where(off.zerosLike(), off.div(deviation.maximum(IDLE))).compute();
    }

    private static double meanGap(double[][] table, IntToDoubleFunction scale) {
        double sum = 0;
        int count = 0;
        for (int f = 0; f < table[0].length; f++) {
            double whole = scale.applyAsDouble(f), best = 0, second = 0;
            if (!(whole > 0)) continue;
            for (double[] row : table) {
                second = Math.max(second, Math.min(best, row[f]));
                best = Math.max(best, row[f]);
            }
            sum += (best - second) / whole;
            count++;
        }
        return count == 0 ? 0 : sum / count;
    }

    /** How much each number of a code matters when a factor is told from it. */
    @FunctionalInterface
    public interface Importance {
        /**
         * @param importances of the numbers of the code, at least 0
         * @param error share of the factor's variance that is not told
         */
        record Told(double[] importances, double error) {}

        /** @param z codes (n, k), columns of mean 0 and deviation 1 @param v a factor (n), of mean 0 and deviation 1 */
        Told of(Tensor z, Tensor v);
    }

    /** Absolute coefficients of a lasso, {@code |v - z b|^2 / 2n + alpha |b|_1}. @param alpha above 0 */
    public static Importance lasso(double alpha) {
        if (!(alpha > 0)) throw new IllegalArgumentException("Disentanglement.lasso: alpha is " + alpha + "; above 0");
        return (z, v) -> {
            double n = z.size(0);
            double[][] gram = z.transpose().matmul(z).div(n).toRows();
            double[] along = z.transpose().matmul(v).div(n).toDoubleArray();
            Objective half = (b, gradient) -> {
                double value = 0;
                for (int i = 0; i < b.length; i++) {
                    double sum = 0;
                    for (int j = 0; j < b.length; j++) sum += gram[i][j] * b[j];
                    gradient[i] = sum - along[i];
                    value += b[i] * (sum / 2 - along[i]);
                }
                return value;
            };
            var solver = ProximalGradient.fista(1.0 / along.length).withRestart(ProximalGradient.Restart.GRADIENT).withTolerance(1e-13);
            double[] b = solver.minimize(half, new Proximal.L1(alpha), new double[along.length]).x();
            double error = v.sub(z.matmul(Tensor.of(b))).square().mean().item();
            for (int i = 0; i < b.length; i++) b[i] = Math.abs(b[i]);
            return new Importance.Told(b, error);
        };
    }

    /**
     * Disentanglement, completeness and informativeness.
     *
     * @param disentanglement 1 where each number of the code matters for one factor only; weighted by how much it matters
     * @param completeness 1 where each factor is told by one number only
     * @param error mean share of a factor's variance that is not told
     * @param importances of numbers of the code (rows) for factors (columns)
     */
    public record Dci(double disentanglement, double completeness, double error, double[][] importances) {}

    /** By any learner's importances. @see <a href="https://openreview.net/forum?id=By-7dz-AZ">Eastwood and Williams (2018)</a> */
    public Dci dci(Importance importance) {
        Objects.requireNonNull(importance, "importance");
        Tensor z = standardised(codes);
        int k = (int) codes.size(1), all = factors[0].length, count = 0;
        var table = new double[k][all];
        double error = 0;
        for (int f = 0; f < all; f++) {
            if (entropy(f) == 0) continue;
            var told = importance.of(z, standardised(Tensor.of(values(f)).reshape(-1, 1)).reshape(-1));
            for (int j = 0; j < k; j++) table[j][f] = told.importances()[j];
            error += told.error();
            count++;
        }
        var turned = new double[all][k];
        for (int j = 0; j < k; j++) for (int f = 0; f < all; f++) turned[f][j] = table[j][f];
        return new Dci(purity(table, count), purity(turned, k), count == 0 ? 1 : error / count, table);
    }

    /** Mean over rows, by their sums, of 1 less the entropy of the row in units of ln n. */
    private static double purity(double[][] table, int n) {
        double total = 0, pure = 0;
        for (double[] row : table) {
            double sum = Arrays.stream(row).sum();
            total += sum;
            if (sum > 0) pure += sum * (1 - (n < 2 ? 0 : Entropy.of(row) / Math.log(n)));
        }
        return total == 0 ? 0 : pure / total;
    }

    /**
     * Of codes (n, k), in nats, if they were normal: {@code (sum ln var_j - ln det cov) / 2}, 0 for uncorrelated ones. Numbers that do not vary are left out.
     *
     * @see <a href="https://doi.org/10.1147/rd.41.0066">Watanabe (1960)</a>
     */
    public static double totalCorrelation(Tensor codes) {
        if (codes.rank() != 2) throw new ShapeException("totalCorrelation: codes " + codes.shape() + "; (n, k)");
        Tensor z = standardised(codes.detach().to(DType.F64));
        double[] varies = z.square().mean(0).toDoubleArray();
        int[] used = IntStream.range(0, varies.length).filter(j -> varies[j] > 0).toArray();
        if (used.length < 2) return 0;
        z = z.transpose().rows(used);
        double sum = 0;
        for (double law : Eigen.symmetricValues(z.matmul(z.transpose()).div(z.size(1))).toDoubleArray()) sum += Math.log(Math.max(0, law));
        return -sum / 2;
    }

    /**
     * The same model with its codes turned: the same data from a spherical prior, and other axes. What tells that no likelihood finds the axes.
     *
     * @param rotation (k, k), orthogonal
     */
    public static LatentModel rotated(LatentModel model, Tensor rotation) {
        var off = Autograd
                .noGrad(() -> rotation.matmul(rotation.transpose()).sub(Tensor.eye(rotation.dtype(), rotation.size(0))).abs().max());
        if (!(off.item() < 1e-5))
            throw new IllegalArgumentException("Disentanglement.rotated: the matrix is not orthogonal, off by " + off.item());
        return new LatentModel() {
            @Override public Tensor encode(Tensor x) { return Autograd.noGrad(() -> model.encode(x).matmul(rotation).compute()); }

            @Override public Tensor decode(Tensor z) {
                return model.decode(Autograd.noGrad(() -> z.matmul(rotation.transpose()).compute()));
            }
        };
    }

    /**
     * Where data of chosen factors come from.
     *
     * @param levels of each factor
     * @param codes of rows of factors, (n, k)
     */
    public record World(int[] levels, Function<int[][], Tensor> codes) {
        /** Pictures of factors through a model's encoder. */
        public static World of(int[] levels, Function<int[][], Tensor> data, LatentModel model) {
            return new World(levels, factors -> model.encode(data.apply(factors)));
        }

        private int[] varying() { return IntStream.range(0, levels.length).filter(f -> levels[f] > 1).toArray(); }

        private int[] any(Rng rng) { return Arrays.stream(levels).map(rng::nextInt).toArray(); }
    }

    /**
     * Higgins's score: how often a linear classifier tells, from the mean absolute difference of codes of pairs that share one factor, which it is. Half of the votes teach it, half are
     * asked.
     *
     * @param votes at least 2 a factor
     * @param pairs of a vote
     * @see <a href="https://openreview.net/forum?id=Sy2fzU9gl">Higgins and others (2017)</a>
     */
    public static double betaVaeScore(World world, int votes, int pairs, Rng rng) {
        int[] varying = world.varying();
        requireVotes(varying, votes, pairs);
        var data = new int[2 * votes * pairs][];
        var fixed = new long[votes];
        for (int v = 0; v < votes; v++) {
            fixed[v] = v % varying.length;
            for (int p = 0; p < 2 * pairs; p += 2) {
                int at = 2 * v * pairs + p, factor = varying[(int) fixed[v]];
                data[at] = world.any(rng);
                data[at + 1] = world.any(rng);
                data[at + 1][factor] = data[at][factor];
            }
        }
        Tensor z = world.codes.apply(data).detach().to(DType.F64), two = z.reshape(votes, pairs, 2, -1);
        Tensor apart = two.select(2, 0).sub(two.select(2, 1)).abs().mean(1).compute(), y = Tensor.of(fixed);
        long half = votes / 2;
        return LinearProbe.fit(apart.narrow(0, 0, half), y.narrow(0, 0, half)).accuracy(apart.narrow(0, half, votes - half),
                y.narrow(0, half, votes - half));
    }

    /**
     * Kim and Mnih's score: where one factor is held, the number of the code that varies least, against its variance in all data, votes for it; how often the majority is right. Half of the
     * votes make the majorities, half are asked.
     *
     * @param votes at least 2 a factor
     * @param rows of a vote
     * @see <a href="https://arxiv.org/abs/1802.05983">Kim and Mnih (2018)</a>
     */
    public static double factorVaeScore(World world, int votes, int rows, Rng rng) {
        int[] varying = world.varying();
        requireVotes(varying, votes, rows);
        var data = new int[votes * rows][];
        for (int v = 0; v < votes; v++) {
            int factor = varying[v % varying.length], level = rng.nextInt(world.levels[factor]);
            for (int r = 0; r < rows; r++) {
                data[v * rows + r] = world.any(rng);
                data[v * rows + r][factor] = level;
            }
        }
        Tensor z = world.codes.apply(data).detach().to(DType.F64);
        double[] all = z.var(0).toDoubleArray();
        double[][] own = z.reshape(votes, rows, -1).var(1).toRows();
        var counts = new int[all.length][varying.length];
        int right = 0;
        for (int v = 0; v < votes; v++) {
            int least = -1;
            for (int j = 0; j < all.length; j++)
                if (all[j] > IDLE && (least < 0 || own[v][j] / all[j] < own[v][least] / all[least])) least = j;
            if (least < 0) return 0; // nothing varies
            int factor = v % varying.length;
            if (v < votes / 2) counts[least][factor]++;
            else if (counts[least][factor] > 0 && counts[least][factor] == Arrays.stream(counts[least]).max().getAsInt()) right++;
        }
        return (double) right / (votes - votes / 2);
    }

    private static void requireVotes(int[] varying, int votes, int rows) {
        if (varying.length == 0 || votes < 2 * varying.length || rows < 2) throw new IllegalArgumentException("Disentanglement: " + votes
                + " votes of " + rows + " for " + varying.length + " factors that vary; at least 2 a factor, and 2");
    }
}
