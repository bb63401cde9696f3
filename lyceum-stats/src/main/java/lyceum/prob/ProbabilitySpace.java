package lyceum.prob;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/**
 * Kolmogorov's triple on finitely many points: the points, the events that may be asked about, and their probabilities.
 *
 * {@snippet :
 * var die = ProbabilitySpace.of(1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0);
 * var x = die.variable(1, 2, 3, 4, 5, 6);
 * x.expectation();                                              // 3.5
 * var parity = SigmaAlgebra.generatedBy(6, 0b010101);
 * x.given(parity);                                              // 3 on odd faces, 4 on even ones
 * new ProbabilitySpace(parity, 0.5, 0.5).variable(1, 2, 3, 4, 5, 6);   // refused: no event separates 1 from 3
 * }
 *
 * @see <a href="https://doi.org/10.1007/978-3-642-49888-6">Kolmogorov (1933), Grundbegriffe der Wahrscheinlichkeitsrechnung</a>
 */
public final class ProbabilitySpace {
    private final SigmaAlgebra events;
    private final double[] mass;

    /** @param mass of each atom, in the order of {@link SigmaAlgebra#atoms}: at least 0, with sum 1 to 1e-9 */
    public ProbabilitySpace(SigmaAlgebra events, double... mass) {
        long[] atoms = events.atoms();
        if (mass.length != atoms.length)
            throw new IllegalArgumentException("ProbabilitySpace: " + mass.length + " masses for " + atoms.length + " atoms " + events);
        double sum = 0;
        for (int i = 0; i < mass.length; i++) {
            if (!(mass[i] >= 0)) throw new IllegalArgumentException(
                    "ProbabilitySpace: P" + SigmaAlgebra.describe(atoms[i]) + " is " + mass[i] + "; it is at least 0");
            sum += mass[i];
        }
        if (!(Math.abs(sum - 1) <= 1e-9))
            throw new IllegalArgumentException("ProbabilitySpace: the whole has probability " + sum + "; it has 1");
        this.events = events;
        this.mass = mass.clone();
    }

    /** Every set of points is an event. */
    public static ProbabilitySpace of(double... probabilities) {
        return new ProbabilitySpace(SigmaAlgebra.power(probabilities.length), probabilities);
    }

    public SigmaAlgebra events() { return events; }

    /** Of an event. @throws IllegalArgumentException if it splits an atom, and so has no probability here */
    public double probability(long event) {
        if (!events.contains(event)) throw new IllegalArgumentException(
                "probability: " + SigmaAlgebra.describe(event) + " is not an event of this space; its atoms are " + events);
        long[] atoms = events.atoms();
        double sum = 0;
        for (int i = 0; i < atoms.length; i++) if ((atoms[i] & event) != 0) sum += mass[i];
        return sum;
    }

    /**
     * A random variable: a map from points to numbers.
     *
     * @throws IllegalArgumentException if it is not measurable; names two points that no event separates, and {@code {X <= x}} that is none
     */
    public RandomVariable variable(double... values) {
        events.notMeasurable(values).ifPresent(w -> {
            throw new IllegalArgumentException("variable: the map is " + values[w.a()] + " at " + w.a() + " and " + values[w.b()] + " at "
                    + w.b() + ", which no event separates: {X <= " + Math.min(values[w.a()], values[w.b()]) + "} = "
                    + SigmaAlgebra.describe(w.event()) + " is not measurable");
        });
        return new RandomVariable(this, values.clone());
    }

    /** A measurable map; made by {@link #variable}. */
    public static final class RandomVariable {
        private final ProbabilitySpace space;
        private final double[] values;

        private RandomVariable(ProbabilitySpace space, double[] values) {
            this.space = space;
            this.values = values;
        }

        /** At every point. A copy. */
        public double[] values() { return values.clone(); }

        /** {@code sum X(atom) P(atom)}. */
        public double expectation() {
            long[] atoms = space.events.atoms();
            double sum = 0;
            for (int i = 0; i < atoms.length; i++) sum += values[Long.numberOfTrailingZeros(atoms[i])] * space.mass[i];
            return sum;
        }

        /** {@code E (X - E X)^2}. */
        public double variance() {
            double mean = expectation();
            return map(x -> (x - mean) * (x - mean)).expectation();
        }

        /** {@code E (X - E X)(Y - E Y)}. */
        public double covariance(RandomVariable y) {
            double mean = expectation(), other = y.expectation();
            return with(y, (a, b) -> (a - mean) * (b - other)).expectation();
        }

        /** {@code int_0^inf P(X > t) dt - int_-inf^0 P(X <= t) dt}, which is the expectation: the area above the cdf less that below it. */
        public double tailSum() {
            double[] at = Arrays.copyOf(values, values.length + 1); // and 0
            Arrays.sort(at);
            double sum = 0;
            for (int i = 1; i < at.length; i++) {
                if (at[i] == at[i - 1]) continue;
                long below = 0;
                for (int j = 0; j < values.length; j++) if (values[j] <= at[i - 1]) below |= 1L << j;
                double cdf = space.probability(below), width = at[i] - at[i - 1];
                sum += at[i - 1] >= 0 ? width * (1 - cdf) : -width * cdf;
            }
            return sum;
        }

        /** {@code f(X)}. */
        public RandomVariable map(DoubleUnaryOperator f) { return new RandomVariable(space, Arrays.stream(values).map(f).toArray()); }

        /** {@code f(X, Y)}. */
        public RandomVariable with(RandomVariable y, DoubleBinaryOperator f) {
            if (y.space != space) throw new IllegalArgumentException("with: the two variables live on different spaces");
            var all = new double[values.length];
            for (int i = 0; i < all.length; i++) all[i] = f.applyAsDouble(values[i], y.values[i]);
            return new RandomVariable(space, all);
        }

        /** {@code X + Y}. */
        public RandomVariable plus(RandomVariable y) { return with(y, Double::sum); }

        /** {@code X Y}. */
        public RandomVariable times(RandomVariable y) { return with(y, (a, b) -> a * b); }

        /**
         * {@code E[X | G]}: on each atom of G the mean of X over it; the projection of X onto the variables that G can tell, the best guess of X in
         * squared error. On atoms of probability 0, where anything would do, it is 0.
         *
         * @param g coarser than the events of the space
         */
        public RandomVariable given(SigmaAlgebra g) {
            if (!space.events.refines(g))
                throw new IllegalArgumentException("given: " + g + " has events that the space " + space.events + " lacks");
            long[] atoms = space.events.atoms();
            var means = new double[values.length];
            for (long coarse : g.atoms()) {
                double sum = 0, p = 0;
                for (int i = 0; i < atoms.length; i++) if ((atoms[i] & coarse) != 0) {
                    sum += values[Long.numberOfTrailingZeros(atoms[i])] * space.mass[i];
                    p += space.mass[i];
                }
                for (int j = 0; j < values.length; j++) if ((coarse >> j & 1) == 1) means[j] = p == 0 ? 0 : sum / p;
            }
            return new RandomVariable(space, means);
        }

        /** Its law. */
        public FiniteDistribution law() {
            long[] atoms = space.events.atoms();
            return FiniteDistribution.of(Arrays.stream(atoms).mapToDouble(a -> values[Long.numberOfTrailingZeros(a)]).toArray(),
                    space.mass);
        }

        @Override public String toString() { return Arrays.toString(values); }
    }
}
