package lyceum.labs.core;

import java.util.function.DoubleBinaryOperator;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** The floor that optimisers walk on, as colour and contours under their paths. */
final class Landscape {
    private static final int GRID = 41;

    private Landscape() {}

    /** Values of f over a rectangle, with the axes ending at its edges. */
    static Plot of(String title, double fromX, double toX, double fromY, double toY, String measured, DoubleBinaryOperator f) {
        double[] xs = Tensor.linspace(fromX, toX, GRID).toDoubleArray(), ys = Tensor.linspace(fromY, toY, GRID).toDoubleArray();
        var values = new double[GRID][GRID];
        for (int r = 0; r < GRID; r++) for (int c = 0; c < GRID; c++) values[r][c] = Math.rint(1e4 * f.applyAsDouble(xs[c], ys[r])) / 1e4;
        return Figure.contour(title, xs, ys, values).measuring(measured).limitX(fromX, toX).limitY(fromY, toY);
    }
}
