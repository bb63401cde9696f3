package lyceum.optim;

import java.util.function.UnaryOperator;

/**
 * An objective along a ray: {@code phi(t) = f(origin + t * direction)}, its slope, and the point last tried. What a {@link LineSearch} walks on.
 *
 * <p>With a projection P onto a convex set it is the arc {@code P(origin + t * direction)} instead.
 */
public final class RayObjective {
    private final Objective f;
    private final double[] origin, direction, startGradient;
    private final double[] gradient;
    private final UnaryOperator<double[]> projection;
    private final double startValue, startSlope;
    private double[] point;
    private double t, value, slope;
    private int evaluations;

    RayObjective(Objective f, double[] origin, double[] direction, double startValue, double[] startGradient,
            UnaryOperator<double[]> projection) {
        this.f = f;
        this.origin = origin;
        this.direction = direction;
        this.startValue = startValue;
        this.startGradient = startGradient;
        this.startSlope = Vectors.dot(startGradient, direction);
        this.projection = projection;
        this.point = new double[origin.length];
        this.gradient = new double[origin.length];
    }

    /** Moves to {@code t} and evaluates there. Returns the value. */
    public double to(double t) {
        this.t = t;
        for (int i = 0; i < point.length; i++) point[i] = origin[i] + t * direction[i];
        if (projection != null) point = projection.apply(point);
        evaluations++;
        value = f.at(point, gradient);
        slope = Vectors.dot(gradient, direction);
        return value;
    }

    /** f at the origin. */
    public double startValue() { return startValue; }

    /** The derivative along the direction at the origin; negative for a direction of descent. */
    public double startSlope() { return startSlope; }

    /** What the gradient at the origin promises for where the line is: {@code t * startSlope}, or along an arc its counterpart. */
    public double promised() {
        if (projection == null) return t * startSlope;
        double sum = 0;
        for (int i = 0; i < point.length; i++) sum += startGradient[i] * (point[i] - origin[i]);
        return sum;
    }

    /** Where the line is. */
    public double t() { return t; }

    /** f where the line is. */
    public double value() { return value; }

    /** The derivative along the direction where the line is. */
    public double slope() { return slope; }

    /** True if value and slope are numbers that a search can use. */
    public boolean isFinite() { return Double.isFinite(value) && Double.isFinite(slope); }

    /** How often the objective was evaluated on this line. */
    public int evaluations() { return evaluations; }

    double[] point() { return point; }

    double[] gradient() { return gradient; }
}
