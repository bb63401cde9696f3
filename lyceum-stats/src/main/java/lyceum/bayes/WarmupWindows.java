package lyceum.bayes;

/**
 * The parts of a warm-up, as Stan has them: a first one for the step size, windows of doubling length each of which ends in a new estimate of the
 * target's scales, and a last one for the step size again. Warm-ups of less than 20 steps have no windows: a handful of states tells no scale.
 */
final class WarmupWindows {
    private static final int FIRST = 75, BASE = 25, LEAST = 20;

    private final int from, to;
    private int end, length;

    /** @param last steps of the last part, if there is room */
    WarmupWindows(int warmup, int last) {
        boolean room = warmup >= FIRST + BASE + last;
        from = room ? FIRST : (int) (0.15 * warmup);
        to = room ? warmup - last : warmup < LEAST ? from : (int) (0.9 * warmup);
        length = room ? BASE : to - from;
        end = from + length;
        stretch();
    }

    /** A window that would leave no room for the next, twice as long, takes what is left. */
    private void stretch() { if (end + 2 * length > to) end = to; }

    /** Whether what step t (from 0) finds goes into the estimate of scales. */
    boolean collects(int t) { return t >= from && t < to; }

    /** Whether a window ends with step t; the next one begins after it. */
    boolean closes(int t) {
        if (t + 1 != end || end <= from) return false;
        length *= 2;
        end += length;
        stretch();
        return true;
    }
}
