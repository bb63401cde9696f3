package lyceum.backend.math;

/** Polynomials in lanes. */
final class Polynomials {
    private Polynomials() {}

    /** Horner's rule; the coefficient of the highest power stands first. */
    static <V, M> V horner(Arithmetic<V, M> a, V x, double... coefficients) {
        V sum = a.constant(coefficients[0]);
        for (int k = 1; k < coefficients.length; k++) sum = a.fma(sum, x, a.constant(coefficients[k]));
        return sum;
    }

    /** As {@link #horner}, going on from {@code sum} as the value of the higher powers. */
    static <V, M> V horner(Arithmetic<V, M> a, V sum, V x, double... coefficients) {
        for (double c : coefficients) sum = a.fma(sum, x, a.constant(c));
        return sum;
    }
}
