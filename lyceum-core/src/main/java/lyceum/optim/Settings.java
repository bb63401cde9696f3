package lyceum.optim;

/** Checks that several rules and schedules share. */
final class Settings {
    private Settings() {}

    static void atLeast(String owner, String name, double value, double least) {
        if (!(value >= least) || Double.isInfinite(value))
            throw new IllegalArgumentException(owner + ": " + name + " is " + value + "; it is a number of at least " + text(least));
    }

    static void above(String owner, String name, double value, double bound) {
        if (!(value > bound) || Double.isInfinite(value))
            throw new IllegalArgumentException(owner + ": " + name + " is " + value + "; it is a number above " + text(bound));
    }

    static void atLeast(String owner, String name, long value, long least) {
        if (value < least) throw new IllegalArgumentException(owner + ": " + name + " is " + value + "; it is at least " + least);
    }

    /** In [0, 1]. */
    static void part(String owner, String name, double value) {
        if (!(value >= 0 && value <= 1)) throw new IllegalArgumentException(owner + ": " + name + " is " + value + "; it lies in [0, 1]");
    }

    /** A decay of an exponential average: in [0, 1). */
    static void decay(String owner, String name, double value) {
        if (!(value >= 0 && value < 1)) throw new IllegalArgumentException(owner + ": " + name + " is " + value + "; it lies in [0, 1)");
    }

    private static String text(double value) { return value == (long) value ? Long.toString((long) value) : Double.toString(value); }
}
