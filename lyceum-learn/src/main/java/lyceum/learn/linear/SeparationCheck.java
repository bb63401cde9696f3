package lyceum.learn.linear;

/**
 * Decides from a Newton step whether an unpenalised logistic likelihood has a maximum, whichever solver looks for it.
 *
 * <p>It has none exactly if some direction d lowers no margin {@code m_ik(d) = x_i . (d_y(i) - d_k)}, k other than y(i), and raises one (Albert and Anderson,
 * 1984). By Stiemke's lemma the alternative is that positive weights {@code l_ik} exist under which the vectors {@code x_i (e_y(i) - e_k)'} add up to 0. At any
 * point the weights {@code w_i p_ik} of the wrong classes add up to the gradient, and the Newton step s, which solves {@code H s = -g}, is what mends them:
 * {@code w_i p_ik (1 + z_ik - mean_i)}, for the scores z of s and their mean under {@code p_i}, add up to 0. If all these factors are positive the maximum
 * exists. Of separated data one of them is 0 or less at every point; Newton's steps then tend to the direction that goes on for ever.
 */
record SeparationCheck(LogisticProblem problem) {
    /** Margins within this share of the largest are ties: what is left of them after rounding and of what still converges. */
    private static final double TIE = 1e-7;

    /** What the step from this point proves; null if nothing. */
    Separation of(double[] b, LogisticProblem.Point point, double[] step) {
        double[] z = problem.x.scores(step, problem.outputs), p = point.probabilities();
        double factor = problem.outputs == 1 ? leastFactor(z, p) : leastFactorOfClasses(z, p);
        // Exact steps prove it above 0; half of that is left to rounding.
        if (factor > 0.5) return Separation.NONE;
        if (point.leastMargin() > TIE * problem.marginRange(b)[1]) return Separation.COMPLETE;
        double[] range = problem.marginRange(step);
        if (range[0] < -TIE * range[1]) return null;
        return range[0] > TIE * range[1] ? Separation.COMPLETE : Separation.QUASI_COMPLETE;
    }

    private double leastFactor(double[] z, double[] p) {
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < z.length; i++)
            if (problem.weights[i] > 0) least = Math.min(least, problem.codes[i] == 1 ? 1 - p[i] * z[i] : 1 + (1 - p[i]) * z[i]);
        return least;
    }

    private double leastFactorOfClasses(double[] z, double[] p) {
        int classes = problem.outputs;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < problem.codes.length; i++) {
            if (problem.weights[i] == 0) continue;
            double mean = 0;
            for (int k = 0; k < classes; k++) mean += p[i * classes + k] * z[i * classes + k];
            for (int k = 0; k < classes; k++) if (k != problem.codes[i]) least = Math.min(least, 1 + z[i * classes + k] - mean);
        }
        return least;
    }
}
