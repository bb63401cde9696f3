package lyceum.llm.weights;

import lyceum.DType;
import lyceum.tensor.Tensor;

/**
 * What the numbers of a tensor are like. Of those that are no number and those without end only their count is told.
 *
 * @param least of the finite numbers; NaN, as the other three, if there is none
 * @param deviation root of the mean squared distance from the mean
 * @param notFinite how many are NaN or infinite
 * @param histogram counts of equal stretches from the least to the greatest
 */
public record WeightStatistics(double least, double greatest, double mean, double deviation, long notFinite, long[] histogram) {

    /** In two passes over the numbers as doubles, block by block: nothing of the tensor's size is made. @param bins of the histogram, at least 1 */
    public static WeightStatistics of(Tensor tensor, int bins) {
        if (bins < 1) throw new IllegalArgumentException("WeightStatistics: " + bins + " bins; at least 1");
        var flat = tensor.detach().flatten();
        long n = flat.count(), finite = 0;
        double least = Double.POSITIVE_INFINITY, greatest = Double.NEGATIVE_INFINITY, sum = 0;
        for (long at = 0; at < n; at += BLOCK) for (double x : block(flat, at)) {
            if (!Double.isFinite(x)) continue;
            finite++;
            least = Math.min(least, x);
            greatest = Math.max(greatest, x);
            sum += x;
        }
        var histogram = new long[bins];
        if (finite == 0) return new WeightStatistics(Double.NaN, Double.NaN, Double.NaN, Double.NaN, n, histogram);
        double mean = sum / finite, squares = 0, width = (greatest - least) / bins;
        for (long at = 0; at < n; at += BLOCK) for (double x : block(flat, at)) {
            if (!Double.isFinite(x)) continue;
            squares += (x - mean) * (x - mean);
            histogram[width > 0 ? (int) Math.min(bins - 1, (x - least) / width) : 0]++;
        }
        return new WeightStatistics(least, greatest, mean, Math.sqrt(squares / finite), n - finite, histogram);
    }

    private static final long BLOCK = 1 << 16;

    private static double[] block(Tensor flat, long at) {
        return flat.narrow(0, at, Math.min(BLOCK, flat.count() - at)).to(DType.F64).toDoubleArray();
    }
}
