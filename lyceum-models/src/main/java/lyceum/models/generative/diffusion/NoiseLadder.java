package lyceum.models.generative.diffusion;

import java.util.Arrays;

/**
 * A few levels of added noise, {@code x + sigma_t epsilon}: the data are not scaled down, and t = 1, 2, .. are the rungs from the least noise up.
 *
 * @param deviations rising, above 0
 * @see <a href="https://arxiv.org/abs/1907.05600">Song and Ermon (2019)</a>
 */
public record NoiseLadder(double... deviations) implements NoisePath {
    public NoiseLadder {
        deviations = deviations.clone();
        if (deviations.length == 0) throw new IllegalArgumentException("NoiseLadder: no levels; at least one is needed");
        for (int i = 0; i < deviations.length; i++) {
            if (!(deviations[i] > (i == 0 ? 0 : deviations[i - 1]) && deviations[i] < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("NoiseLadder: deviations " + Arrays.toString(deviations) + "; they rise from above 0");
        }
    }

    /** Levels with equal ratios from {@code low} to {@code high}. */
    public static NoiseLadder geometric(double low, double high, int levels) {
        var values = new double[Math.max(0, levels)];
        for (int i = 0; i < levels; i++) values[i] = levels == 1 ? high : low * Math.pow(high / low, (double) i / (levels - 1));
        return new NoiseLadder(values);
    }

    /** A copy. */
    @Override public double[] deviations() { return deviations.clone(); }

    public int levels() { return deviations.length; }

    @Override public double signal(double t) { return 1; }

    @Override public double noise(double t) {
        int level = (int) t;
        if (level != t || level < 0 || level > deviations.length)
            throw new IllegalArgumentException("NoiseLadder: level " + t + "; levels are 1 to " + deviations.length + ", and 0 the data");
        return level == 0 ? 0 : deviations[level - 1];
    }

    @Override public double end() { return deviations.length; }

    @Override public double least() { return 1; }

    @Override public boolean equals(Object o) { return o instanceof NoiseLadder other && Arrays.equals(deviations, other.deviations); }

    @Override public int hashCode() { return Arrays.hashCode(deviations); }

    @Override public String toString() { return "NoiseLadder" + Arrays.toString(deviations); }
}
