package lyceum.labs.core;

import java.util.function.DoubleBinaryOperator;
import lyceum.plot.Figure;
import lyceum.plot.Plot;

/** The floor that optimisers walk on, as colour and contours under their paths. */
final class Landscape {
    private Landscape() {}

    /** Values of f over a rectangle, with the axes ending at its edges. */
    static Plot of(String title, double fromX, double toX, double fromY, double toY, String measured, DoubleBinaryOperator f) {
        return Figure.plot(title).surface(fromX, toX, fromY, toY, (x, y) -> Math.rint(1e4 * f.applyAsDouble(x, y)) / 1e4).contours()
                .measuring(measured).limitX(fromX, toX).limitY(fromY, toY);
    }
}
