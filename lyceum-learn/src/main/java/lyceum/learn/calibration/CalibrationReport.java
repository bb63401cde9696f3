package lyceum.learn.calibration;

import java.util.Locale;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.learn.metrics.BrierDecomposition;
import lyceum.learn.metrics.ScoringRules;
import lyceum.math.Incomplete;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.prob.ChiSquare;
import lyceum.random.Rng;
import lyceum.stats.Bootstrap;
import lyceum.stats.ResamplingPlan;
import lyceum.stats.TestResult;
import lyceum.tensor.Tensor;

/**
 * Do probabilities come true? Of the rows said to be 70%, seven in ten should.
 *
 * {@snippet :
 * double[] said = {0.1, 0.3, 0.3, 0.6, 0.8, 0.9};
 * boolean[] came = {false, false, true, false, true, true};
 * var report = CalibrationReport.of(came, said);
 * report.ece();
 * report.groupedTest(3).pValue();
 * System.out.println(report);
 * }
 *
 * <p>Binned estimates depend on the number of bins, and are too large on few rows; say both when quoting them.
 *
 * @param truth what came
 * @param probabilities of true, in [0, 1]
 * @param bins for all that is binned, 15 by default
 * @see <a href="https://arxiv.org/abs/1706.04599">Guo, Pleiss, Sun and Weinberger (2017)</a>
 */
public record CalibrationReport(boolean[] truth, double[] probabilities, int bins) {
    public CalibrationReport {
        if (truth.length != probabilities.length || truth.length == 0)
            throw new ShapeException("CalibrationReport: " + truth.length + " labels and " + probabilities.length + " probabilities");
        for (int i = 0; i < truth.length; i++)
            if (!(probabilities[i] >= 0 && probabilities[i] <= 1)) throw new IllegalArgumentException(
                    "CalibrationReport: probability " + i + " is " + probabilities[i] + "; it lies between 0 and 1");
        if (bins < 1) throw new IllegalArgumentException("CalibrationReport: " + bins + " bins; at least 1, usually 10 or 15");
    }

    /** A yes or no, in 15 bins. */
    public static CalibrationReport of(boolean[] truth, double[] probabilities) { return new CalibrationReport(truth, probabilities, 15); }

    /**
     * Of the class that a model names, whether it is right as often as the model says. Two classes included, where it never says less than 1/2.
     *
     * @param truth class numbers (n)
     * @param probabilities (n x classes)
     */
    public static CalibrationReport ofTopClass(Tensor truth, Tensor probabilities) {
        var rows = rows(truth, probabilities);
        int[] classes = truth.toIntArray();
        var right = new boolean[rows.length];
        var confidence = new double[rows.length];
        for (int i = 0; i < rows.length; i++) {
            int top = 0;
            for (int c = 1; c < rows[i].length; c++) if (rows[i][c] > rows[i][top]) top = c;
            right[i] = top == classes[i];
            confidence[i] = rows[i][top];
        }
        return of(right, confidence);
    }

    /** Of one class against the rest. */
    public static CalibrationReport ofClass(Tensor truth, Tensor probabilities, int c) {
        var rows = rows(truth, probabilities);
        int[] classes = truth.toIntArray();
        if (c < 0 || rows.length > 0 && c >= rows[0].length)
            throw new IllegalArgumentException("CalibrationReport: class " + c + "; there are " + probabilities.size(1));
        var came = new boolean[rows.length];
        var p = new double[rows.length];
        for (int i = 0; i < p.length; i++) {
            came[i] = classes[i] == c;
            p[i] = rows[i][c];
        }
        return of(came, p);
    }

    /** The mean over classes of each one's error against the rest (Nixon and others 2019). */
    public static double classwiseEce(Tensor truth, Tensor probabilities, int bins) {
        rows(truth, probabilities);
        double sum = 0;
        int k = (int) probabilities.size(1);
        for (int c = 0; c < k; c++) sum += ofClass(truth, probabilities, c).withBins(bins).ece();
        return sum / k;
    }

    private static double[][] rows(Tensor truth, Tensor probabilities) {
        if (truth.rank() != 1 || probabilities.rank() != 2 || truth.size(0) != probabilities.size(0))
            throw new ShapeException("CalibrationReport: probabilities " + probabilities.shape() + " for truth " + truth.shape());
        return probabilities.to(DType.F64).toRows();
    }

    public CalibrationReport withBins(int bins) { return new CalibrationReport(truth, probabilities, bins); }

    /** The curve in bins of equal width. */
    public ReliabilityBins uniform() { return ReliabilityBins.uniform(truth, probabilities, bins); }

    /** The curve in bins of about equal mass. */
    public ReliabilityBins quantile() { return ReliabilityBins.quantile(truth, probabilities, bins); }

    /** Expected calibration error, in bins of equal width. */
    public double ece() { return uniform().expectedError(); }

    /** The largest gap of a bin of equal width; often one with few rows. */
    public double mce() { return uniform().maximumError(); }

    /** Expected calibration error in bins of equal mass. */
    public double adaptiveEce() { return quantile().expectedError(); }

