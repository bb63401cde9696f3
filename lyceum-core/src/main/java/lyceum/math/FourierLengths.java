package lyceum.math;

import java.util.Arrays;

/** How the length of a Fourier transform is taken apart, for every engine that computes one. */
public final class FourierLengths {
    private FourierLengths() {}

    /** Radices, of those given and tried in that order, whose product is {@code n}, at least 1; null if n has other factors. */
    public static int[] radices(int n, int... tried) {
        var all = new int[32];
        int count = 0;
        for (int r : tried) for (; n % r == 0; n /= r) all[count++] = r;
        return n == 1 ? Arrays.copyOf(all, count) : null;
    }

    /**
     * The sides of a matrix of {@code n} numbers are as equal as may be: its number of rows, at most {@code sqrt n}. Whole vectors come first: columns of a multiple of
     * {@code lanes} where there are such. 1 if nothing divides n.
     */
    public static int rows(int n, int lanes) {
        int best = 1;
        for (int rows = 2; (long) rows * rows <= n; rows++)
            if (n % rows == 0 && (n / rows % lanes == 0 || best == 1 || n / best % lanes != 0)) best = rows;
        return best;
    }

    /** The least length from {@code least} on of factors 2, 3 and 5, 8 among them, and 64 if it is long. */
    public static int smooth(int least) {
        int step = least < 1024 ? 8 : 64;
        for (int length = Math.ceilDiv(Math.max(1, least), step) * step;; length += step) if (radices(length, 2, 3, 5) != null) return length;
    }
}
