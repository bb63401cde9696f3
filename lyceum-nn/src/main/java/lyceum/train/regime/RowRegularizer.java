package lyceum.train.regime;

/**
 * What admits rows in self-paced learning: f of {@code min_v v l + f(v)} over v in [0, 1], for a row of loss l at age lambda. Each gives 1
 * to a loss of 0 and 0 to
 * losses from lambda on.
 *
 * <pre>
 * HARD         f = -lambda v                                       v = 1 for l &lt; lambda
 * LINEAR       f = lambda (v^2 / 2 - v)                            v = 1 - l / lambda
 * LOGARITHMIC  f = lambda (z v - z^v / ln z) / (1 - z)             v = ln(z + (1 - z) l / lambda) / ln z
 * MIXTURE      f = -q ln(v + q / lambda), q = s lambda / (1 - s)   v = 1 to s lambda, then q / l - q / lambda
 * </pre>
 *
 * @param kind of f
 * @param shape z or s, in (0, 1); of no meaning for the first two. With {@code z = 1 - lambda} the logarithmic one is that of the paper,
 *         which is for lambda below 1;
 *        {@code s lambda} is the paper's second age of the mixture
 * @see <a href="https://doi.org/10.1145/2647868.2654918">Jiang, Meng, Mitamura and Hauptmann (2014)</a>
 */
public record RowRegularizer(Kind kind, double shape) {
    /** The formula. */
    public enum Kind {
        HARD, LINEAR, LOGARITHMIC, MIXTURE
    }

    public static final RowRegularizer HARD = new RowRegularizer(Kind.HARD, 0.5);
    public static final RowRegularizer LINEAR = new RowRegularizer(Kind.LINEAR, 0.5);

    public RowRegularizer {
        if (kind == null) throw new NullPointerException("kind");
        if (!(shape > 0 && shape < 1)) throw new IllegalArgumentException("RowRegularizer: shape is " + shape + "; it lies in (0, 1)");
    }

    /** @param z in (0, 1): near 1 almost linear, near 0 almost hard */
    public static RowRegularizer logarithmic(double z) { return new RowRegularizer(Kind.LOGARITHMIC, z); }

    /** @param s in (0, 1): rows with losses up to {@code s lambda} have weight 1 */
    public static RowRegularizer mixture(double s) { return new RowRegularizer(Kind.MIXTURE, s); }

    /** The weight that minimises {@code v loss + f(v)}. @param age lambda, at least 0; with infinity every weight is 1 */
    public double weight(double loss, double age) {
        if (age == Double.POSITIVE_INFINITY) return 1;
        if (loss >= age) return 0;
        return switch (kind) {
            case HARD -> 1;
            case LINEAR -> Math.min(1, 1 - loss / age);
            case LOGARITHMIC -> loss <= 0 ? 1 : Math.log(shape + (1 - shape) * loss / age) / Math.log(shape);
            case MIXTURE -> loss <= shape * age ? 1 : mix(age) / loss - mix(age) / age;
        };
    }

    /** f(v). @param age finite and above 0 */
    public double value(double v, double age) {
        return switch (kind) {
            case HARD -> -age * v;
            case LINEAR -> age * (v * v / 2 - v);
            case LOGARITHMIC -> age * (shape * v - Math.pow(shape, v) / Math.log(shape)) / (1 - shape);
            case MIXTURE -> -mix(age) * Math.log(v + mix(age) / age);
        };
    }

    private double mix(double age) { return shape * age / (1 - shape); }
}
