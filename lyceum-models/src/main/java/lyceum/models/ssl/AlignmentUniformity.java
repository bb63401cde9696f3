package lyceum.models.ssl;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.Similarity;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Where contrast leads on the sphere: partners near each other, {@code E |x - y|^alpha}, and everybody spread, {@code log E exp(-t |x - x'|^2)}. Both are
 * lower when better, measures of any encoder and a loss for one.
 *
 * {@snippet :
 * var measure = new AlignmentUniformity();
 * double near = measure.alignment(x, y).item(), spread = measure.uniformity(x).item();     // of unit rows
 * var learner = new TwoViewLearner(network, 64, measure, ViewHeads.of(64), rng);            // learns by them
 * }
 *
 * <p>Uniformity is over pairs of different rows; from few rows it falls below what a whole sphere has, about {@code -2 t} where there are many coordinates. It
 * means nothing for rows that are not of unit length: a loss normalises them, the measures take them as they are.
 *
 * @param alpha power of the distance of partners, above 0
 * @param t sharpness of the Gaussian, above 0
 * @param alignmentWeight in the loss
 * @param uniformityWeight in the loss, for the mean of both views' uniformity
 * @see <a href="https://arxiv.org/abs/2005.10242">Wang and Isola (2020)</a>
 */
@Withers
public record AlignmentUniformity(double alpha, double t, double alignmentWeight, double uniformityWeight)
        implements AlignmentUniformityWithers, ViewObjective {
    public AlignmentUniformity {
        if (!(alpha > 0 && t > 0))
            throw new IllegalArgumentException("AlignmentUniformity: alpha " + alpha + ", t " + t + "; both are above 0");
        if (!(alignmentWeight >= 0 && uniformityWeight >= 0)) throw new IllegalArgumentException(
                "AlignmentUniformity: weights " + alignmentWeight + ", " + uniformityWeight + "; they are at least 0");
    }

    /** Alpha 2, t 2, weights of 1. */
    public AlignmentUniformity() { this(2, 2, 1, 1); }

    /** {@code mean |x_i - y_i|^alpha} of partners (n, d). */
    public Tensor alignment(Tensor x, Tensor y) {
        BarlowTwins.requirePairs("AlignmentUniformity.alignment", x, y, 1);
        var squares = x.sub(y).square().sum(1);
        if (alpha == 2) return squares.mean();
        var same = squares.eq(0); // the root's slope is infinite there
        return same.where(squares.zerosLike(), same.where(squares.onesLike(), squares).pow(alpha / 2)).mean();
    }

    /** {@code log mean exp(-t |x_i - x_j|^2)} over pairs of different rows of (n, d), n at least 2. */
    public Tensor uniformity(Tensor x) {
        BarlowTwins.requirePairs("AlignmentUniformity.uniformity", x, x, 2);
        long n = x.size(0);
        var squares = x.square().sum(1);
        var distances = squares.unsqueeze(1).add(squares).sub(x.matmul(x.transpose()).mul(2));
        var pairs = distances.mul(-t).maskedFill(Tensor.eye(DType.F32, n).gt(0), Double.NEGATIVE_INFINITY);
        return pairs.flatten().logSumExp(0).sub(Math.log(n * (n - 1.0)));
    }

    @Override public Tensor loss(Outputs seen) {
        Tensor x = Similarity.normalise(seen.first()), y = Similarity.normalise(seen.second());
        return alignment(x, y).mul(alignmentWeight).add(uniformity(x).add(uniformity(y)).mul(uniformityWeight / 2));
    }

    /**
     * What InfoNCE less {@code log m} tends to as its m negatives grow, {@code -E x.y / T + E_x log E_y' exp(x.y' / T)}: of queries and their keys (n, d),
     * unit rows, with negatives from all keys.
     */
    public static double limit(Tensor queries, Tensor keys, double temperature) {
        double[][] s = similarities("limit", queries, keys, temperature);
        double sum = 0;
        for (int i = 0; i < s.length; i++) {
            double mean = 0;
            for (double v : s[i]) mean += Math.exp(v) / s.length;
            sum += Math.log(mean) - s[i][i];
        }
        return sum / s.length;
    }

    /**
     * How far from it InfoNCE is: {@code InfoNCE - log m - limit}, for each number m of negatives. Each query draws its own negatives, keys with
     * replacement, anew in each of the draws.
     *
     * @param draws over which the loss is averaged, beside the queries
     */
    public static double[] excess(Tensor queries, Tensor keys, double temperature, int[] negatives, int draws, Rng rng) {
        if (draws < 1 || Arrays.stream(negatives).anyMatch(m -> m < 1)) throw new IllegalArgumentException(
                "AlignmentUniformity.excess: " + draws + " draws of " + Arrays.toString(negatives) + " negatives; at least one of each");
        double[][] s = similarities("excess", queries, keys, temperature);
        double limit = limit(queries, keys, temperature);
        int n = s.length;
        for (double[] row : s) for (int j = 0; j < n; j++) row[j] = Math.exp(row[j]);
        var gaps = new double[negatives.length];
        for (int k = 0; k < gaps.length; k++) {
            double sum = 0;
            for (int draw = 0; draw < draws; draw++) for (int i = 0; i < n; i++) {
                double all = s[i][i];
                for (int j = 0; j < negatives[k]; j++) all += s[i][rng.nextInt(n)];
                sum += Math.log(all / s[i][i] / negatives[k]);
            }
            gaps[k] = sum / draws / n - limit;
        }
        return gaps;
    }

    private static double[][] similarities(String operation, Tensor queries, Tensor keys, double temperature) {
        BarlowTwins.requirePairs("AlignmentUniformity." + operation, queries, keys, 1);
        if (!(temperature > 0))
            throw new IllegalArgumentException("AlignmentUniformity." + operation + ": temperature is " + temperature + "; it is above 0");
        return queries.detach().to(DType.F64).matmul(keys.detach().to(DType.F64).transpose()).div(temperature).toRows();
    }
}
