package lyceum.learn.svm;

/**
 * What a {@link KernelMachine} pays for saying f where y is true. Squared and logistic loss are smooth; the others are the largest of a
 * few straight lines, {@code max_k slopes[k] f + offsets[k]}.
 */
public sealed interface MachineLoss {
    /** The loss. */
    double of(double y, double f);

    /** {@code (y - f)^2 / 2}. */
    record Squared() implements MachineLoss {
        @Override public double of(double y, double f) { return 0.5 * (y - f) * (y - f); }
    }

    /** {@code log(1 + exp(-y f))} for y = 1 or -1. */
    record Logistic() implements MachineLoss {
        @Override public double of(double y, double f) {
            return y * f > 0 ? Math.log1p(Math.exp(-y * f)) : -y * f + Math.log1p(Math.exp(y * f));
        }
    }

    /** {@code max(0, 1 - y f)} for y = 1 or -1: a support vector machine without an intercept. */
    record Hinge() implements MachineLoss {
        @Override public double of(double y, double f) { return Math.max(0, 1 - y * f); }
    }

    /** {@code max(tau (y - f), (tau - 1) (y - f))}: f becomes the quantile tau of y. @param tau between 0 and 1 */
    record Quantile(double tau) implements MachineLoss {
        public Quantile {
            if (!(tau > 0 && tau < 1)) throw new IllegalArgumentException("Quantile: tau is " + tau + "; it lies strictly between 0 and 1");
        }

        @Override public double of(double y, double f) { return Math.max(tau * (y - f), (tau - 1) * (y - f)); }
    }

    /** {@code max(0, |y - f| - epsilon)}. @param epsilon at least 0, in units of y */
    record EpsilonInsensitive(double epsilon) implements MachineLoss {
        public EpsilonInsensitive {
            if (!(epsilon >= 0)) throw new IllegalArgumentException("EpsilonInsensitive: epsilon is " + epsilon + "; it is at least 0");
        }

        @Override public double of(double y, double f) { return Math.max(0, Math.abs(y - f) - epsilon); }
    }

    /** Slopes of the lines at target y, none for smooth losses. */
    default double[] slopes(double y) {
        return switch (this) {
            case Squared(),Logistic() -> new double[0];
            case Hinge() -> new double[] {0, -y};
            case Quantile(double tau) -> new double[] {-tau, 1 - tau};
            case EpsilonInsensitive(double epsilon) -> new double[] {0, -1, 1};
        };
    }

    /** Values of the lines at {@code f = 0}. */
    default double[] offsets(double y) {
        return switch (this) {
            case Squared(),Logistic() -> new double[0];
            case Hinge() -> new double[] {0, 1};
            case Quantile(double tau) -> new double[] {tau * y, (tau - 1) * y};
            case EpsilonInsensitive(double epsilon) -> new double[] {0, y - epsilon, -y - epsilon};
        };
    }

    /** Whether targets are 1 and -1. */
    default boolean isForSigns() { return this instanceof Logistic || this instanceof Hinge; }
}
