package lyceum.linalg;

import java.util.Optional;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Whether a function adds and scales, {@code f(x + y) = f(x) + f(y)} and {@code f(alpha x) = alpha f(x)}, by trying it: a counterexample refutes it,
 * their absence over many probes is evidence and no proof.
 *
 * {@snippet :
 * var found = new Linearity().counterexample(filter, 64, Rng.of(0));
 * if (found.isPresent()) System.out.println(found.get());          // x, y or alpha, and by how much it fails
 * else solve(LinearMap.of(64, 64, filter), b);
 * }
 *
 * <p>Probes have random directions and signs and sizes from {@code least} to {@code most}, x and y of different ones: clipping shows among the
 * large, a small bias among the small, a threshold in between.
 *
 * @param trials pairs of probes, 50 by default
 * @param least size of the smallest probes, 1e-6 by default
 * @param most size of the largest, 1e6 by default
 * @param tolerance what a law may miss, relative to the largest entry of the three values in it: 1e-9 by default; 1e-4 suits functions in F32
 */
@Withers
public record Linearity(int trials, double least, double most, double tolerance) implements LinearityWithers {
    public Linearity {
        if (trials < 1) throw new IllegalArgumentException("linearity: " + trials + " trials; at least 1 is needed");
        if (!(least > 0 && most >= least)) throw new IllegalArgumentException(
                "linearity: probes from " + least + " to " + most + "; the sizes are positive and in this order");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("linearity: tolerance is " + tolerance + "; it is not negative");
    }

    public Linearity() { this(50, 1e-6, 1e6, 1e-9); }

    /** Where a function is not linear. */
    public sealed interface Counterexample {
        /** Largest entry of the difference between the two sides. */
        double gap();

        /** The two sides for {@code f}, {@code (2, m)}: for checking again. */
        Tensor sides(UnaryOperator<Tensor> f);
    }

    /** {@code f(x + y)} is not {@code f(x) + f(y)}. */
    public record NotAdditive(Tensor x, Tensor y, double gap) implements Counterexample {
        @Override public Tensor sides(UnaryOperator<Tensor> f) { return Tensor.stack(0, f.apply(x.add(y)), f.apply(x).add(f.apply(y))); }
    }

    /** {@code f(alpha x)} is not {@code alpha f(x)}. */
    public record NotHomogeneous(Tensor x, double alpha, double gap) implements Counterexample {
        @Override public Tensor sides(UnaryOperator<Tensor> f) { return Tensor.stack(0, f.apply(x.mul(alpha)), f.apply(x).mul(alpha)); }
    }

    /**
     * The first counterexample that the probes meet, or empty.
     *
     * @param f from vectors of length n, in F64, to vectors of one length
     */
    public Optional<Counterexample> counterexample(UnaryOperator<Tensor> f, int n, Rng rng) {
        for (int trial = 0; trial < trials; trial++) {
            Tensor x = probe(rng, n), y = probe(rng, n), fx = f.apply(x), fy = f.apply(y), sum = f.apply(x.add(y));
            double gap = most(sum.sub(fx).sub(fy));
            if (!(gap <= tolerance * Math.max(most(sum), Math.max(most(fx), most(fy))))) return Optional.of(new NotAdditive(x, y, gap));
            double alpha = trial == 0 ? 0 : (rng.nextDouble() < 0.5 ? -1 : 1) * Math.pow(10, 4 * rng.nextDouble() - 2);
            Tensor scaled = f.apply(x.mul(alpha)), expected = fx.mul(alpha);
            gap = most(scaled.sub(expected));
            if (!(gap <= tolerance * Math.max(most(scaled), most(expected)))) return Optional.of(new NotHomogeneous(x, alpha, gap));
        }
        return Optional.empty();
    }

    /** Whether no counterexample is found. */
    public boolean holds(UnaryOperator<Tensor> f, int n, Rng rng) { return counterexample(f, n, rng).isEmpty(); }

    private Tensor probe(Rng rng, int n) {
        double size = least * Math.pow(most / least, rng.nextDouble());
        return Tensor.randn(rng, DType.F64, n).mul(size).compute();
    }

    private static double most(Tensor x) { return x.count() == 0 ? 0 : x.detach().abs().max().item(); }
}
