package lyceum.optim;

/** A function of one number that {@link Expression} is made of, with what the composition rules need to know about it. */
public enum Atom {
    EXP {
        @Override double at(double u) { return Math.exp(u); }

        @Override double slope(double u) { return Math.exp(u); }

        @Override Range range(Range u) { return new Range(Math.max(0, Math.nextDown(Math.exp(u.low()))), Math.nextUp(Math.exp(u.high()))); }

        @Override Curvature curvature(Range u) { return Curvature.CONVEX; }

        @Override int direction(Range u) { return 1; }

        @Override DecimalInterval enclose(DecimalInterval u) { return u.exp(); }
    },
    LOG {
        @Override double at(double u) { return u < 0 ? Double.NaN : Math.log(u); }

        @Override double slope(double u) { return 1 / u; }

        @Override Range range(Range u) {
            return new Range(Math.nextDown(Math.log(Math.max(0, u.low()))), Math.nextUp(Math.log(Math.max(0, u.high()))));
        }

        @Override Curvature curvature(Range u) { return Curvature.CONCAVE; }

        @Override int direction(Range u) { return 1; }

        @Override DecimalInterval enclose(DecimalInterval u) { return u.log(); }
    },
    SQRT {
        @Override double at(double u) { return Math.sqrt(u); }

        @Override double slope(double u) { return 0.5 / Math.sqrt(u); }

        @Override Range range(Range u) {
            return new Range(Math.max(0, Math.nextDown(Math.sqrt(Math.max(0, u.low())))), Math.nextUp(Math.sqrt(Math.max(0, u.high()))));
        }

        @Override Curvature curvature(Range u) { return Curvature.CONCAVE; }

        @Override int direction(Range u) { return 1; }

        @Override DecimalInterval enclose(DecimalInterval u) { return u.sqrt(); }
    },
    ABS {
        @Override double at(double u) { return Math.abs(u); }

        @Override double slope(double u) { return Math.signum(u); }

        @Override Range range(Range u) { return new Range(u.mignitude(), u.magnitude()); }

        @Override Curvature curvature(Range u) { return Curvature.CONVEX; }

        @Override int direction(Range u) { return u.sign(); }

        @Override DecimalInterval enclose(DecimalInterval u) { return u.abs(); }
    },
    SQUARE {
        @Override double at(double u) { return u * u; }

        @Override double slope(double u) { return 2 * u; }

        @Override Range range(Range u) {
            double m = u.mignitude();
            return new Range(Math.max(0, Math.nextDown(m * m)), Math.nextUp(u.magnitude() * u.magnitude()));
        }

        @Override Curvature curvature(Range u) { return Curvature.CONVEX; }

        @Override int direction(Range u) { return u.sign(); }

        @Override DecimalInterval enclose(DecimalInterval u) { return u.abs().times(u.abs()); }
    },
    CUBE {
        @Override double at(double u) { return u * u * u; }

        @Override double slope(double u) { return 3 * u * u; }

        @Override Range range(Range u) {
            return new Range(Math.nextDown(at(Math.nextDown(u.low()))), Math.nextUp(at(Math.nextUp(u.high()))));
        }

        @Override Curvature curvature(Range u) {
            return u.sign() > 0 ? Curvature.CONVEX : u.sign() < 0 ? Curvature.CONCAVE : Curvature.UNKNOWN;
        }

        @Override int direction(Range u) { return 1; }

        @Override DecimalInterval enclose(DecimalInterval u) { return u.times(u.abs()).times(u.abs()); }
    },
    /** {@code 1 / u}; convex for u above 0. */
    RECIPROCAL {
        @Override double at(double u) { return 1 / u; }

        @Override double slope(double u) { return -1 / (u * u); }

        @Override Range range(Range u) {
            return u.low() > 0 || u.high() < 0 ? new Range(Math.nextDown(1 / u.high()), Math.nextUp(1 / u.low())) : Range.ALL;
        }

        @Override Curvature curvature(Range u) {
            return u.low() > 0 ? Curvature.CONVEX : u.high() < 0 ? Curvature.CONCAVE : Curvature.UNKNOWN;
        }

        @Override int direction(Range u) { return u.low() > 0 || u.high() < 0 ? -1 : 0; }

        @Override DecimalInterval enclose(DecimalInterval u) { return u.reciprocal(); }
    },
    /** {@code log(1 + exp(u))}. */
    SOFTPLUS {
        @Override double at(double u) { return Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u))); }

        @Override double slope(double u) { return 1 / (1 + Math.exp(-u)); }

        @Override Range range(Range u) { return new Range(Math.max(0, at(u.low()) * (1 - 1e-15)), at(u.high()) * (1 + 1e-15)); }

        @Override Curvature curvature(Range u) { return Curvature.CONVEX; }

        @Override int direction(Range u) { return 1; }

        @Override DecimalInterval enclose(DecimalInterval u) { return u.exp().plus(DecimalInterval.of(1)).log(); }
    },
    SIN {
        @Override double at(double u) { return Math.sin(u); }

        @Override double slope(double u) { return Math.cos(u); }

        @Override Range range(Range u) { return new Range(-1, 1); }

        @Override Curvature curvature(Range u) { return Curvature.UNKNOWN; }

        @Override int direction(Range u) { return 0; }

        @Override DecimalInterval enclose(DecimalInterval u) { return u.sin(); }
    };

    /** What is known of convexity. */
    public enum Curvature {
        AFFINE, CONVEX, CONCAVE, UNKNOWN;

        Curvature negated() { return this == CONVEX ? CONCAVE : this == CONCAVE ? CONVEX : this; }

        Curvature plus(Curvature other) { return this == other || other == AFFINE ? this : this == AFFINE ? other : UNKNOWN; }
    }

    /** Numbers between two bounds, which are rounded outwards. */
    record Range(double low, double high) {
        static final Range ALL = new Range(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

        /** 1 if nothing lies below 0, -1 if nothing lies above, else 0. */
        int sign() { return low >= 0 ? 1 : high <= 0 ? -1 : 0; }

        double magnitude() { return Math.max(Math.abs(low), Math.abs(high)); }

        double mignitude() { return sign() == 0 ? 0 : Math.min(Math.abs(low), Math.abs(high)); }

        Range plus(Range other) { return new Range(Math.nextDown(low + other.low), Math.nextUp(high + other.high)); }

        Range times(Range other) {
            double[] ends = {low * other.low, low * other.high, high * other.low, high * other.high};
            double least = Double.POSITIVE_INFINITY, most = Double.NEGATIVE_INFINITY;
            for (double end : ends) {
                if (Double.isNaN(end)) return ALL;
                least = Math.min(least, end);
                most = Math.max(most, end);
            }
            return new Range(sign() * other.sign() > 0 ? Math.max(0, Math.nextDown(least)) : Math.nextDown(least), Math.nextUp(most));
        }
    }

    abstract double at(double u);

    abstract double slope(double u);

    abstract Range range(Range u);

    /** Curvature over a range of arguments. */
    abstract Curvature curvature(Range u);

    /** 1 if it never falls over a range of arguments, -1 if it never rises, 0 if neither is known. */
    abstract int direction(Range u);

    abstract DecimalInterval enclose(DecimalInterval u);
}
