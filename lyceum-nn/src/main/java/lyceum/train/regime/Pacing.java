package lyceum.train.regime;

/**
 * The share of the data that is open at a time of training, both from 0 to 1; never falling, and 1 from time 1 on.
 *
 * @see <a href="https://arxiv.org/abs/1903.09848">Platanios et al. (2019), section 3.2</a>
 * @see <a href="https://arxiv.org/abs/1904.03626">Hacohen and Weinshall (2019), for steps</a>
 */
@FunctionalInterface
public interface Pacing {
    /** @param time steps done over the steps after which all is open; beyond 1 counts as 1 */
    double share(double time);

    /** Everything from the start: no curriculum. */
    static Pacing all() { return time -> 1; }

    /** {@code c0 + (1 - c0) t}. @param first c0, in (0, 1] */
    static Pacing linear(double first) { return root(first, 1); }

    /** {@code (c0^p + (1 - c0^p) t)^(1/p)}: the larger p, the sooner most is open. @param first c0, in (0, 1] @param power p, above 0 */
    static Pacing root(double first, double power) {
        checkFirst(first);
        if (!(power > 0 && power < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Pacing.root: power is " + power + "; it is above 0");
        double start = Math.pow(first, power);
        return time -> time >= 1 ? 1 : Math.pow(start + (1 - start) * Math.max(0, time), 1 / power);
    }

    /**
     * The competence of Platanios and others, {@code sqrt(c0^2 + (1 - c0^2) t)}: new rows come in at a rate that keeps the time for each
     * constant.
     */
    static Pacing competence(double first) { return root(first, 2); }

    /** From c0 to all in equal jumps after equal times. @param first c0, in (0, 1] @param jumps at least 1 */
    static Pacing steps(double first, int jumps) {
        checkFirst(first);
        if (jumps < 1) throw new IllegalArgumentException("Pacing.steps: jumps is " + jumps + "; it is at least 1");
        return time -> time >= 1 ? 1 : first + (1 - first) * Math.floor(Math.max(0, time) * (jumps + 1)) / (jumps + 1);
    }

    private static void checkFirst(double first) {
        if (!(first > 0 && first <= 1)) throw new IllegalArgumentException("Pacing: the first share is " + first + "; it lies in (0, 1]");
    }
}
