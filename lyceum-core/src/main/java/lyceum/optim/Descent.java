package lyceum.optim;

import java.util.ArrayList;
import java.util.List;

/**
 * A minimiser's way: every point from the start on.
 *
 * @param minimum where it ended
 * @param points the start, and the point after each step
 * @param values the objective at these points
 * @param lengths what each step multiplied the gradient by; one fewer than points
 */
public record Descent(Minimum minimum, List<double[]> points, double[] values, double[] lengths) {

    /** One coordinate along the way. */
    public double[] coordinate(int i) { return points.stream().mapToDouble(p -> p[i]).toArray(); }

    static final class Recorder {
        private final List<double[]> points = new ArrayList<>();
        private final List<Double> values = new ArrayList<>(), lengths = new ArrayList<>();

        void point(double[] x, double value) {
            points.add(x.clone());
            values.add(value);
        }

        void step(double length, double[] x, double value) {
            lengths.add(length);
            point(x, value);
        }

        Descent descent(Minimum minimum) { return new Descent(minimum, List.copyOf(points), doubles(values), doubles(lengths)); }

        private static double[] doubles(List<Double> list) { return list.stream().mapToDouble(Double::doubleValue).toArray(); }
    }
}
