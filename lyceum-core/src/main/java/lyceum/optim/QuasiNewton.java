package lyceum.optim;

import lyceum.progress.Progress;

/** The loop that {@link Bfgs} and {@link Lbfgs} share; the curvature makes the difference. */
record QuasiNewton(String name, int maxIterations, int maxEvaluations, double gradientTolerance, double valueTolerance,
        LineSearch lineSearch, Curvature curvature, Box box) {
    private static final int FLAT_STEPS = 4;

    Minimum minimize(Objective f, double[] start, Progress progress) {
        double[] x = box == null ? start.clone() : box.project(start), gradient = new double[x.length], direction = new double[x.length];
        double value = f.at(x, gradient);
        int evaluations = 1, flat = 0;
        if (!Double.isFinite(value) || !Double.isFinite(Vectors.largest(gradient)))
            return new Minimum(x, value, gradient, 0, 1, StopReason.NOT_FINITE);
        if (isStationary(x, gradient)) return new Minimum(x, value, gradient, 0, 1, StopReason.GRADIENT);
        for (int iteration = 0; iteration < maxIterations;) {
            if (evaluations >= maxEvaluations) return new Minimum(x, value, gradient, iteration, evaluations, StopReason.EVALUATIONS);
            curvature.direction(x, gradient, direction);
            // Without curvature the gradient's length says nothing about the step's: begin within a unit of x.
            double first = curvature.isEmpty() ? Math.min(1, 1 / Vectors.norm(gradient)) : 1;
            var line = new RayObjective(f, x, direction, value, gradient, box == null ? null : p -> box.settle(p, x));
            double t = line.startSlope() < 0 ? within(x, direction).search(line, first) : Double.NaN;
            evaluations += line.evaluations();
            if (Double.isNaN(t)) {
                if (curvature.isEmpty())
                    return new Minimum(x, value, gradient, iteration, evaluations, flat > 0 ? StopReason.FLOOR : StopReason.LINE_SEARCH);
                curvature.clear();
                continue;
            }
            curvature.learn(x, gradient, line.point(), line.gradient());
            double fall = value - line.value(), scale = Math.max(1, Math.max(Math.abs(value), Math.abs(line.value())));
            System.arraycopy(line.point(), 0, x, 0, x.length);
            System.arraycopy(line.gradient(), 0, gradient, 0, x.length);
            value = line.value();
            iteration++;
            progress.step(name, iteration, maxIterations, "value", value);
            flat = fall <= 2 * Math.ulp(value) ? flat + 1 : 0;
            var stop = isStationary(x, gradient) ? StopReason.GRADIENT : valueTolerance > 0 && fall <= valueTolerance * scale
                    ? StopReason.VALUE : flat >= FLAT_STEPS ? StopReason.FLOOR : null;
            if (stop != null) return new Minimum(x, value, gradient, iteration, evaluations, stop);
        }
        return new Minimum(x, value, gradient, maxIterations, evaluations, StopReason.ITERATIONS);
    }

    private boolean isStationary(double[] x, double[] gradient) {
        return (box == null ? Vectors.largest(gradient) : box.projectedGradient(x, gradient)) <= gradientTolerance;
    }

    /** The line search, kept from leaving the box. */
    private LineSearch within(double[] x, double[] direction) {
        if (box == null) return lineSearch;
        double longest = box.longest(x, direction);
        return lineSearch instanceof LineSearch.StrongWolfe w
                ? new LineSearch.StrongWolfe(w.c1(), w.c2(), Math.min(w.maxStep(), longest), w.maxEvaluations())
                : (line, first) -> lineSearch.search(line, Math.min(first, longest));
    }
}
