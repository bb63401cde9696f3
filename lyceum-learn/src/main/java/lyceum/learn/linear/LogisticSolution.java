package lyceum.learn.linear;

/**
 * Where a logistic solver ended.
 *
 * @param separation null counts as {@link Separation#NONE}: nothing was found
 * @param separatedAt the iteration at which the classes were found split, 0 if they were not
 */
record LogisticSolution(double[] b, int iterations, boolean converged, Separation separation, int separatedAt) {
    LogisticSolution {
        if (separation == null) separation = Separation.NONE;
    }

    /** Below this loss a row the classes are split and the fit has nothing left to learn. */
    static final double SPENT = 1e-6;
}
