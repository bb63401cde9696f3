package lyceum.prob;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import lyceum.ShapeException;

/**
 * The density of a diffusion, {@code dp/dt = -div(a p) + 1/2 sum d^2/dx_k^2 (b_k^2 p)}, on a box in one or two dimensions, by finite volumes: mass moves
 * between neighbouring cells and through no wall.
 *
 * {@snippet :
 * var equation = FokkerPlanck.line(x -> -x, x -> Math.sqrt(2), -6, 6, 600);
 * var start = equation.density(x -> new Normal(2, 0.5).density(x[0]));
 * var later = equation.solve(start, 0, 1);
 * later.at(0.7);                              // density there
 * equation.stationary(start).masses();
 * }
 *
 * <p>Exponential fluxes (Scharfetter and Gummel) make each step a stochastic matrix: mass is kept to rounding, no cell becomes negative, and for a drift
 * {@code -U'} the scheme's own rest is {@code exp(-2U / b^2)} cell by cell, up to {@code O(h^2)}. Time steps are of second order and as long as
 * positivity allows, {@code h^2 / b^2}: fine grids cost.
 *
 * @param drift a_k(t, x)
 * @param diffusion b_k(t, x), along each axis by itself
 * @param steady true if neither depends on t: then they are read once
 * @param low corner of the box
 * @param high its opposite
 * @param cells along each axis
 * @see <a href="https://doi.org/10.1109/T-ED.1969.16566">Scharfetter and Gummel (1969)</a>
 */
public record FokkerPlanck(Coefficient drift, Coefficient diffusion, boolean steady, double[] low, double[] high, int[] cells) {

    /** A number of time, place and axis. */
    @FunctionalInterface
    public interface Coefficient {
        double at(double t, double[] x, int axis);
    }

    public FokkerPlanck {
        low = low.clone();
        high = high.clone();
        cells = cells.clone();
        if (low.length < 1 || low.length > 2 || high.length != low.length || cells.length != low.length)
            throw new ShapeException("FokkerPlanck: " + low.length + ", " + high.length + " and " + cells.length
                    + " numbers for low, high and cells; one or two each");
        for (int k = 0; k < low.length; k++)
            if (!(low[k] < high[k]) || cells[k] < 2) throw new IllegalArgumentException("FokkerPlanck: axis " + k + " goes from " + low[k]
                    + " to " + high[k] + " in " + cells[k] + " cells; it has at least two");
    }

    /** In one dimension, with coefficients that do not depend on time. */
    public static FokkerPlanck line(DoubleUnaryOperator drift, DoubleUnaryOperator diffusion, double low, double high, int cells) {
        return new FokkerPlanck((t, x, axis) -> drift.applyAsDouble(x[0]), (t, x, axis) -> diffusion.applyAsDouble(x[0]), true,
                new double[] {low}, new double[] {high}, new int[] {cells});
    }

    /** Probability of each cell, row by row. */
    public record Density(FokkerPlanck grid, double[] masses) {

        /** Density at a place, of its cell; 0 outside. */
        public double at(double... x) {
            int cell = 0;
            for (int k = 0; k < x.length; k++) {
                if (!(x[k] >= grid.low[k] && x[k] < grid.high[k])) return 0;
                cell = cell * grid.cells[k] + Math.min(grid.cells[k] - 1, (int) ((x[k] - grid.low[k]) / grid.width(k)));
            }
            return masses[cell] / grid.volume();
        }

        /** Sum of the masses. */
        public double total() { return Arrays.stream(masses).sum(); }

        /** {@code int |p - q|}, q read at the cells' centres. */
        public double distance(ToDoubleFunction<double[]> q) {
            double sum = 0;
            for (int cell = 0; cell < masses.length; cell++)
                sum += Math.abs(masses[cell] - q.applyAsDouble(grid.centre(cell)) * grid.volume());
            return sum;
        }
    }

    private double width(int axis) { return (high[axis] - low[axis]) / cells[axis]; }

    private double volume() {
        double volume = 1;
        for (int k = 0; k < low.length; k++) volume *= width(k);
        return volume;
    }

    /** Middle of a cell, numbered row by row. */
    public double[] centre(int cell) {
        var x = new double[low.length];
        for (int k = low.length - 1; k >= 0; k--) {
            x[k] = low[k] + (cell % cells[k] + 0.5) * width(k);
            cell /= cells[k];
        }
        return x;
    }

    private int size() { return Arrays.stream(cells).reduce(1, (a, b) -> a * b); }

