package lyceum.stats;

import lyceum.math.Special;
import lyceum.tensor.Tensor;

/**
 * A coordinate for a parameter with limited support: {@code eta = g(theta)} may take any real value (for {@link #RECIPROCAL}, any but 0).
 * Optimisers walk in eta.
 */
public enum Transform {
    /** {@code eta = theta}. */
    IDENTITY {
        @Override public double to(double theta) { return theta; }

        @Override public double from(double eta) { return eta; }

        @Override public Tensor from(Tensor eta) { return eta; }

        @Override public Tensor logSlope(Tensor eta) { return eta.zerosLike(); }
    },
    /** {@code eta = log theta}, for positive parameters. */
    LOG {
        @Override public double to(double theta) { return Math.log(positive(theta)); }

        @Override public double from(double eta) { return Math.exp(eta); }

        @Override public Tensor from(Tensor eta) { return eta.exp(); }

        @Override public Tensor logSlope(Tensor eta) { return eta; }
    },
    /** {@code eta = log(theta / (1 - theta))}, for parameters between 0 and 1. */
    LOGIT {
        @Override public double to(double theta) {
            if (!(theta > 0 && theta < 1))
                throw new IllegalArgumentException("Transform LOGIT: " + theta + " has no logit; it must lie strictly between 0 and 1");
            return Math.log(theta) - Math.log1p(-theta);
        }

        @Override public double from(double eta) { return Special.sigmoid(eta); }

        @Override public Tensor from(Tensor eta) { return eta.sigmoid(); }

        @Override public Tensor logSlope(Tensor eta) { return eta.softplus().add(eta.neg().softplus()).neg(); }
    },
    /** {@code eta = 1 / theta}, for positive parameters: a rate for a mean. */
    RECIPROCAL {
        @Override public double to(double theta) { return 1 / positive(theta); }

        @Override public double from(double eta) { return 1 / eta; }

        @Override public Tensor from(Tensor eta) { return eta.reciprocal(); }

        @Override public Tensor logSlope(Tensor eta) { return eta.abs().log().mul(-2); }
    };

    /** {@code g(theta)}. @throws IllegalArgumentException outside the support */
    public abstract double to(double theta);

    /** {@code g^-1(eta)}. */
    public abstract double from(double eta);

    /** The same, element by element and differentiable. */
    public abstract Tensor from(Tensor eta);

    /** {@code log |d theta / d eta|}, element by element: what a log-density of theta gains when it is written in eta. */
    public abstract Tensor logSlope(Tensor eta);

    /** {@code d theta / d eta}. */
    public double slope(double eta) {
        return switch (this) {
            case IDENTITY -> 1;
            case LOG -> Math.exp(eta);
            case LOGIT -> Special.sigmoid(eta) * Special.sigmoid(-eta);
            case RECIPROCAL -> -1 / (eta * eta);
        };
    }

    /** {@code d^2 theta / d eta^2}. */
    public double bend(double eta) {
        return switch (this) {
            case IDENTITY -> 0;
            case LOG -> Math.exp(eta);
            case LOGIT -> slope(eta) * (Special.sigmoid(-eta) - Special.sigmoid(eta));
            case RECIPROCAL -> 2 / (eta * eta * eta);
        };
    }

    private static double positive(double theta) {
        if (!(theta > 0)) throw new IllegalArgumentException("Transform: " + theta + " is outside the support; it must be positive");
        return theta;
    }
}