    /** Root of the debiased squared error in bins of equal mass; 0 where that is negative. Averages over runs want {@link ReliabilityBins#debiasedSquaredError}. */
    public double debiasedError() { return Math.sqrt(Math.max(0, quantile().debiasedSquaredError())); }

    /** The Brier score. */
    public double brier() { return ScoringRules.brier(truth, probabilities, null); }

    /** Murphy's parts of it, each distinct probability a bin of its own; {@link BrierDecomposition} takes other bins. */
    public BrierDecomposition decomposition() { return BrierDecomposition.of(truth, probabilities, null); }

    /**
     * The error in resamples of the rows. Resampling adds the bias of the estimate once more, so take {@code basic}, which turns it round.
     *
     * @param resamples some thousands
     */
    public Bootstrap bootstrapEce(int resamples, Rng rng) {
        return Bootstrap.rows(ResamplingPlan.independent(truth.length), rows -> {
            var t = new boolean[rows.length];
            var p = new double[rows.length];
            for (int i = 0; i < rows.length; i++) {
                t[i] = truth[rows[i]];
                p[i] = probabilities[rows[i]];
            }
            return ReliabilityBins.uniform(t, p, bins).expectedError();
        }, resamples, rng);
    }

    /**
     * Tests that every probability is right: {@code sum_g (O_g - E_g)^2 / V_g} over groups of about equal mass, with E the sum of the probabilities and V that of
     * {@code p (1 - p)}, is chi-square with a degree of freedom a group. For forecasts not fitted to these rows, unlike Hosmer and Lemeshow's test.
     *
     * @param groups at most; 10 is usual. Groups where nothing is uncertain do not count if they came as said, and else make the p-value 0
     */
    public TestResult groupedTest(int groups) {
        var q = ReliabilityBins.quantile(truth, probabilities, groups).edges();
        var at = new double[truth.length];
        for (int i = 0; i < at.length; i++) at[i] = probabilities[i] * (1 - probabilities[i]);
        double[] excess = new double[groups], variance = new double[groups];
        for (int i = 0; i < at.length; i++) {
            int g = ReliabilityBins.bin(q, probabilities[i]);
            excess[g] += (truth[i] ? 1 : 0) - probabilities[i];
            variance[g] += at[i];
        }
        double statistic = 0;
        int used = 0;
        for (int g = 0; g < groups; g++) {
            if (variance[g] > 0) {
                statistic += excess[g] * excess[g] / variance[g];
                used++;
            } else if (excess[g] != 0) statistic = Double.POSITIVE_INFINITY;
        }
        double p = statistic == Double.POSITIVE_INFINITY ? 0 : used == 0 ? 1 : new ChiSquare(used).survival(statistic);
        return new TestResult("grouped calibration test", statistic, p, used);
    }

    /**
     * Tests the same by one number, {@code sum (o - p)(1 - 2p) / sqrt(sum (1 - 2p)^2 p (1 - p))}, normal if the forecasts are right: strong against
     * exaggeration and timidity, blind to errors that leave the Brier score at its expectation.
     *
     * @see <a href="https://doi.org/10.1002/sim.4780050506">Spiegelhalter (1986)</a>
     */
    public TestResult spiegelhalterTest() {
        double sum = 0, variance = 0;
        for (int i = 0; i < truth.length; i++) {
            double p = probabilities[i], d = 1 - 2 * p;
            sum += ((truth[i] ? 1 : 0) - p) * d;
            variance += d * d * p * (1 - p);
        }
        double z = variance > 0 ? sum / Math.sqrt(variance) : sum == 0 ? 0 : Math.copySign(Double.POSITIVE_INFINITY, sum);
        return new TestResult("Spiegelhalter's test", z, 2 * Incomplete.normalCdf(-Math.abs(z)), Double.NaN);
    }

    /** The reliability diagram above a histogram of what was said. */
    public Figure figure(String title) {
        var bins = uniform().occupied();
        var said = new double[uniform().count().length];
        var middle = new double[said.length];
        for (int b = 0; b < said.length; b++) {
            said[b] = uniform().count()[b];
            middle[b] = (b + 0.5) / said.length;
        }
        Plot curve = Figure.line(title, bins.confidence(), bins.accuracy()).points("bins", bins.confidence(), bins.accuracy())
                .line("calibrated", new double[] {0, 1}, new double[] {0, 1}).dashed().axes("stated probability", "observed frequency")
                .limitX(0, 1).limitY(0, 1)
                .describedAs(String.format(Locale.ROOT,
                        "Observed frequency against stated probability in %d bins; the expected calibration error is %.3f.", this.bins,
                        ece()));
        Plot histogram = Figure.line("What was said", middle, said).step().axes("stated probability", "rows").limitX(0, 1)
                .describedAs("How many rows were given each probability.");
        return Figure.grid(title, 1, curve, histogram);
    }

    @Override public String toString() {
        return String.format(Locale.ROOT,
                "%d rows, %d bins: ECE %.4f, MCE %.4f, equal-mass ECE %.4f, debiased %.4f, Brier %.4f; test p = %.3g", truth.length, bins,
                ece(), mce(), adaptiveEce(), debiasedError(), brier(), groupedTest(Math.min(10, truth.length)).pValue());
    }
}
