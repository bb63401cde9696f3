package lyceum.learn.tree;

/**
 * How impure the rows of a node are; a split is chosen to lower the weighted mean over the two children most.
 *
 * <p>With {@code W} the total weight, {@code p_c} the share of class c, {@code m} the mean and {@code med} the median of the targets:
 * <table>
 * <caption>Impurities</caption>
 * <tr><td>{@link #GINI}</td><td>{@code 1 - sum_c p_c^2}</td></tr>
 * <tr><td>{@link #ENTROPY}</td><td>{@code -sum_c p_c log2 p_c}, in bits</td></tr>
 * <tr><td>{@link #SQUARED_ERROR}</td><td>{@code sum w (y - m)^2 / W}</td></tr>
 * <tr><td>{@link #ABSOLUTE_ERROR}</td><td>{@code sum w |y - med| / W}; leaves answer with the median</td></tr>
 * <tr><td>{@link #POISSON}</td><td>{@code sum w y log(y / m) / W}, half the mean deviance; targets are counts, at least 0</td></tr>
 * </table>
 *
 * @see <a href="https://doi.org/10.1201/9781315139470">Breiman, Friedman, Olshen, Stone (1984), Classification and Regression Trees</a>
 */
public enum SplitCriterion {
    GINI, ENTROPY, SQUARED_ERROR, ABSOLUTE_ERROR, POISSON;

    private static final double LOG_2 = Math.log(2);

    /** Whether targets are classes. */
    public boolean isForClasses() { return this == GINI || this == ENTROPY; }

    /**
     * The impurity of class weights. {@link #GINI} and {@link #ENTROPY} only.
     *
     * @param weights weight of each class, not all zero
     */
    public double ofClasses(double... weights) {
        if (!isForClasses()) throw new IllegalArgumentException(this + " is for numeric targets; use GINI or ENTROPY with classes");
        return impurity(weights, 0, weights.length);
    }

    /**
     * What a node of these statistics adds to the score of a split, larger is better: minus weight times impurity, up to what is the same for
     * all splits of a node. Minus infinity where such a child is not allowed.
     *
     * <p>Statistics of classes are their weights; of numbers {@code sum w}, {@code sum w y} and the sum that the impurity needs besides.
     */
    double score(double[] v, int at, int size) {
        return switch (this) {
            case GINI -> {
                double weight = 0, squares = 0;
                for (int c = at; c < at + size; c++) {
                    weight += v[c];
                    squares += v[c] * v[c];
                }
                yield squares / weight;
            }
            case ENTROPY -> {
                double weight = 0, sum = 0;
                for (int c = at; c < at + size; c++) {
                    weight += v[c];
                    sum += xLogX(v[c]);
                }
                yield sum - xLogX(weight);
            }
            case POISSON -> poisson(v[at], v[at + 1]);
            case SQUARED_ERROR, ABSOLUTE_ERROR -> v[at + 1] * v[at + 1] / v[at];
        };
    }

    static double poisson(double weight, double sum) { return sum > 0 ? sum * Math.log(sum / weight) : Double.NEGATIVE_INFINITY; }

    static double xLogX(double x) { return x > 0 ? x * Math.log(x) : 0; }

    /** The impurity of a node of these statistics; not for {@link #ABSOLUTE_ERROR}, which needs the rows. */
    double impurity(double[] v, int at, int size) {
        double weight = v[at];
        return switch (this) {
            case GINI, ENTROPY -> {
                weight = 0;
                for (int c = at; c < at + size; c++) weight += v[c];
                double sum = 0;
                for (int c = at; c < at + size; c++) {
                    double p = v[c] / weight;
                    sum += this == GINI ? p * p : -xLogX(p) / LOG_2;
                }
                yield this == GINI ? 1 - sum : sum;
            }
            case SQUARED_ERROR -> {
                double mean = v[at + 1] / weight;
                yield Math.max(0, v[at + 2] / weight - mean * mean);
            }
            case POISSON -> Math.max(0, v[at + 2] / weight - xLogX(v[at + 1] / weight));
            case ABSOLUTE_ERROR -> throw new IllegalStateException("the absolute error needs a median");
        };
    }
}
