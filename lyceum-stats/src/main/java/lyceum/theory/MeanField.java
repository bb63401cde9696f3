package lyceum.theory;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import lyceum.DType;
import lyceum.prob.GaussHermite;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A plain network of random weights, wide enough that its pre-activations are normal: only their variance q and the correlation c of those of two inputs are followed
 * from layer to layer,
 *
 * <pre>
 * q' = vw E phi(sqrt(q) z)^2 + vb        q' c' = vw E phi(u1) phi(u2) + vb, u1 and u2 normal of variance q and correlation c
 * chi = vw E phi'(sqrt(q*) z)^2          what a layer multiplies the squared length of a small perturbation by, q* where q' = q
 * </pre>
 *
 * {@snippet :
 * var field = new MeanField(MeanField.Unit.TANH, 0.9, 0.05);
 * field.chi();                // 0.706: order, perturbations die out
 * field.depth();              // 2.87 layers until they are smaller by e
 * MeanField.critical(MeanField.Unit.RELU, 0);   // 2, He's initialisation
 * }
 *
 * @param unit activation
 * @param weightVariance vw: weights have variance {@code vw / width}
 * @param biasVariance vb
 * @see <a href="https://arxiv.org/abs/1606.05340">Poole and others (2016)</a>
 * @see <a href="https://arxiv.org/abs/1611.01232">Schoenholz and others (2017)</a>
 */
@Withers
public record MeanField(Unit unit, double weightVariance, double biasVariance) implements MeanFieldWithers {
    private static final GaussHermite NORMAL = new GaussHermite(100);

    public MeanField {
        if (!(weightVariance >= 0) || !(biasVariance >= 0)) throw new IllegalArgumentException(
                "MeanField: variances " + weightVariance + " of weights and " + biasVariance + " of biases; at least 0");
    }

    /** An activation and its derivative. */
    public record Unit(String name, DoubleUnaryOperator value, DoubleUnaryOperator slope) {
        public static final Unit TANH = new Unit("tanh", Math::tanh, u -> 1 - Math.tanh(u) * Math.tanh(u));
        public static final Unit RELU = new Unit("ReLU", u -> Math.max(0, u), u -> u > 0 ? 1 : 0);

        double at(double u) { return value.applyAsDouble(u); }

        double slopeAt(double u) { return slope.applyAsDouble(u); }
    }

    /** The next layer's variance. */
    public double variance(double q) {
        double root = Math.sqrt(q);
        return weightVariance * NORMAL.expectation(z -> square(unit.at(root * z))) + biasVariance;
    }

    private static double square(double v) { return v * v; }

    /** Of q, kept where slopes at 0 and at infinity are still their limits. */
    private static double root(double q) { return Math.sqrt(Math.clamp(q, 1e-16, 1e100)); }

    /** The next layer's correlation of two inputs, both of variance q in this one; at 0 its limit. */
    public double correlation(double q, double c) {
        double root = root(q), rest = Math.sqrt(Math.max(0, 1 - c * c));
        double mixed = NORMAL.expectation((a, b) -> unit.at(root * a) * unit.at(root * (c * a + rest * b)));
        return (weightVariance * mixed + biasVariance) / variance(root * root);
    }

    /** q*, where the variance settles from 1, by Newton's method; infinite if it grows without end, 0 if it fades. */
    public double fixedVariance() {
        double q = 1;
        for (int step = 0; step < 10_000; step++) {
            double next = variance(q), slope = varianceSlope(q);
            if (Math.abs(next - q) <= 1e-15 * q) return next;
            if (slope < 1 && q + (next - q) / (1 - slope) > 0) next = q + (next - q) / (1 - slope);
            if (next < 1e-12) return 0;
            if (next > 1e100) return Double.POSITIVE_INFINITY;
            if (Math.abs(next - q) <= 1e-15 * q) return next;
            q = next;
        }
        return q;
    }

    private double varianceSlope(double q) {
        double root = root(q);
        return weightVariance * NORMAL.expectation(z -> unit.at(root * z) * unit.slopeAt(root * z) * z) / root;
    }

    /** chi at q*: below 1 order, above 1 chaos, 1 the edge. */
    public double chi() { return chi(fixedVariance()); }

    /** {@code vw E phi'(sqrt(q) z)^2}; at 0 its limit. */
    public double chi(double q) {
        double root = root(q);
        return weightVariance * NORMAL.expectation(z -> square(unit.slopeAt(root * z)));
    }

