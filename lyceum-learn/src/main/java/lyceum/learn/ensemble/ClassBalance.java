package lyceum.learn.ensemble;

/** Whether rare classes count for more. */
public enum ClassBalance {
    /** Rows weigh what they were given. */
    NONE,
    /** All classes weigh the same in the training rows. */
    OVERALL,
    /** All classes weigh the same in each tree's sample. */
    PER_TREE;

    /** Multiplies weights so that classes that occur weigh the same together. */
    static void apply(double[] weights, int[] codes, int classes) {
        var total = new double[classes];
        double sum = 0;
        int seen = 0;
        for (int i = 0; i < codes.length; i++) total[codes[i]] += weights[i];
        for (double t : total) {
            sum += t;
            if (t > 0) seen++;
        }
        for (int i = 0; i < codes.length; i++) if (weights[i] > 0) weights[i] *= sum / (seen * total[codes[i]]);
    }
}
