package lyceum.theory;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.theory.DoubleDescent.FeatureMap;
import lyceum.theory.DoubleDescent.Sample;
import lyceum.withers.Withers;

/**
 * What spare neurons are good for: a student of one hidden layer of ReLUs, {@code sum relu(w_i x)}, learns from a teacher of the same kind,
 * {@code sum relu(v_j x)}, on the exact loss over all standard normal inputs, so that nothing but the shape of the loss can stop it:
 *
 * <pre>
 * F(W) = E (sum relu(w_i x) - sum relu(v_j x))^2 / 2       E relu(w x) relu(v x) = |w| |v| (sin t + (pi - t) cos t) / (2 pi), t their angle
 * </pre>
 *
 * {@snippet :
 * var same = new OverParameterization(10).students(10, 100, Rng.of(1));   // as wide as the teacher: a third of the runs get stuck
 * var spare = new OverParameterization(10).students(12, 100, Rng.of(1));  // two neurons more: none
 * double share = same.stuck();
 * }
 *
 * @param teacher its weights, (neurons, inputs)
 * @param rate of gradient descent
 * @param maxSteps after which a run counts as it is
 * @param solved loss at which a run has succeeded, and ends
 * @param still norm of the gradient at which a run has ended where it is
 * @see <a href="https://arxiv.org/abs/1712.08968">Safran and Shamir (2018)</a>; the kernel of arc cosines: Cho and Saul (2009)
 */
@Withers
public record OverParameterization(double[][] teacher, double rate, int maxSteps, double solved, double still)
        implements OverParameterizationWithers {

    public OverParameterization {
        if (teacher.length == 0 || teacher[0].length == 0)
            throw new ShapeException("OverParameterization: the teacher has no neurons or no inputs");
        for (double[] v : teacher)
            if (v.length != teacher[0].length) throw new ShapeException(
                    "OverParameterization: teacher's neurons of " + teacher[0].length + " and " + v.length + " inputs");
        if (!(rate > 0) || maxSteps < 1 || !(solved > 0) || !(still > 0)) throw new IllegalArgumentException("OverParameterization: rate "
                + rate + ", " + maxSteps + " steps, solved at " + solved + ", still at " + still + "; all above 0");
    }

    /** A teacher of orthonormal neurons, as many as inputs. */
    public OverParameterization(int neurons) { this(Tensor.eye(DType.F64, neurons).toRows(), 0.1, 200_000, 1e-3, 1e-7); }

    /** The population loss of a student, (neurons, inputs). */
    public double loss(double[][] student) { return loss(student, null); }

    /** {@link #loss(double[][])}, and its gradient by the student's weights into {@code gradient} unless that is {@code null}; where a weight vector is 0, of its norm 0. */
    public double loss(double[][] student, double[][] gradient) {
        int d = teacher[0].length;
        for (double[] w : student)
            if (w.length != d)
                throw new ShapeException("OverParameterization: a student's neuron of " + w.length + " inputs, the teacher has " + d);
        double[] lengths = lengths(student), told = lengths(teacher);
        if (gradient != null) for (double[] g : gradient) Arrays.fill(g, 0);
        double sum = 0;
        for (int i = 0; i < student.length; i++) {
            double[] w = student[i], g = gradient == null ? null : gradient[i];
            for (int j = 0; j < student.length; j++) sum += pair(w, lengths[i], student[j], lengths[j], 1, g) / 2;
            for (int j = 0; j < teacher.length; j++) sum -= pair(w, lengths[i], teacher[j], told[j], -1, g);
        }
        for (int i = 0; i < teacher.length; i++)
            for (int j = 0; j < teacher.length; j++) sum += pair(teacher[i], told[i], teacher[j], told[j], 1, null) / 2;
        return sum;
    }

    private static double[] lengths(double[][] rows) {
        var lengths = new double[rows.length];
        for (int i = 0; i < rows.length; i++) {
            double sum = 0;
            for (double v : rows[i]) sum += v * v;
            lengths[i] = Math.sqrt(sum);
        }
        return lengths;
    }

    /** {@code E relu(w x) relu(v x)}; adds {@code sign} times its derivative by w, v held, to {@code gradient}. */
    private static double pair(double[] w, double a, double[] v, double b, double sign, double[] gradient) {
        if (a == 0 || b == 0) return 0;
        double dot = 0;
        for (int k = 0; k < w.length; k++) dot += w[k] * v[k];
        double cos = Math.clamp(dot / (a * b), -1, 1), angle = Math.acos(cos), sin = Math.sqrt(1 - cos * cos);
        if (gradient != null) {
            double along = sign * b * sin / (2 * Math.PI * a), across = sign * (Math.PI - angle) / (2 * Math.PI);
            for (int k = 0; k < w.length; k++) gradient[k] += along * w[k] + across * v[k];
        }
        return a * b * (sin + (Math.PI - angle) * cos) / (2 * Math.PI);
    }

    /** Where one student ended. */
    public record Run(double[][] student, double loss, double gradientNorm, int steps) {}

    /** Gradient descent on the loss from the given weights, which are left as they are. */
    public Run descend(double[][] start) {
        var w = new double[start.length][];
        for (int i = 0; i < w.length; i++) w[i] = start[i].clone();
        var gradient = new double[w.length][teacher[0].length];
        for (int step = 0;; step++) {
            double loss = loss(w, gradient), squares = 0;
            for (double[] g : gradient) for (double v : g) squares += v * v;
            if (loss < solved || Math.sqrt(squares) < still || step == maxSteps) return new Run(w, loss, Math.sqrt(squares), step);
            for (int i = 0; i < w.length; i++) for (int k = 0; k < w[i].length; k++) w[i][k] -= rate * gradient[i][k];
        }
    }

    /** Many students of one width. @param runs in the order of their starts */
    public record Students(int width, Run[] runs, double solved) {
        /** The share of runs that ended above the loss asked for. */
        public double stuck() { return Arrays.stream(runs).filter(r -> r.loss() >= solved).count() / (double) runs.length; }
    }

    /** Students from independent normal weights of variance 1 / width, as many as asked for; the result does not depend on the number of threads. */
    public Students students(int width, int runs, Rng rng) {
        if (width < 1 || runs < 1)
            throw new IllegalArgumentException("OverParameterization: " + runs + " students of width " + width + "; at least 1 each");
        var done = new Run[runs];
        Parallel.range(runs, 1, (from, to) -> {
            for (int r = (int) from; r < to; r++)
                done[r] = descend(Tensor.randn(rng.split(r), DType.F64, width, teacher[0].length).div(Math.sqrt(width)).toRows());
        });
        return new Students(width, done, solved);
    }

    /** Mean squared errors of least-norm fits, [number of samples][number of parameters]. */
    public record FitMap(int[] samples, int[] parameters, double[][] train, double[][] test) {}

    /**
     * Fits with each number of parameters to each number of samples, the first of {@code train}: where p is n a fit is as bad as it gets, far beyond it is perfect on
     * what it has seen and may be good on what it has not. See {@link DoubleDescent}.
     */
    public static FitMap fits(FeatureMap features, Sample train, Sample test, int[] samples, int[] parameters) {
        double[][] seen = new double[samples.length][], unseen = new double[samples.length][];
        for (int i = 0; i < samples.length; i++) {
            var curve = new DoubleDescent(features).sweep(train.first(samples[i]), test, parameters);
            seen[i] = curve.train()[0];
            unseen[i] = curve.test()[0];
        }
        return new FitMap(samples.clone(), parameters.clone(), seen, unseen);
    }
}
