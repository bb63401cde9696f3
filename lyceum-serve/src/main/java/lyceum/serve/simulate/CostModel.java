package lyceum.serve.simulate;

import lyceum.withers.Withers;

/**
 * How long a step of a model takes, by the roofline: {@code overhead + max(bytes / bandwidth, operations / rate)}. Weights are read once a step, keys and values once a
 * position that a job's new ids look at, and each id costs its operations. With few ids a step is bound by memory and takes the same time for one job as for many; from
 * {@link #ridge} ids on it is bound by arithmetic.
 *
 * @param weightSeconds to read all weights
 * @param kvSeconds to read keys and values of one position
 * @param tokenSeconds of arithmetic for one id
 * @param overhead of every step
 * @see <a href="https://doi.org/10.1145/1498765.1498785">Williams, Waterman and Patterson (2009)</a>
 */
@Withers
public record CostModel(double weightSeconds, double kvSeconds, double tokenSeconds, double overhead) implements CostModelWithers {
    public CostModel {
        if (!(weightSeconds >= 0 && kvSeconds >= 0 && tokenSeconds >= 0 && overhead >= 0) || weightSeconds + tokenSeconds + overhead <= 0)
            throw new IllegalArgumentException("CostModel: " + weightSeconds + ", " + kvSeconds + ", " + tokenSeconds + " and " + overhead
                    + " seconds; none is negative, and a step takes some time");
    }

    /** Reading weights is all there is: each step takes as long. */
    public static CostModel memoryBound(double stepSeconds) { return new CostModel(stepSeconds, 0, 0, 0); }

    /**
     * A model of so many bytes on a machine.
     *
     * @param bytes of the weights; two operations for each number of {@code bytesPerWeight} bytes and id
     * @param kvBytes of one position
     * @param bandwidth bytes a second
     * @param rate operations a second
     */
    public static CostModel of(double bytes, double bytesPerWeight, double kvBytes, double bandwidth, double rate) {
        return new CostModel(bytes / bandwidth, kvBytes / bandwidth, 2 * bytes / bytesPerWeight / rate, 0);
    }

    /** Seven billion weights of 16 bits, 128 KiB a position, 2 TB/s and 300 TFLOP/s: a data-centre accelerator. */
    public static CostModel accelerator() { return of(14e9, 2, 131_072, 2e12, 3e14); }

    /** Ids in a step at which reading weights and computing take the same time. */
    public double ridge() { return weightSeconds / tokenSeconds; }

    /** @param tokens that are computed @param positions that they look at, all jobs together */
    public double seconds(long tokens, long positions) {
        return overhead + Math.max(weightSeconds + kvSeconds * positions, tokenSeconds * tokens);
    }
}
