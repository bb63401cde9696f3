package lyceum.models.generative.diffusion;

/**
 * Noise whose deviation is the time itself: {@code x_t = x_0 + t epsilon}, from {@link #least} to {@link #most}.
 *
 * @param least above 0; 0.002 in the paper
 * @param most 80 in the paper, for data of deviation 0.5
 * @see <a href="https://arxiv.org/abs/2206.00364">Karras and others (2022)</a>
 */
public record EdmPath(double least, double most) implements NoisePath {
    public EdmPath {
        if (!(least > 0 && most > least && most < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("EdmPath: times from " + least + " to " + most + "; they rise from above 0");
    }

    /** From 0.002 to 80. */
    public EdmPath() { this(0.002, 80); }

    @Override public double signal(double t) { return 1; }

    @Override public double noise(double t) { return t; }

    @Override public double end() { return most; }

    /** The i-th of n times, from {@link #least} (i = 0) to {@link #most} (i = n - 1), evenly in the seventh root. */
    public double time(int i, int n) {
        if (i <= 0) return least;
        if (i >= n - 1) return most;
        double low = Math.pow(least, 1 / 7.0), high = Math.pow(most, 1 / 7.0);
        return Math.pow(low + (high - low) * i / (n - 1), 7);
    }
}
