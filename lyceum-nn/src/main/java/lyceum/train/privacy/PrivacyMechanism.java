package lyceum.train.privacy;

import lyceum.DType;
import lyceum.math.Incomplete;
import lyceum.prob.Laplace;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Releases that are differentially private by themselves. The sensitivity is the most by which one row can change what is released.
 *
 * <p>Noise is drawn in F64 from a generator that is no cryptographic one: against an adversary who knows its state, or reads the last bits of a
 * number (Mironov 2012), nothing is promised.
 *
 * @see <a href="https://doi.org/10.1561/0400000042">Dwork and Roth (2014), sections 3.3, 3.4 and appendix A</a>
 */
public final class PrivacyMechanism {
    private PrivacyMechanism() {}

    /** Values with Laplace noise of scale {@code sensitivity / epsilon}: epsilon-private. @param sensitivity in the 1-norm */
    public static Tensor laplace(Tensor values, double sensitivity, double epsilon, Rng rng) {
        positive("sensitivity", sensitivity);
        positive("epsilon", epsilon);
        var law = new Laplace(0, sensitivity / epsilon);
        var noise = new double[Math.toIntExact(values.count())];
        for (int i = 0; i < noise.length; i++) noise[i] = law.quantile(rng.nextDoublePositive());
        return values.to(DType.F64).add(Tensor.of(noise, values.shape().toArray())).compute();
    }

    /** Values with normal noise of {@link #gaussianScale}: (epsilon, delta)-private. @param sensitivity in the 2-norm */
    public static Tensor gaussian(Tensor values, double sensitivity, double epsilon, double delta, Rng rng) {
        var noise = Tensor.randn(rng, DType.F64, values.shape().toArray()).mul(gaussianScale(sensitivity, epsilon, delta));
        return values.to(DType.F64).add(noise).compute();
    }

    /** The least standard deviation that is (epsilon, delta)-private, for any epsilon above 0 (Balle and Wang 2018, theorem 8). */
    public static double gaussianScale(double sensitivity, double epsilon, double delta) {
        positive("sensitivity", sensitivity);
        positive("epsilon", epsilon);
        PrivacyAccountant.probability("delta", delta);
        double low = 0, high = 1;
        while (gaussianDelta(high, epsilon) > delta) low = high *= 2;
        if (low > 0) low /= 2;
        for (int i = 0; i < 200 && high - low > 1e-14 * high; i++) {
            double middle = 0.5 * (low + high);
            if (gaussianDelta(middle, epsilon) > delta) low = middle;
            else high = middle;
        }
        return high * sensitivity;
    }

    /** The exact delta at epsilon of one Gaussian release: {@code Phi(1/(2 s) - epsilon s) - e^epsilon Phi(-1/(2 s) - epsilon s)}. @param sigma noise over sensitivity */
    public static double gaussianDelta(double sigma, double epsilon) {
        positive("sigma", sigma);
        double far = Incomplete.normalCdf(-0.5 / sigma - epsilon * sigma);
        return Math.max(0, Incomplete.normalCdf(0.5 / sigma - epsilon * sigma) - (far == 0 ? 0 : Math.exp(epsilon + Math.log(far))));
    }

    /** One of many, with {@link #exponentialProbabilities}: epsilon-private. */
    public static int exponential(double[] utilities, double sensitivity, double epsilon, Rng rng) {
        double[] p = exponentialProbabilities(utilities, sensitivity, epsilon);
        double u = rng.nextDouble();
        for (int i = 0; i < p.length - 1; i++) if ((u -= p[i]) < 0) return i;
        return p.length - 1;
    }

    /** {@code exp(epsilon u / (2 sensitivity))}, normalised: good choices are likely, and one row shifts no utility by more than the sensitivity. */
    public static double[] exponentialProbabilities(double[] utilities, double sensitivity, double epsilon) {
        positive("sensitivity", sensitivity);
        positive("epsilon", epsilon);
        if (utilities.length == 0) throw new IllegalArgumentException("PrivacyMechanism.exponential: there is nothing to choose from");
        return Tensor.of(utilities).mul(epsilon / (2 * sensitivity)).softmax(0).toDoubleArray();
    }

    private static void positive(String name, double value) {
        if (!(value > 0)) throw new IllegalArgumentException("PrivacyMechanism: " + name + " is " + value + "; it is above 0");
    }
}
