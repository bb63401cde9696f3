package lyceum.learn.anomaly;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.learn.linear.Ridge;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Unforeseen in time: the size of the error of a linear forecast from the values before, in robust standard deviations. Rows are one value at each
 * time, in order (n x 1); rows to be scored follow the training rows. Values that have no past yet score 0.
 *
 * @param lags values before that the forecast uses, at least 1
 * @param period one more value, a season before; 0 for none
 */
@Withers
public record SeriesResidual(int lags, int period) implements SeriesResidualWithers, AnomalyScorer {
    public SeriesResidual {
        if (lags < 1 || period < 0) throw new IllegalArgumentException(
                "SeriesResidual: lags is " + lags + " and period " + period + "; at least 1, and at least 0");
    }

    private int memory() { return Math.max(lags, period); }

    @Override public Fitted fit(Tensor x) {
        var input = LearnerInput.forFit(this, x);
        if (input.columns() != 1) throw new ShapeException(
                "SeriesResidual.fit: x has shape " + x.shape() + "; one value a time is (n, 1), score each column by itself");
        double[] series = input.x().to(DType.F64).toDoubleArray();
        int memory = memory(), n = series.length - memory, inputs = lags + (period > lags ? 1 : 0);
        if (n < 2 * (inputs + 1)) throw new IllegalArgumentException("SeriesResidual.fit: " + series.length + " values for lags " + lags
                + " and period " + period + "; at least " + (memory + 2 * (inputs + 1)) + " are needed");
        var past = new double[n][];
        for (int t = 0; t < n; t++) past[t] = past(series, t + memory);
        var model = new Ridge(1e-6 * n).fit(Tensor.of(past), Tensor.of(Arrays.copyOfRange(series, memory, series.length)));
        double[] weights = model.coefficients().toDoubleArray(), tail = Arrays.copyOfRange(series, n, series.length);
        double intercept = model.intercept().item();
        double[] errors = errors(series, weights, intercept), sizes = Arrays.stream(errors).map(Math::abs).skip(memory).sorted().toArray();
        double median = sizes[sizes.length / 2], scale = median == 0 ? 1 : 1.4826 * median;
        return new Fitted(this, weights, intercept, scale, tail, Tensor.of(Arrays.stream(errors).map(e -> Math.abs(e) / scale).toArray()));
    }

    private double[] past(double[] series, int t) {
        var row = new double[lags + (period > lags ? 1 : 0)];
        for (int l = 1; l <= lags; l++) row[l - 1] = series[t - l];
        if (period > lags) row[lags] = series[t - period];
        return row;
    }

    private double[] errors(double[] series, double[] weights, double intercept) {
        var errors = new double[series.length];
        for (int t = memory(); t < series.length; t++) {
            double forecast = intercept;
            double[] past = past(series, t);
            for (int j = 0; j < past.length; j++) forecast += weights[j] * past[j];
            errors[t] = series[t] - forecast;
        }
        return errors;
    }

    /**
     * @param weights of the lags, nearest first, and of the season
     * @param scale 1.4826 times the median size of the training errors
     * @param tail the last training values, which the first forecasts need
     */
    public record Fitted(SeriesResidual scorer, double[] weights, double intercept, double scale, double[] tail, Tensor trainingScores)
            implements ScoringModel {
        @Override public int nFeatures() { return 1; }

        @Override public Tensor scores(Tensor x) {
            double[] next = LearnerInput.forModel(this, x).x().to(DType.F64).toDoubleArray(),
                    all = Arrays.copyOf(tail, tail.length + next.length);
            System.arraycopy(next, 0, all, tail.length, next.length);
            double[] errors = scorer.errors(all, weights, intercept);
            return Tensor.of(Arrays.stream(errors).skip(tail.length).map(e -> Math.abs(e) / scale).toArray());
        }
    }
}
