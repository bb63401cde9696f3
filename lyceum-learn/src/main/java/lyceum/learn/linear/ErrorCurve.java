package lyceum.learn.linear;

/** Errors by strength (strongest first) and fold, and the two usual choices on them. */
record ErrorCurve(double[] strengths, double[][] errors) {
    double mean(int i) {
        double sum = 0;
        for (double e : errors[i]) sum += e;
        return sum / errors[i].length;
    }

    /** The standard error of the mean over folds. */
    double standardError(int i) {
        double mean = mean(i), sum = 0;
        int k = errors[i].length;
        for (double e : errors[i]) sum += (e - mean) * (e - mean);
        return Math.sqrt(sum / (k - 1) / k);
    }

    int best() {
        int best = 0;
        for (int i = 1; i < strengths.length; i++) if (mean(i) < mean(best)) best = i;
        return best;
    }

    /** The strongest penalty whose error is within one standard error of the least. */
    int oneStandardError() {
        int best = best();
        double limit = mean(best) + standardError(best);
        for (int i = 0; i < best; i++) if (mean(i) <= limit) return i;
        return best;
    }
}
