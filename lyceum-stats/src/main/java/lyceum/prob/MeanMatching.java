package lyceum.prob;

import lyceum.linalg.Cholesky;
import lyceum.tensor.Tensor;

/** Newton's method for {@code grad A(eta) = mean}, on a convex A. */
final class MeanMatching {
    private MeanMatching() {}

    static double[] solve(ExponentialFamily<?> family, double[] mean) {
        double[] eta = family.start(mean);
        double last = Double.POSITIVE_INFINITY;
        for (int step = 0; step < 1_000; step++) {
            double[] slope = family.mean(eta);
            for (int i = 0; i < slope.length; i++) slope[i] -= mean[i];
            double[] direction = Cholesky.of(Tensor.of(family.covariance(eta))).solve(Tensor.of(slope)).toDoubleArray();
            double decrement = 0;
            for (int i = 0; i < slope.length; i++) decrement += slope[i] * direction[i];
            decrement = Math.sqrt(Math.max(0, decrement));
            // Near the solution the decrement is squared each time, until rounding stops it
            if (decrement == 0 || decrement < 1e-7 && decrement >= last / 2) return eta;
            last = decrement;
            // Nesterov's damping never leaves the domain of a self-concordant A
            double length = decrement < 0.25 ? 1 : 1 / (1 + decrement);
            var next = moved(eta, direction, length);
            while (!family.contains(next)) next = moved(eta, direction, length /= 2);
            eta = next;
        }
        throw new ArithmeticException("fit: no convergence after 1,000 Newton steps; the mean statistic lies too close to the edge");
    }

    private static double[] moved(double[] eta, double[] direction, double length) {
        var next = eta.clone();
        for (int i = 0; i < next.length; i++) next[i] -= length * direction[i];
        return next;
    }
}
