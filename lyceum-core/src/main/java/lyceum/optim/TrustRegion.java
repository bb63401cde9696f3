package lyceum.optim;

import lyceum.linalg.Eigen;
import lyceum.tensor.Tensor;

/** A ball in which the parabola {@code g'p + p'Hp/2} is believed (Nocedal and Wright 2006, algorithms 4.1 and 4.3). */
final class TrustRegion {
    private static final double WIDEST = 1e10, LEAST_SUCCESS = 1e-4;

    private double radius = 1;
    private double predicted, length;

    /** The minimiser of the parabola in the ball. */
    double[] step(double[][] hessian, double[] gradient) {
        int n = gradient.length;
        var eigen = Eigen.symmetric(Tensor.of(hessian));
        double[] values = eigen.values().toDoubleArray();
        double[][] vectors = eigen.vectors().transpose().toRows();
        var along = new double[n];
        double least = Double.POSITIVE_INFINITY, size = 0;
        for (int i = 0; i < n; i++) {
            along[i] = Vectors.dot(vectors[i], gradient);
            least = Math.min(least, values[i]);
            size = Math.max(size, Math.abs(values[i]));
        }
        // |p(shift)| falls in shift; the right one is 0 or the root of |p(shift)| = radius above -least.
        double floor = Math.max(0, -least), shift = floor;
        double tiny = 1e-14 * Math.max(size, Double.MIN_NORMAL);
        if (least <= tiny || norm(values, along, 0) > radius) {
            double low = floor, high = floor + Vectors.norm(gradient) / radius + tiny;
            for (int i = 0; i < 200 && high - low > 1e-14 * high; i++) {
                shift = low + (high - low) / 2;
                if (norm(values, along, shift) > radius) low = shift;
                else high = shift;
            }
            shift = high;
        }
        var p = new double[n];
        for (int i = 0; i < n; i++) Vectors.addScaled(p, -along[i] / (values[i] + shift), vectors[i]);
        length = Vectors.norm(p);
        if (least < 0 && length < 0.99 * radius) {
            // The hard case: g has no part along the lowest eigenvector, which then leads to the edge.
            for (int i = 0; i < n; i++) {
                if (values[i] != least) continue;
                double part = Vectors.dot(p, vectors[i]), rest = Math.sqrt(Math.max(0, radius * radius - length * length + part * part));
                Vectors.addScaled(p, (part > 0 ? rest : -rest) - part, vectors[i]);
                break;
            }
            length = Vectors.norm(p);
        }
        predicted = 0;
        for (int i = 0; i < n; i++) {
            double part = Vectors.dot(p, vectors[i]);
            predicted -= along[i] * part + values[i] * part * part / 2;
        }
        return p;
    }

    private static double norm(double[] values, double[] along, double shift) {
        double sum = 0;
        for (int i = 0; i < values.length; i++) sum += along[i] / (values[i] + shift) * (along[i] / (values[i] + shift));
        return Math.sqrt(sum);
    }

    /** Tries the step and sets the next radius. Where rounding hides the decrease, the step is taken if the gradient shrinks. */
    boolean accept(RayObjective line, double startGradient) {
        line.to(1);
        double noise = 16 * Math.ulp(line.startValue()), fall = line.startValue() - line.value();
        boolean hidden = predicted <= noise && Math.abs(fall) <= noise;
        double ratio = !line.isFinite() ? -1 : hidden ? Vectors.largest(line.gradient()) < startGradient ? 1 : -1 : fall / predicted;
        if (!(ratio >= 0.25)) radius = length / 4;
        else if (ratio > 0.75 && length > 0.8 * radius) radius = Math.min(2 * radius, WIDEST);
        return ratio > LEAST_SUCCESS;
    }

    boolean isExhausted(double[] x) { return radius <= 1e-16 * Math.max(1, Vectors.largest(x)); }
}
