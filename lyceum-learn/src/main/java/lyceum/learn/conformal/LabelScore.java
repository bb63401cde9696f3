package lyceum.learn.conformal;

/**
 * How strange a label is, by the probabilities of a row.
 *
 * @param cumulative counts the mass of more probable labels instead of the label's own improbability
 * @param penalty added for each rank beyond {@code free}; 0 for none
 * @param free ranks without a penalty
 */
public record LabelScore(boolean cumulative, double penalty, int free) {
    public LabelScore {
        if (!(penalty >= 0) || free < 0)
            throw new IllegalArgumentException("LabelScore: penalty is " + penalty + " and free " + free + "; both are at least 0");
    }

    /** LAC, {@code 1 - p_y}: the smallest sets on average, and easy rows cover for hard ones (Sadinle, Lei and Wasserman 2019). */
    public static LabelScore leastAmbiguous() { return new LabelScore(false, 0, 0); }

    /**
     * APS, the mass of the labels more probable than y plus a random share of y's own: larger sets where the model is unsure.
     *
     * @see <a href="https://arxiv.org/abs/2006.02544">Romano, Sesia and Candès (2020)</a>
     */
    public static LabelScore adaptive() { return new LabelScore(true, 0, 0); }

    /**
     * RAPS, which adds a penalty a rank, so that many improbable labels stay out.
     *
     * @see <a href="https://arxiv.org/abs/2009.14193">Angelopoulos, Bates, Malik and Jordan (2021)</a>
     */
    public static LabelScore regularised(double penalty, int free) { return new LabelScore(true, penalty, free); }

    /** The score of class c; u in [0, 1) is the row's draw. */
    double of(double[] p, int c, double u) {
        if (!cumulative) return 1 - p[c];
        double above = 0;
        int rank = 1;
        for (int k = 0; k < p.length; k++) {
            if (p[k] > p[c] || p[k] == p[c] && k < c) {
                above += p[k];
                rank++;
            }
        }
        return above + u * p[c] + penalty * Math.max(0, rank - free);
    }
}
