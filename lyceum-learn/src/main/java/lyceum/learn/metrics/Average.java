package lyceum.learn.metrics;

/** How the scores of several classes become one. */
public enum Average {
    /** Counts of all classes are added first: every row weighs the same. */
    MICRO,
    /** The plain mean of the classes' scores: every class weighs the same. */
    MACRO,
    /** The mean weighted by how often each class occurs in the truth. */
    WEIGHTED;

    /** The mean of class scores, without those that are NaN; NaN if all are. {@code support} is the true count of each class. */
    double of(double[] scores, double[] support) {
        double sum = 0, weight = 0, plain = 0;
        int n = 0;
        for (int k = 0; k < scores.length; k++) {
            if (Double.isNaN(scores[k])) continue;
            double w = this == WEIGHTED ? support[k] : 1;
            sum += w * scores[k];
            weight += w;
            plain += scores[k];
            n++;
        }
        return n == 0 ? Double.NaN : weight == 0 ? plain / n : sum / weight;
    }
}
