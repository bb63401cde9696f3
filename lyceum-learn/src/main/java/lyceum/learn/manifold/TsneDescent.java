package lyceum.learn.manifold;

import java.util.Arrays;
import lyceum.progress.Progress;

/** Gradient steps with momentum and a gain for each coordinate, which grows while the gradient keeps its sign (Jacobs 1988). */
record TsneDescent(Tsne settings, double rate) {
    private static final int CHECK = 50, PATIENCE = 300;
    private static final double LEAST_GRADIENT = 1e-7, LEAST_GAIN = 0.01;

    /** Moves {@code y} (n d). @return the divergence that is reached */
    double run(PairAffinities p, Repulsion repulsion, double[] y, Progress progress) {
        int d = settings.components(), steps = settings.iterations(), early = Math.min(settings.exaggerated(), steps / 2);
        double[] gradient = new double[y.length], velocity = new double[y.length], gains = new double[y.length];
        Arrays.fill(gains, 1);
        double best = Double.POSITIVE_INFINITY, divergence = Double.NaN;
        int bestStep = 0;
        for (int step = 0; step < steps; step++) {
            if (step == early) {
                Arrays.fill(velocity, 0);
                Arrays.fill(gains, 1);
                best = Double.POSITIVE_INFINITY;
                bestStep = step;
            }
            double z = gradient(p, repulsion, step < early ? settings.exaggeration() : 1, y, d, gradient);
            double norm = 0, momentum = step < early ? 0.5 : 0.8;
            // The divergence before this step.
            boolean check = (step + 1) % CHECK == 0;
            if (check) divergence = p.divergence(y, d, z);
            for (int i = 0; i < y.length; i++) {
                norm += gradient[i] * gradient[i];
                gains[i] = velocity[i] * gradient[i] < 0 ? gains[i] + 0.2 : Math.max(LEAST_GAIN, gains[i] * 0.8);
                velocity[i] = momentum * velocity[i] - rate * gains[i] * gradient[i];
                y[i] += velocity[i];
            }
            progress.step("t-SNE", step + 1, steps, "divergence", divergence);
            if (!check || step < early) continue;
            if (divergence < best) {
                best = divergence;
                bestStep = step;
            } else if (step - bestStep > PATIENCE) break;
            if (Math.sqrt(norm) <= LEAST_GRADIENT) break;
        }
        centre(y, d);
        return p.divergence(y, d, repulsion.forces(y, d, gradient));
    }

    /** {@code 4 sum_j (a p_ij - q_ij / Z) q_ij (y_i - y_j)} with unscaled q. @return Z, the sum of q */
    static double gradient(PairAffinities p, Repulsion repulsion, double exaggeration, double[] y, int d, double[] out) {
        var push = new double[y.length];
        double z = repulsion.forces(y, d, push);
        p.attract(y, d, out);
        for (int i = 0; i < y.length; i++) out[i] = 4 * (exaggeration * out[i] - push[i] / z);
        return z;
    }

    private static void centre(double[] y, int d) {
        int n = y.length / d;
        for (int c = 0; c < d; c++) {
            double mean = 0;
            for (int i = 0; i < n; i++) mean += y[i * d + c] / n;
            for (int i = 0; i < n; i++) y[i * d + c] -= mean;
        }
    }
}
