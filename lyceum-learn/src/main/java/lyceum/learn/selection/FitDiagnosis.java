package lyceum.learn.selection;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import lyceum.DType;
import lyceum.progress.Progress;
import lyceum.stats.learner.Learner;
import lyceum.tensor.Tensor;

/**
 * What ails a fit, with the figures that say so and what to do about it.
 *
 * {@snippet :
 * Tensor x = Tensor.rand(lyceum.random.Rng.of(1), lyceum.DType.F64, 60, 1), y = x.select(1, 0).mul(6).sin();
 * var curve = FitCurve.overCapacity(d -> Pipeline.of(new PolynomialFeatures(d), new LinearRegression()), x, y, 20, 1, 3, 5, 9);
 * var verdict = FitDiagnosis.of(curve, 0).verdict();           // a line through a sine
 * var cause = FitDiagnosis.underfitting(new LinearRegression(),
 *         java.util.Map.of(FitDiagnosis.Cause.CAPACITY, Pipeline.of(new PolynomialFeatures(7), new LinearRegression())), x, y, 20).cause();
 * }
 *
 * @param evidence a sentence with the errors
 * @param remedies the first things to try
 */
public record FitDiagnosis(Verdict verdict, String evidence, List<String> remedies) {

    /** How a fit stands to the data. */
    public enum Verdict {
        /** More capacity than the data carry: held out it does worse than a smaller one. */
        OVERFITTED,
        /** Less than the data carry: a larger one does better. */
        UNDERFITTED,
        /** As well as any on the curve. */
        WELL_FITTED,
        /** As well as any, and that is no better than answering the mean: there is nothing to learn from these columns, or too few rows. */
        NOISE_LIMITED
    }

    /**
     * The verdict on one point of a curve over capacity or training time. It is worse than the best point if its error is the larger one in four of five splits,
     * and by a tenth in the middle one.
     */
    public static FitDiagnosis of(FitCurve curve, int point) {
        if (point < 0 || point >= curve.points().length)
            throw new IllegalArgumentException("FitDiagnosis: point " + point + " of " + curve.points().length);
        int best = curve.best();
        double train = curve.train(point), held = curve.validation(point), least = curve.validation(best),
                mean = Arrays.stream(curve.baseline()).average().orElseThrow();
        var evidence = String.format(Locale.ROOT,
                "error %.4g on the rows fitted, %.4g held out; the best, at %s, has %.4g, answering the mean %.4g", train, held,
                number(curve.points()[best]), least, mean);
        double floor = 1e-3 * mean;
        boolean nothing = !isWorse(curve.baseline(), curve.validation()[best], floor);
        if (nothing) return train < mean / 2
                ? new FitDiagnosis(Verdict.OVERFITTED, evidence + ": what was fitted is noise",
                        List.of("a smaller model", "look for better columns", "more rows"))
                : new FitDiagnosis(Verdict.NOISE_LIMITED, evidence,
                        List.of("look for better columns", "more rows", "measure the noise by repeated inputs"));
        if (!isWorse(curve.validation()[point], curve.validation()[best], floor))
            return new FitDiagnosis(Verdict.WELL_FITTED, evidence, List.of("keep it", "more rows, if the gap is wide"));
        return point > best
                ? new FitDiagnosis(Verdict.OVERFITTED, evidence,
                        List.of("more rows or augmentation", "a stronger penalty", "stop earlier", "a smaller model"))
                : new FitDiagnosis(Verdict.UNDERFITTED, evidence, List.of("a larger model", "a weaker penalty", "train for longer"));
    }

    private static String number(double v) { return v == Math.rint(v) ? String.valueOf((long) v) : String.valueOf(v); }

    /**
     * Whether errors a are above b in four of five splits, and by more than a tenth in the middle one: splits share most of their rows and some errors are huge, so that a
     * mean and its standard error say little.
     */
    private static boolean isWorse(double[] a, double[] b, double floor) {
        int n = a.length, above = 0;
        var ratio = new double[n];
        for (int i = 0; i < n; i++) {
            ratio[i] = (a[i] + floor) / (b[i] + floor);
            if (ratio[i] > 1) above++;
        }
        Arrays.sort(ratio);
        return above >= 0.8 * n && (ratio[(n - 1) / 2] + ratio[n / 2]) / 2 > 1.1;
    }

