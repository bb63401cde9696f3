package lyceum.optim;

/** What a quasi-Newton method knows of the Hessian, learnt from its steps. */
interface Curvature {
    boolean isEmpty();

    void clear();

    /**
     * Takes in a step of positive curvature and keeps both arrays.
     *
     * @param y change of the gradient
     * @param sy their product
     */
    void learn(double[] s, double[] y, double sy);

    /** Takes in a step; one without positive curvature is skipped, since the estimate would no longer be positive definite. */
    default void learn(double[] x, double[] gradient, double[] nextX, double[] nextGradient) {
        double[] s = nextX.clone(), y = nextGradient.clone();
        Vectors.addScaled(s, -1, x);
        Vectors.addScaled(y, -1, gradient);
        double sy = Vectors.dot(s, y);
        if (isPositive(sy, s, y)) learn(s, y, sy);
    }

    /** {@code out = -H g}, or along a path that bounds allow. */
    void direction(double[] x, double[] g, double[] out);

    /** Whether {@code s'y} is curvature and not rounding. */
    static boolean isPositive(double sy, double[] s, double[] y) { return sy > Math.ulp(1.0) * Vectors.norm(y) * Vectors.norm(s); }
}
