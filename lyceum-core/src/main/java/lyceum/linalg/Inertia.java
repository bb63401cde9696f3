package lyceum.linalg;

/**
 * How many eigenvalues of a symmetric matrix lie above, at and below 0. No change of basis {@code A -> B^T A B} alters it (Sylvester, 1852).
 *
 * @see PositiveDefinite#inertia
 */
public record Inertia(int positive, int zero, int negative) {

    /** All eigenvalues positive: {@code v^T A v > 0} for every v but 0. */
    public boolean isPositiveDefinite() { return zero == 0 && negative == 0; }

    /** None negative: {@code v^T A v >= 0}. */
    public boolean isPositiveSemidefinite() { return negative == 0; }

    /** All negative. */
    public boolean isNegativeDefinite() { return zero == 0 && positive == 0; }

    /** None positive. */
    public boolean isNegativeSemidefinite() { return positive == 0; }

    /** Some of each sign: a saddle. */
    public boolean isIndefinite() { return positive > 0 && negative > 0; }
}
