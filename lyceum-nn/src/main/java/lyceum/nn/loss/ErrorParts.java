package lyceum.nn.loss;

import java.util.Locale;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Mean squared error taken apart: {@code total = squaredBias + variance + noise}, exactly, over all pairs of a model and a target draw.
 *
 * <p>At each point the bias is the distance of the models' mean from the targets' mean, the variance that of the models about their mean, the
 * noise that of the targets about theirs; all are averaged over points, with population divisors.
 *
 * @param squaredBias what more data cannot reduce
 * @param variance what another training set would change
 * @param noise what no model can explain
 * @see <a href="https://doi.org/10.1162/neco.1992.4.1.1">Geman, Bienenstock and Doursat (1992)</a>
 */
public record ErrorParts(double squaredBias, double variance, double noise) {

    /**
     * @param predictions (models, points): what models trained on different data say
     * @param targets (draws, points): repeated measurements at the same points, or (1, points) of the true mean, which leaves no noise
     */
    public static ErrorParts of(Tensor predictions, Tensor targets) {
        if (predictions.rank() != 2 || targets.rank() != 2 || predictions.size(1) != targets.size(1) || predictions.count() == 0
                || targets.count() == 0)
            throw new ShapeException("ErrorParts: predictions " + predictions.shape() + " and targets " + targets.shape()
                    + "; they are (models, points) and (draws, points)");
        double[][] p = predictions.toRows(), t = targets.toRows();
        CompensatedSum bias = new CompensatedSum(), variance = new CompensatedSum(), noise = new CompensatedSum();
        int points = p[0].length;
        for (int i = 0; i < points; i++) {
            double predicted = mean(p, i), actual = mean(t, i), gap = predicted - actual;
            bias.addProduct(gap, gap);
            variance.add(spread(p, i, predicted));
            noise.add(spread(t, i, actual));
        }
        return new ErrorParts(bias.value() / points, variance.value() / points, noise.value() / points);
    }

    /** Their sum: the mean squared error over all pairs. */
    public double total() { return squaredBias + variance + noise; }

    private static double mean(double[][] rows, int column) {
        var sum = new CompensatedSum();
        for (var row : rows) sum.add(row[column]);
        return sum.value() / rows.length;
    }

    private static double spread(double[][] rows, int column, double mean) {
        var sum = new CompensatedSum();
        for (var row : rows) sum.addProduct(row[column] - mean, row[column] - mean);
        return sum.value() / rows.length;
    }

    @Override public String toString() {
        return String.format(Locale.ROOT, "bias^2 %.6g + variance %.6g + noise %.6g = %.6g", squaredBias, variance, noise, total());
    }
}
