package lyceum.learn.gbdt;

/** What scores mean: how one becomes a prediction, and XGBoost's name for what was minimised. {@link RowObjective} has the losses. */
public enum BoostingObjective {
    /** {@code (y - f)^2 / 2} */
    SQUARED_ERROR("reg:squarederror"),
    /** {@code log(1 + exp(f)) - y f}, y of 0 and 1 */
    LOGISTIC("binary:logistic"),
    /** {@code exp(f) - y f}: counts with mean exp(f) */
    POISSON("count:poisson"),
    /** {@code -log softmax(f)_y}, one score a class */
    SOFTMAX("multi:softprob"),
    /** Pairs of one group, weighted by what swapping them does to NDCG (LambdaMART, Burges 2010) */
    LAMBDA_RANK("rank:ndcg"),
    /** {@code |y - f|}: the median */
    ABSOLUTE_ERROR("reg:absoluteerror"),
    /** {@code alpha max(y - f, 0) + (1 - alpha) max(f - y, 0)}: the alpha quantile */
    QUANTILE("reg:quantileerror"),
    /** {@code f + y exp(-f)}: positive amounts with mean exp(f) and deviation in proportion to it */
    GAMMA("reg:gamma"),
    /** {@code exp((2 - p) f) / (2 - p) - y exp((1 - p) f) / (1 - p)}: amounts with mean exp(f), many of them 0, variance as its power p */
    TWEEDIE("reg:tweedie");

    private final String xgboost;

    BoostingObjective(String xgboost) { this.xgboost = xgboost; }

    /** XGBoost's name. */
    public String xgboost() { return xgboost; }

    /** A prediction from a score; classes of {@link #SOFTMAX} are compared as they are. */
    double prediction(double f) {
        return switch (this) {
            case LOGISTIC -> sigmoid(f);
            case POISSON, GAMMA, TWEEDIE -> Math.exp(f);
            case SQUARED_ERROR, SOFTMAX, LAMBDA_RANK, ABSOLUTE_ERROR, QUANTILE -> f;
        };
    }

    static double sigmoid(double f) { return 1 / (1 + Math.exp(-f)); }
}
