package lyceum.tensor;

/**
 * The softmax-weighted mean of vectors, block by block: {@code sum_i exp(s_i) v_i / sum_i exp(s_i)} in one pass over scores and values, which is
 * the heart of tiled attention. Parts merge in any order. Mutable, for one thread.
 *
 * @see <a href="https://arxiv.org/abs/1805.02867">Milakov and Gimelshein (2018)</a>
 */
public final class OnlineSoftmax {
    private final double[] weighted;
    private double max = Double.NEGATIVE_INFINITY, sum;

    /** @param width length of the value vectors */
    public OnlineSoftmax(int width) { weighted = new double[width]; }

    /** Adds a score and its value. */
    public void add(double score, double[] value) {
        if (score == Double.NEGATIVE_INFINITY) return;
        rescale(Math.max(max, score));
        double w = Math.exp(score - max);
        sum += w;
        for (int j = 0; j < weighted.length; j++) weighted[j] += w * value[j];
    }

    public void merge(OnlineSoftmax other) {
        if (other.max == Double.NEGATIVE_INFINITY) return;
        rescale(Math.max(max, other.max));
        double w = Math.exp(other.max - max);
        sum += w * other.sum;
        for (int j = 0; j < weighted.length; j++) weighted[j] += w * other.weighted[j];
    }

    private void rescale(double top) {
        if (top == max) return;
        double w = max == Double.NEGATIVE_INFINITY ? 0 : Math.exp(max - top);
        sum *= w;
        for (int j = 0; j < weighted.length; j++) weighted[j] *= w;
        max = top;
    }

    /** The weighted mean; zeros if nothing, or only masked scores, were added. */
    public double[] result() {
        var mean = weighted.clone();
        for (int j = 0; j < mean.length; j++) mean[j] = sum == 0 ? 0 : mean[j] / sum;
        return mean;
    }

    /** {@code log sum exp} of the scores. */
    public double logSumExp() { return max == Double.NEGATIVE_INFINITY ? max : max + Math.log(sum); }
}