    /** Why a fit is poor on the very rows that it was fitted to. */
    public enum Cause {
        /** Too small a model: a richer one does better. */
        CAPACITY,
        /** Too strong a penalty: a weaker one does better. */
        PENALTY,
        /** Stopped too soon: longer training does better. */
        TRAINING,
        /** Nothing does: this is the noise. Not underfitting. */
        NOISE
    }

    /**
     * @param errors held out, of the fit as it is and of each alternative
     * @param noise variance of the targets of repeated inputs, or share of labels that depart from their commonest; NaN without repeats
     */
    public record Underfitting(Cause cause, double error, SequencedMap<Cause, Double> errors, double noise) {
        public boolean isUnderfitted() { return cause != Cause.NOISE; }
    }

    /**
     * Names the cause by experiment: of the alternatives that lower the held-out error in four of five splits, by a tenth in the middle one, the one that
     * lowers it most. A fit whose
     * error is within a fifth of the noise of repeated inputs, or its own two standard errors, is never called underfitted.
     *
     * @param alternatives a richer learner, one with a weaker penalty, one trained for longer: those that there are
     * @param splits of 80% and 20%
     */
    public static Underfitting underfitting(Learner learner, Map<Cause, ? extends Learner> alternatives, Tensor x, Tensor y, int splits) {
        if (alternatives.containsKey(Cause.NOISE))
            throw new IllegalArgumentException("FitDiagnosis.underfitting: noise is what is left, not an alternative");
        var causes = new TreeMap<Cause, Learner>(alternatives);
        var learners = new ArrayList<Learner>(List.of(learner));
        learners.addAll(causes.values());
        var points = new double[learners.size()];
        for (int k = 0; k < points.length; k++) points[k] = k;
        var curve = FitCurve.of(points, learners, null, x, y, splits, Progress.SILENT);
        double error = curve.validation(0), noise = noise(x, y);
        var errors = new LinkedHashMap<Cause, Double>();
        Cause found = Cause.NOISE;
        double least = error;
        int k = 0;
        for (var cause : causes.keySet()) {
            k++;
            errors.put(cause, curve.validation(k));
            if (curve.validation(k) >= least || !isWorse(curve.validation()[0], curve.validation()[k], 1e-9 * error)) continue;
            least = curve.validation(k);
            found = cause;
        }
        double mean = error, squares = Arrays.stream(curve.validation()[0]).map(v -> (v - mean) * (v - mean)).sum();
        double standardError = Math.sqrt(squares / (splits - 1) / splits);
        if (error <= Math.max(1.2 * noise, noise + 2 * standardError)) found = Cause.NOISE;
        return new Underfitting(found, error, errors, noise);
    }

    /**
     * The noise that no model takes away, from rows whose inputs are equal: of numbers {@code sum (y - mean)^2 / (rows - inputs)} over those met more than once, of labels the share
     * that is not the commonest of its input, each input's count of rows less one being what tells of it. NaN without repeats.
     */
    public static double noise(Tensor x, Tensor y) {
        double[][] rows = x.toRows();
        double[] values = y.to(DType.F64).toDoubleArray();
        var groups = new LinkedHashMap<List<Double>, List<Double>>();
        for (int i = 0; i < rows.length; i++)
            groups.computeIfAbsent(Arrays.stream(rows[i]).boxed().toList(), k -> new ArrayList<>()).add(values[i]);
        double sum = 0, degrees = 0;
        for (var group : groups.values()) {
            int n = group.size();
            if (n < 2) continue;
            degrees += n - 1;
            if (y.dtype().isFloat()) {
                double mean = group.stream().mapToDouble(v -> v).average().orElseThrow();
                for (double v : group) sum += (v - mean) * (v - mean);
            } else {
                var counts = new LinkedHashMap<Double, Integer>();
                for (double v : group) counts.merge(v, 1, Integer::sum);
                sum += n - counts.values().stream().mapToInt(c -> c).max().orElseThrow();
            }
        }
        return degrees == 0 ? Double.NaN : sum / degrees;
    }
}