    /** {@code -1 / ln chi}: layers in which a perturbation's squared length falls to 1/e; negative in chaos, where it grows. */
    public double depth() { return -1 / Math.log(chi()); }

    /** {@code -1 / ln dq'/dq} at q*: layers in which the variance comes closer to it by e. */
    public double varianceDepth() { return -1 / Math.log(varianceSlope(fixedVariance())); }

    /** c*, where the correlation of two different inputs settles at q*: 1 in order, less in chaos. */
    public double fixedCorrelation() {
        double q = fixedVariance(), c = 0.5;
        for (int l = 0; l < 2_000; l++) {
            double next = Math.min(1, correlation(q, c));
            if (Math.abs(next - c) < 1e-12) return next;
            c = next;
        }
        return c;
    }

    /** The edge of chaos: the weights' variance at which chi is 1, to the last bits. */
    public static double critical(Unit unit, double biasVariance) {
        double low = 0, high = 1;
        while (new MeanField(unit, high, biasVariance).chi() < 1) {
            low = high;
            high *= 2;
            if (high > 1e6)
                throw new IllegalArgumentException("MeanField: " + unit.name() + " has no chaos below a variance of 1e6 of the weights");
        }
        while (true) {
            double middle = low + (high - low) / 2;
            if (middle <= low || middle >= high) return high;
            if (new MeanField(unit, middle, biasVariance).chi() < 1) low = middle;
            else high = middle;
        }
    }

    /**
     * What was seen in one random network, by layer, the first one drawn as normal numbers.
     *
     * @param variance of the pre-activations
     * @param correlation of those of two inputs
     * @param perturbation squared length of a small change of the first input's, over the one in layer 0
     */
    public record Signal(double[] variance, double[] correlation, double[] perturbation) {}

    /**
     * Sends two inputs through a network of random normal weights, the same (except for their scale) for each field.
     *
     * @param q variance in layer 0
     * @param c correlation there
     */
    public static List<Signal> measure(List<MeanField> fields, int width, int layers, double q, double c, Rng rng) {
        Tensor a = Tensor.randn(rng, DType.F64, width).mul(Math.sqrt(q)).compute(),
                b = a.mul(c).add(Tensor.randn(rng, DType.F64, width).mul(Math.sqrt(q * (1 - c * c)))).compute();
        double[] first = a.toDoubleArray(), second = b.toDoubleArray(), change = Tensor.randn(rng, DType.F64, width).toDoubleArray();
        int n = fields.size();
        var states = new double[3 * n][];
        var signals = fields.stream().map(f -> new Signal(new double[layers], new double[layers], new double[layers])).toList();
        for (int f = 0; f < n; f++) {
            states[3 * f] = first.clone();
            states[3 * f + 1] = second.clone();
            states[3 * f + 2] = change.clone();
        }
        for (int l = 0;; l++) {
            for (int f = 0; f < n; f++) {
                double[] u = states[3 * f], v = states[3 * f + 1], d = states[3 * f + 2];
                var seen = signals.get(f);
                seen.variance[l] = dot(u, u) / width;
                seen.correlation[l] = dot(u, v) / Math.sqrt(dot(u, u) * dot(v, v));
                seen.perturbation[l] = dot(d, d) / dot(change, change);
            }
            if (l == layers - 1) return signals;
            for (int f = 0; f < n; f++) activate(fields.get(f).unit, states[3 * f], states[3 * f + 1], states[3 * f + 2]);
            var weights = Tensor.randn(rng, DType.F32, width, width);
            double[][] next = Tensor.of(states).to(DType.F32).matmul(weights).to(DType.F64).toRows();
            double[] biases = Tensor.randn(rng, DType.F64, width).toDoubleArray();
            for (int f = 0; f < n; f++) {
                double scale = Math.sqrt(fields.get(f).weightVariance / width), bias = Math.sqrt(fields.get(f).biasVariance);
                for (int i = 0; i < width; i++)
                    for (int part = 0; part < 3; part++)
                        states[3 * f + part][i] = scale * next[3 * f + part][i] + (part < 2 ? bias * biases[i] : 0);
            }
        }
    }

    private static void activate(Unit unit, double[] u, double[] v, double[] change) {
        for (int i = 0; i < u.length; i++) {
            change[i] *= unit.slopeAt(u[i]);
            u[i] = unit.at(u[i]);
            v[i] = unit.at(v[i]);
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }
}
