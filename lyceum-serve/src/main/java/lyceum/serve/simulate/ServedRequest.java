package lyceum.serve.simulate;

/**
 * What became of one request of a trace.
 *
 * @param arrival seconds
 * @param times at which each of its ids came
 * @param preemptions how often it lost its memory
 * @param overtaken how many that came later were admitted before it
 */
public record ServedRequest(double arrival, double[] times, int preemptions, int overtaken) {
    /** Until its first id. */
    public double firstToken() { return times[0] - arrival; }

    /** Until its last id. */
    public double latency() { return end() - arrival; }

    public double end() { return times[times.length - 1]; }

    /** Seconds of each id behind the first. */
    public double perToken() { return times.length == 1 ? 0 : (end() - times[0]) / (times.length - 1); }
}
