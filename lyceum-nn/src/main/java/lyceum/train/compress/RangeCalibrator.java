package lyceum.train.compress;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleBiFunction;

/**
 * Chooses the range of activations from what was seen of them.
 *
 * @see <a href="https://arxiv.org/abs/1806.08342">Krishnamoorthi (2018)</a>
 * @see <a href="https://arxiv.org/abs/2106.08295">Nagel and others (2021), section 3.1</a>
 */
@FunctionalInterface
public interface RangeCalibrator {
    /**
     * @param batches the values of each batch, none empty, finite
     * @param symmetric about 0
     */
    QuantisationRange of(List<float[]> batches, int least, int most, boolean symmetric);

    /** From the least to the largest value. */
    static RangeCalibrator minMax() {
        return (batches, least, most, symmetric) -> {
            var ends = ends(all(batches));
            return QuantisationRange.of(ends[0], ends[1], least, most, symmetric);
        };
    }

    /** The ends of the first batch, moved by {@code constant} towards those of each later one. @param constant in (0, 1]; 0.01 is usual */
    static RangeCalibrator movingAverage(double constant) {
        if (!(constant > 0 && constant <= 1))
            throw new IllegalArgumentException("movingAverage: constant is " + constant + "; it lies in (0, 1]");
        return (batches, least, most, symmetric) -> {
            float[] moving = null;
            for (var batch : batches) {
                var ends = ends(batch);
                if (moving == null) moving = ends;
                else for (int i = 0; i < 2; i++) moving[i] += (float) constant * (ends[i] - moving[i]);
            }
            return QuantisationRange.of(moving[0], moving[1], least, most, symmetric);
        };
    }

    /** Leaves out {@code (100 - percent) / 2} per cent at each end. @param percent in (0, 100]; 99.99 is usual */
    static RangeCalibrator percentile(double percent) {
        if (!(percent > 0 && percent <= 100)) throw new IllegalArgumentException("percentile: " + percent + "; it lies in (0, 100]");
        return (batches, least, most, symmetric) -> {
            var sorted = all(batches);
            Arrays.sort(sorted);
            int out = (int) Math.round((100 - percent) / 200 * (sorted.length - 1));
            return QuantisationRange.of(sorted[out], sorted[sorted.length - 1 - out], least, most, symmetric);
        };
    }

    /** Of a hundred ranges, each a share of the full one, that of the least squared error. */
    static RangeCalibrator mse() {
        return (batches, least, most, symmetric) -> best(batches, least, most, symmetric, (values, range) -> {
            double sum = 0;
            for (float v : values) {
                double d = v - back(v, range);
                sum += d * d;
            }
            return sum;
        });
    }

    /** Of a hundred ranges, that whose histogram of 2048 bins, clipped values at its ends, diverges least from the quantised one's without them, {@code KL(p || q)}. */
    static RangeCalibrator entropy() {
        return (batches, least, most, symmetric) -> {
            var ends = ends(all(batches));
            return best(batches, least, most, symmetric, (values, range) -> {
                double[] p = histogram(values, ends, range, true), q = spread(histogram(values, ends, range, false), ends, range);
                double inside = 0, sum = 0;
                for (double n : q) inside += n;
                for (int i = 0; i < p.length; i++)
                    if (p[i] > 0)
                        sum += p[i] / values.length * Math.log(p[i] / values.length / Math.max(q[i] / inside, 1e-4 / values.length));
                return sum;
            });
        };
    }

    /** Counts of what lies in the range, and of what is clipped at its ends. */
    private static double[] histogram(float[] values, float[] ends, QuantisationRange range, boolean clipped) {
        var counts = new double[2048];
        double width = Math.max((ends[1] - ends[0]) / counts.length, Float.MIN_NORMAL);
        for (float v : values) {
            float in = Math.clamp(v, range.low(), range.high());
            if (in == v || clipped) counts[Math.clamp((long) ((in - ends[0]) / width), 0, counts.length - 1)]++;
        }
        return counts;
    }

    /** Each code's count, spread evenly over the occupied bins that it covers. */
    private static double[] spread(double[] counts, float[] ends, QuantisationRange range) {
        var spread = new double[counts.length];
        double width = Math.max((ends[1] - ends[0]) / counts.length, Float.MIN_NORMAL);
        for (int from = 0; from < counts.length;) {
            int to = from, occupied = 0;
            double sum = 0;
            float code = back((float) (ends[0] + (from + 0.5) * width), range);
            while (to < counts.length && back((float) (ends[0] + (to + 0.5) * width), range) == code) {
                sum += counts[to];
                if (counts[to++] > 0) occupied++;
            }
            for (int i = from; i < to; i++) if (counts[i] > 0) spread[i] = sum / occupied;
            from = to;
        }
        return spread;
    }

    /** What a value is after the way through integers. */
    private static float back(float v, QuantisationRange range) {
        return range.scale()
                * (Math.clamp((long) Math.rint(v * (1 / range.scale())) + range.zero(), range.least(), range.most()) - range.zero());
    }

    private static QuantisationRange best(List<float[]> batches, int least, int most, boolean symmetric,
            ToDoubleBiFunction<float[], QuantisationRange> cost) {
        var values = all(batches);
        var ends = ends(values);
        QuantisationRange best = null;
        double lowest = Double.POSITIVE_INFINITY;
        for (int share = 100; share >= 1; share--) {
            var range = QuantisationRange.of(ends[0] * share / 100, ends[1] * share / 100, least, most, symmetric);
            double c = cost.applyAsDouble(values, range);
            if (c < lowest) {
                lowest = c;
                best = range;
            }
        }
        return best;
    }

    private static float[] all(List<float[]> batches) {
        if (batches.isEmpty()) throw new IllegalArgumentException("RangeCalibrator: no batch was seen");
        int n = 0;
        for (var batch : batches) n += batch.length;
        var all = new float[n];
        n = 0;
        for (var batch : batches) {
            System.arraycopy(batch, 0, all, n, batch.length);
            n += batch.length;
        }
        return all;
    }

    private static float[] ends(float[] values) {
        float low = Float.POSITIVE_INFINITY, high = Float.NEGATIVE_INFINITY;
        for (float v : values) {
            if (!Float.isFinite(v))
                throw new IllegalArgumentException("RangeCalibrator: a value is " + v + "; ranges are of finite numbers");
            low = Math.min(low, v);
            high = Math.max(high, v);
        }
        return new float[] {low, high};
    }
}
