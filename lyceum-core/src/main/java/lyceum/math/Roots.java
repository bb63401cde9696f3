package lyceum.math;

/** Roots of one, {@code exp(2 pi i k / n)}, for n from 1 to 2^58, from angles of at most an eighth of a turn: exact where they are 0, 1 or -1. */
public final class Roots {
    private Roots() {}

    /** The real part. */
    public static double cos(long k, long n) {
        long t = 8 * Math.floorMod(k, n); // eighths of a turn, times n
        if (t > 4 * n) t = 8 * n - t;
        if (t > 2 * n) return -cosUpToQuarter(4 * n - t, n);
        return cosUpToQuarter(t, n);
    }

    /** The imaginary part. */
    public static double sin(long k, long n) { return cos(4 * Math.floorMod(k, n) - n, 4 * n); }

    private static double cosUpToQuarter(long t, long n) {
        return t <= n ? Math.cos(Math.PI / 4 * t / n) : Math.sin(Math.PI / 4 * (2 * n - t) / n);
    }
}
