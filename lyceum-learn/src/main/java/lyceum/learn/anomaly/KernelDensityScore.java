package lyceum.learn.anomaly;

import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * Sparse: minus the log of the kernel density {@code mean_i exp(-|x - x_i|^2 / 2 h^2) / (h sqrt(2 pi))^p}. Follows any shape in few columns; time
 * {@code O(n)} a row. A training row is scored without its own kernel.
 *
 * @param bandwidth h in the unit of the columns, above 0; {@code NaN} takes Scott's {@code n^(-1 / (p + 4))} times the root of the mean variance
 * @see <a href="https://doi.org/10.1002/9780470316849">Scott (1992), Multivariate Density Estimation</a>
 */
public record KernelDensityScore(double bandwidth) implements AnomalyScorer {
    public KernelDensityScore {
        if (!(bandwidth > 0) && !Double.isNaN(bandwidth)) throw new IllegalArgumentException(
                "KernelDensityScore: bandwidth is " + bandwidth + "; it is above 0, or NaN for Scott's rule");
    }

    /** Scott's rule. */
    public KernelDensityScore() { this(Double.NaN); }

    @Override public Fitted fit(Tensor x) {
        var rows = LearnerInput.forFit(this, x).x().to(DType.F64).compute();
        if (rows.size(0) < 2) throw new IllegalArgumentException("KernelDensityScore.fit: x has 1 row; at least 2 are needed");
        double h = bandwidth;
        if (Double.isNaN(h)) {
            double spread = Math.sqrt(rows.sub(rows.mean(0)).square().mean().item());
            h = spread == 0 ? 1 : spread * Math.pow(rows.size(0), -1.0 / (rows.size(1) + 4));
        }
        double[][] all = rows.toRows();
        return new Fitted(rows, h, Tensor.of(scores(all, all, h, true)));
    }

    private static double[] scores(double[][] queries, double[][] rows, double h, boolean leaveOut) {
        int p = rows[0].length;
        double constant = Math.log(rows.length - (leaveOut ? 1 : 0)) + p * (Math.log(h) + 0.5 * Math.log(2 * Math.PI));
        var out = new double[queries.length];
        Parallel.range(queries.length, 8, (from, to) -> {
            var squares = new double[rows.length];
            for (int i = (int) from; i < to; i++) {
                double least = Double.POSITIVE_INFINITY, sum = 0;
                for (int j = 0; j < rows.length; j++) {
                    double square = 0;
                    for (int c = 0; c < p; c++) square += (queries[i][c] - rows[j][c]) * (queries[i][c] - rows[j][c]);
                    squares[j] = leaveOut && i == j ? Double.POSITIVE_INFINITY : square;
                    least = Math.min(least, squares[j]);
                }
                for (double square : squares) sum += Math.exp((least - square) / (2 * h * h));
                out[i] = constant + least / (2 * h * h) - Math.log(sum);
            }
        });
        return out;
    }

    /** @param bandwidth that was used */
    public record Fitted(Tensor rows, double bandwidth, Tensor trainingScores) implements ScoringModel {
        @Override public int nFeatures() { return (int) rows.size(1); }

        @Override public Tensor scores(Tensor x) {
            var queries = LearnerInput.forModel(this, x).x();
            return Tensor.of(KernelDensityScore.scores(queries.toRows(), rows.toRows(), bandwidth, false));
        }
    }
}
