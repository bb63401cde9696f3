package lyceum.serve.simulate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import lyceum.random.Rng;

/**
 * A request of a trace.
 *
 * @param time at which it comes, seconds
 * @param prompt its ids
 * @param output ids that it will have
 * @param brought first positions whose keys and values another server computed and sent
 */
public record Arrival(double time, int[] prompt, int output, int brought) {
    public Arrival {
        if (!(time >= 0) || prompt.length == 0 || output < 1) throw new IllegalArgumentException(
                "Arrival: at " + time + " s, " + prompt.length + " ids to read and " + output + " to write; at least 0, 1 and 1");
    }

    /** Of a prompt that is still to be read. */
    public Arrival(double time, int[] prompt, int output) { this(time, prompt, output, 0); }

    /** Of random ids. */
    public static Arrival of(double time, int promptLength, int output, Rng rng) {
        var prompt = new int[promptLength];
        for (int i = 0; i < promptLength; i++) prompt[i] = rng.nextInt(1 << 30);
        return new Arrival(time, prompt, output);
    }

    /**
     * Requests that come at random.
     *
     * @param rate mean requests a second, a Poisson process; infinite where all wait at the start
     * @param prompts length of each
     * @param outputs length of each, at least 1
     */
    public static List<Arrival> poisson(int count, double rate, ToIntFunction<Rng> prompts, ToIntFunction<Rng> outputs, Rng rng) {
        var all = new ArrayList<Arrival>();
        double time = 0;
        for (int i = 0; i < count; i++) {
            if (rate < Double.POSITIVE_INFINITY) time += -Math.log(1 - rng.nextDouble()) / rate;
            all.add(of(time, Math.max(1, prompts.applyAsInt(rng)), Math.max(1, outputs.applyAsInt(rng)), rng));
        }
        return all;
    }

    /** Lengths whose logarithm is normal. @param most they are cut there */
    public static ToIntFunction<Rng> lognormal(double median, double sigma, int most) {
        return rng -> (int) Math.clamp(Math.round(median * Math.exp(sigma * rng.nextGaussian())), 1, most);
    }

    /** Lengths of an exponential distribution, rounded up. */
    public static ToIntFunction<Rng> exponential(double mean) { return rng -> (int) Math.ceil(-mean * Math.log(1 - rng.nextDouble())); }

    /** Of that length each. */
    public static ToIntFunction<Rng> fixed(int length) { return _ -> length; }

    @Override public boolean equals(Object o) {
        return o instanceof Arrival a && time == a.time && output == a.output && brought == a.brought && Arrays.equals(prompt, a.prompt);
    }

    @Override public int hashCode() { return Double.hashCode(time) + 31 * (output + 31 * brought) + Arrays.hashCode(prompt); }
}
