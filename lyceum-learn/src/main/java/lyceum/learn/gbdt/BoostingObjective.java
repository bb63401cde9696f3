package lyceum.learn.gbdt;

/** What is lowered: scores, their loss and its two derivatives. */
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
    LAMBDA_RANK("rank:ndcg");

    private final String xgboost;

    BoostingObjective(String xgboost) { this.xgboost = xgboost; }

    /** XGBoost's name. */
    public String xgboost() { return xgboost; }

    /** A prediction from a score; classes of {@link #SOFTMAX} are compared as they are. */
    double prediction(double f) {
        return switch (this) {
            case LOGISTIC -> sigmoid(f);
            case POISSON -> Math.exp(f);
            case SQUARED_ERROR, SOFTMAX, LAMBDA_RANK -> f;
        };
    }

    static double sigmoid(double f) { return 1 / (1 + Math.exp(-f)); }
}
