package lyceum.learn.conformal;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.learn.selection.FoldScheme;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;

/**
 * Wraps any model so that, with probability at least {@code 1 - alpha}, the truth of a new row lies in what it puts out. The only assumption is that the
 * new row and the calibrating ones are exchangeable; the model may be bad, and then intervals are wide.
 *
 * {@snippet :
 * var rng = Rng.of(1);
 * var x = Tensor.randn(rng, 300, 2);
 * var y = x.select(1, 0).add(Tensor.randn(rng, 300));
 * var model = new LinearRegression().fit(x.narrow(0, 0, 100), y.narrow(0, 0, 100));
 * var conformal = ConformalPredictor.split(model, x.narrow(0, 100, 200), y.narrow(0, 100, 200));
 * var intervals = conformal.intervals(Tensor.randn(rng, 10, 2), 0.1);                // 90%
 * intervals.low();
 * }
 *
 * <p>The promise is an average over calibration sets and over rows: with n calibrating rows the coverage at hand is a draw from Beta(n + 1 - l, l),
 * {@code l = floor((n + 1) alpha)}. Nothing may be tuned on the calibrating rows.
 *
 * @see <a href="https://arxiv.org/abs/1604.04173">Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2018)</a>; <a href="https://arxiv.org/abs/2107.07511">Angelopoulos and
 *      Bates (2021)</a>
 */
public final class ConformalPredictor {
    private ConformalPredictor() {}

    /**
     * Bands of constant width around a regression, from the sizes of its errors on rows that it was not fitted to.
     *
     * @param x rows to calibrate on
     * @param y their targets (n)
     */
    public static SplitIntervals split(RegressionModel model, Tensor x, Tensor y) { return SplitIntervals.of(model, model, null, x, y); }

    /** Bands whose width follows a model of the size of errors, which must predict positive numbers. */
    public static SplitIntervals normalised(RegressionModel model, RegressionModel spread, Tensor x, Tensor y) {
        return SplitIntervals.of(model, model, spread, x, y);
    }

    /**
     * Conformalised quantile regression: the band between two models of quantiles, widened or narrowed by one number.
     *
     * @see <a href="https://arxiv.org/abs/1905.03222">Romano, Patterson and Candès (2019)</a>
     */
    public static SplitIntervals quantiles(RegressionModel low, RegressionModel high, Tensor x, Tensor y) {
        return SplitIntervals.of(low, high, null, x, y);
    }

    /**
     * Sets of labels.
     *
     * @param labels of the model's classes (n)
     * @param seed of the draws by which {@link LabelScore#adaptive adaptive} scores break ties
     */
    public static SplitSets sets(ClassificationModel model, LabelScore score, Tensor x, Tensor labels, long seed) {
        return SplitSets.of(model, score, x, labels, seed);
    }

    /**
     * Jackknife+ for {@link lyceum.learn.selection.LeaveOneOut}, CV+ for other folds: every row both trains and calibrates, at the price of a fit a fold. Promises {@code 1 - 2 alpha}
     * and usually keeps {@code 1 - alpha}.
     *
     * @param scheme tests each row once
     * @see <a href="https://arxiv.org/abs/1905.02928">Barber, Candès, Ramdas and Tibshirani (2021)</a>
     */
    public static CrossIntervals cross(Regressor learner, FoldScheme scheme, Tensor x, Tensor y) {
        checkTargets("ConformalPredictor.cross", x, y);
        int n = (int) x.size(0);
        var models = new ArrayList<RegressionModel>();
        var fold = new int[n];
        Arrays.fill(fold, -1);
        var errors = new double[n];
        double[] truth = y.toDoubleArray();
        for (var part : scheme.folds(n)) {
            var model = learner.fit(x.rows(part.train()), y.rows(part.train()));
            double[] predicted = model.predict(x.rows(part.test())).toDoubleArray();
            for (int i = 0; i < part.test().length; i++) {
                int row = part.test()[i];
                if (fold[row] >= 0)
                    throw new IllegalArgumentException("ConformalPredictor.cross: row " + row + " is tested twice; each is tested once");
                fold[row] = models.size();
                errors[row] = Math.abs(truth[row] - predicted[i]);
            }
            models.add(model);
        }
        for (int row = 0; row < n; row++)
            if (fold[row] < 0)
                throw new IllegalArgumentException("ConformalPredictor.cross: row " + row + " is not tested; each is tested once");
        return new CrossIntervals(models, fold, errors);
    }

    /**
     * Full conformal prediction: all rows train and calibrate, by fits that hold the new row with each value it might have. For learners whose predictions are linear in
     * y (least squares, ridge, nearest neighbours), where three fits a new row tell all of them.
     */
    public static FullIntervals full(Regressor learner, Tensor x, Tensor y) {
        checkTargets("ConformalPredictor.full", x, y);
        return new FullIntervals(learner, x, y);
    }

    /** The same for labels: as many fits a new row as there are classes. A label's score is one less its probability. */
    public static FullSets full(Classifier learner, Tensor x, Tensor labels) { return FullSets.of(learner, x, labels); }

    static void checkTargets(String operation, Tensor x, Tensor y) {
        if (x.rank() != 2 || y.rank() != 1 || y.size(0) != x.size(0) || x.size(0) == 0) throw new ShapeException(
                operation + ": x has shape " + x.shape() + " and y " + y.shape() + "; they are (n x p) and (n), n at least 1");
    }

    /** {@code floor((n + 1) alpha)}: how many of n + 1 ranks are given up; rounding of alpha must not cost one. */
    static int givenUp(int n, double alpha) {
        if (!(alpha > 0 && alpha < 1))
            throw new IllegalArgumentException("conformal: alpha is " + alpha + "; it lies between 0 and 1, such as 0.1");
        return (int) Math.floor((n + 1) * alpha * (1 + 1e-12));
    }
}
