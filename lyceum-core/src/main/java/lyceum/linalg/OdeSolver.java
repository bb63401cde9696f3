package lyceum.linalg;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.withers.Withers;

/**
 * Ordinary differential equations {@code dy/dt = f(t, y)} by Dormand and Prince's pair of orders 5 and 4: the step is chosen so that the difference of
 * both stays within {@code relative |y| + absolute} in every component.
 *
 * {@snippet :
 * double[] end = new OdeSolver().solve((t, y, dy) -> { dy[0] = y[1]; dy[1] = -y[0]; }, new double[] {1, 0}, 0, Math.PI);
 * }
 *
 * <p>Runs backwards where {@code to < from}. For problems that are not stiff: a stiff one takes steps without end and is refused at
 * {@code maxSteps}.
 *
 * @param relative tolerance, above 0 or with an absolute one above 0
 * @param absolute tolerance
 * @param maxSteps accepted and rejected ones together
 * @see <a href="https://doi.org/10.1016/0771-050X(80)90013-3">Dormand and Prince (1980)</a>
 * @see <a href="https://doi.org/10.1007/978-3-540-78862-1">Hairer, Nørsett and Wanner (1993), sections II.4 and II.5</a>
 */
@Withers
public record OdeSolver(double relative, double absolute, int maxSteps) implements OdeSolverWithers {
    private static final double[] C = {0, 1 / 5.0, 3 / 10.0, 4 / 5.0, 8 / 9.0, 1, 1};
    private static final double[][] A = {{}, {1 / 5.0}, {3 / 40.0, 9 / 40.0}, {44 / 45.0, -56 / 15.0, 32 / 9.0},
            {19372 / 6561.0, -25360 / 2187.0, 64448 / 6561.0, -212 / 729.0},
            {9017 / 3168.0, -355 / 33.0, 46732 / 5247.0, 49 / 176.0, -5103 / 18656.0},
            {35 / 384.0, 0, 500 / 1113.0, 125 / 192.0, -2187 / 6784.0, 11 / 84.0}};
    /** Fifth order less fourth. */
    private static final double[] E = {71 / 57600.0, 0, -71 / 16695.0, 71 / 1920.0, -17253 / 339200.0, 22 / 525.0, -1 / 40.0};

    public OdeSolver {
        if (!(relative >= 0 && absolute >= 0 && relative + absolute > 0)) throw new IllegalArgumentException(
                "OdeSolver: tolerances " + relative + " and " + absolute + "; neither is negative and one is above 0");
        if (maxSteps < 1) throw new IllegalArgumentException("OdeSolver: maxSteps is " + maxSteps + "; it is at least 1");
    }

    /** Both tolerances 1e-8, 100,000 steps. */
    public OdeSolver() { this(1e-8, 1e-8, 100_000); }

    /** A right-hand side: fills {@code dy}; changes neither t nor y. */
    @FunctionalInterface
    public interface RightSide {
        void at(double t, double[] y, double[] dy);
    }

    /**
     * The state at {@code to}, a new array.
     *
     * @throws ArithmeticException if the step shrinks to nothing, the state leaves the finite numbers or steps run out: says at which time
     */
    public double[] solve(RightSide f, double[] start, double from, double to) {
        if (start.length == 0) throw new ShapeException("OdeSolver: the state is empty");
        if (!Double.isFinite(from) || !Double.isFinite(to)) throw new IllegalArgumentException("OdeSolver: from " + from + " to " + to);
        int n = start.length;
        double[] y = start.clone(), next = new double[n];
        var k = new double[7][n];
        if (from == to) return y;
        f.at(from, y, k[0]);
        double t = from, h = firstStep(f, y, k[0], from, to, next, k[1]);
        for (int step = 0; step < maxSteps; step++) {
            boolean last = Math.abs(h) >= Math.abs(to - t);
            if (last) h = to - t;
            for (int stage = 1; stage < 7; stage++) {
                for (int i = 0; i < n; i++) {
                    double sum = 0;
                    for (int j = 0; j < stage; j++) sum += A[stage][j] * k[j][i];
                    next[i] = y[i] + h * sum;
                }
                f.at(t + C[stage] * h, next, k[stage]);
            }
            double error = 0;
            for (int i = 0; i < n; i++) {
                double difference = 0;
                for (int stage = 0; stage < 7; stage++) difference += E[stage] * k[stage][i];
                error = Math.max(error, Math.abs(h * difference) / (absolute + relative * Math.max(Math.abs(y[i]), Math.abs(next[i]))));
                if (Double.isNaN(difference)) error = Double.POSITIVE_INFINITY;
            }
            if (error <= 1) {
                t = last ? to : t + h;
                System.arraycopy(next, 0, y, 0, n);
                if (last) return y;
                // The last stage is at the new state: the first of the next step.
                var reused = k[0];
                k[0] = k[6];
                k[6] = reused;
            }
            h *= Math.clamp(0.9 * Math.pow(error, -0.2), 0.2, 5);
            if (t + h == t) throw new ArithmeticException("OdeSolver: the step vanishes at t = " + t + ", state " + text(y)
                    + "; the solution may end there, or the right-hand side is not finite");
        }
        throw new ArithmeticException("OdeSolver: " + maxSteps + " steps reach only t = " + t + " of " + to
                + "; allow more, or a larger tolerance; stiff equations need another method");
    }

    private static String text(double[] y) { return y.length <= 4 ? Arrays.toString(y) : y[0] + ", " + y[1] + ", ..."; }

    /** Hairer, Nørsett and Wanner's: a hundredth of the scale on which the state moves, checked by one Euler step. */
    private double firstStep(RightSide f, double[] y, double[] slope, double from, double to, double[] trial, double[] slopeThere) {
        double size = norm(y, y), speed = norm(slope, y), direction = Math.signum(to - from);
        double h = Math.min(size < 1e-5 || speed < 1e-5 ? 1e-6 : 0.01 * size / speed, Math.abs(to - from));
        for (int i = 0; i < y.length; i++) trial[i] = y[i] + direction * h * slope[i];
        f.at(from + direction * h, trial, slopeThere);
        for (int i = 0; i < y.length; i++) slopeThere[i] -= slope[i];
        double bend = norm(slopeThere, y) / h, most = Math.max(speed, bend);
        double second = most <= 1e-15 ? Math.max(1e-6, h * 1e-3) : Math.pow(0.01 / most, 0.2);
        return direction * Math.min(100 * h, Double.isFinite(second) ? second : h);
    }

    private double norm(double[] v, double[] y) {
        double most = 0;
        for (int i = 0; i < v.length; i++) most = Math.max(most, Math.abs(v[i]) / (absolute + relative * Math.abs(y[i])));
        return most;
    }
}