    /** A density read at the cells' centres and scaled to mass 1. @throws IllegalArgumentException if it is negative or nothing */
    public Density density(ToDoubleFunction<double[]> p) {
        var masses = new double[size()];
        double sum = 0;
        for (int cell = 0; cell < masses.length; cell++) {
            masses[cell] = p.applyAsDouble(centre(cell));
            if (!(masses[cell] >= 0))
                throw new IllegalArgumentException("FokkerPlanck: the density at " + Arrays.toString(centre(cell)) + " is " + masses[cell]);
            sum += masses[cell];
        }
        if (!(sum > 0 && sum < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("FokkerPlanck: a density of mass " + sum + " on the grid");
        for (int cell = 0; cell < masses.length; cell++) masses[cell] /= sum;
        return new Density(this, masses);
    }

    /** The density at {@code to}. Coefficients that depend on time are read at each step. */
    public Density solve(Density start, double from, double to) {
        if (!(from <= to))
            throw new IllegalArgumentException("FokkerPlanck: from " + from + " to " + to + "; diffusion does not run backwards");
        double[] p = start.masses.clone(), once = new double[p.length], twice = new double[p.length];
        var rates = new Rates();
        for (double t = from; t < to;) {
            rates.read(t);
            double h = Math.min(to - t, 0.9 / rates.fastest);
            if (t + h == t) break;
            // Heun's step as a mean of the old state and two Euler steps: each keeps positivity, and so does the mean.
            rates.euler(p, h, once);
            rates.read(t + h);
            if (h * rates.fastest > 1) throw new ArithmeticException(
                    "FokkerPlanck: coefficients grow too fast at t = " + t + " for a step of " + h + "; solve over shorter spans");
            rates.euler(once, h, twice);
            for (int i = 0; i < p.length; i++) p[i] = (p[i] + twice[i]) / 2;
            t = to - t <= h ? to : t + h;
        }
        return new Density(this, p);
    }

    /**
     * The density at rest. On a line where mass passes every wall both ways there is one, at which as much goes up as down, whatever the start and however
     * high a barrier; else it is reached in time, when no more than 1e-9 of the mass moves in a unit of it.
     *
     * @throws IllegalArgumentException unless the equation is steady
     */
    public Density stationary(Density start) {
        if (!steady) throw new IllegalArgumentException("FokkerPlanck: coefficients that change with time have no density at rest");
        var balanced = balanced();
        if (balanced != null) return balanced;
        var now = start;
        for (double span = 1; span < 1e6; span *= 2) {
            var next = solve(now, 0, span);
            double moved = 0;
            for (int i = 0; i < next.masses.length; i++) moved += Math.abs(next.masses[i] - now.masses[i]);
            now = next;
            if (moved < 1e-9 * span) return now;
        }
        throw new ArithmeticException(
                "FokkerPlanck: the density has not come to rest; it may have none, or barriers that are crossed too seldom");
    }

    /** By detailed balance from cell to cell, in logarithms; null in two dimensions, or where mass passes a wall one way only. */
    private Density balanced() {
        if (low.length > 1) return null;
        var rates = new Rates();
        rates.read(0);
        var logs = new double[size()];
        double most = 0;
        for (int i = 1; i < logs.length; i++) {
            double up = rates.up[0][i - 1], down = rates.down[0][i - 1];
            if (up == 0 || down == 0) return null;
            most = Math.max(most, logs[i] = logs[i - 1] + Math.log(up / down));
        }
        double sum = 0;
        for (int i = 0; i < logs.length; i++) sum += logs[i] = Math.exp(logs[i] - most);
        for (int i = 0; i < logs.length; i++) logs[i] /= sum;
        return new Density(this, logs);
    }

    /** What leaves each cell for its neighbours in a unit of time. */
    private final class Rates {
        private final double[][] centres = new double[size()][], walls = new double[low.length * size()][];
        /** By axis: from a cell to the next along it, and back. */
        private final double[][] up = new double[low.length][size()], down = new double[low.length][size()];
        private boolean known;
        double fastest;

        Rates() {
            for (int cell = 0; cell < centres.length; cell++) {
                centres[cell] = centre(cell);
                for (int axis = 0; axis < low.length; axis++) {
                    walls[axis * centres.length + cell] = centres[cell].clone();
                    walls[axis * centres.length + cell][axis] += width(axis) / 2;
                }
            }
        }

        void read(double t) {
            if (known && steady) return;
            known = true;
            int n = centres.length;
            var leaving = new double[n];
            for (int axis = 0; axis < low.length; axis++) {
                double h = width(axis);
                int stride = stride(axis);
                for (int cell = 0; cell < n; cell++) {
                    if (cell / stride % cells[axis] == cells[axis] - 1) continue; // the box's wall: nothing passes
                    double[] wall = walls[axis * n + cell];
                    double b = diffusion.at(t, centres[cell], axis), c = diffusion.at(t, centres[cell + stride], axis);
                    double at = diffusion.at(t, wall, axis), half = at * at / 2;
                    // (b^2 p)'' / 2 = (D p')' + (D' p)', D = b^2 / 2: the second part joins the drift.
                    double speed = drift.at(t, wall, axis) - (c * c - b * b) / (2 * h), w = speed * h / half;
                    up[axis][cell] = half == 0 ? Math.max(speed, 0) / h : half / (h * h) * bernoulli(-w);
                    down[axis][cell] = half == 0 ? Math.max(-speed, 0) / h : half / (h * h) * bernoulli(w);
                    leaving[cell] += up[axis][cell];
                    leaving[cell + stride] += down[axis][cell];
                }
            }
            fastest = Double.MIN_NORMAL;
            for (double rate : leaving) {
                if (!(rate < Double.POSITIVE_INFINITY)) throw new ArithmeticException(
                        "FokkerPlanck: a coefficient is not finite at t = " + t + ", or far too large for the grid");
                fastest = Math.max(fastest, rate);
            }
        }

        void euler(double[] p, double h, double[] next) {
            System.arraycopy(p, 0, next, 0, p.length);
            for (int axis = 0; axis < low.length; axis++) {
                int stride = stride(axis);
                for (int cell = 0; cell + stride < p.length; cell++) {
                    double flow = h * (up[axis][cell] * p[cell] - down[axis][cell] * p[cell + stride]);
                    next[cell] -= flow;
                    next[cell + stride] += flow;
                }
            }
        }

        private int stride(int axis) {
            int stride = 1;
            for (int k = axis + 1; k < cells.length; k++) stride *= cells[k];
            return stride;
        }
    }

    /** {@code z / (e^z - 1)}. */
    private static double bernoulli(double z) { return Math.abs(z) < 1e-8 ? 1 - z / 2 : z / Math.expm1(z); }
}
