package lyceum.prob;

/** Checks of parameters, in one set of words. */
final class Arguments {
    private Arguments() {}

    static double probability(String operation, String name, double p) {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException(operation + ": " + name + " is " + p + "; it lies between 0 and 1");
        return p;
    }

    static double positive(String family, String name, double v) {
        if (!(v > 0) || v == Double.POSITIVE_INFINITY)
            throw new IllegalArgumentException(family + ": " + name + " is " + v + "; it must be positive and finite");
        return v;
    }

    static double finite(String family, String name, double v) {
        if (!Double.isFinite(v)) throw new IllegalArgumentException(family + ": " + name + " is " + v + "; it must be finite");
        return v;
    }

    static void count(String operation, String name, int n) {
        if (n < 0) throw new IllegalArgumentException(operation + ": " + name + " is " + n + "; it cannot be negative");
    }
}
