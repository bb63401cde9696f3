package lyceum.testing;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Where generators take their decisions from: a seeded source that writes down each choice, or a list of choices to replay.
 * Shrinking edits that list and draws again, so every generator shrinks, mapped and nested ones too (the idea is from
 * MacIver and Donaldson, 2020, "Test-Case Reduction via Test-Case Generation").
 */
public final class Choices {

    private final SplittableRandom random;
    private long[] made;
    private int count;
    private final int replayed;

    private Choices(SplittableRandom random, long[] replay) {
        this.random = random;
        this.made = replay;
        this.replayed = replay.length;
    }

    static Choices random(long seed) { return new Choices(new SplittableRandom(seed), new long[0]); }

    /** Replays {@code made}; past its end every choice is 0, the simplest. */
    static Choices replay(long[] made) { return new Choices(null, made.clone()); }

    /**
     * A number from 0 to {@code bound}, inclusive; smaller ones count as simpler.
     *
     * @throws IllegalArgumentException if {@code bound} is negative
     */
    public long next(long bound) {
        if (bound < 0) throw new IllegalArgumentException("bound is " + bound + "; it is at least 0");
        long choice = 0;
        if (count < replayed) {
            choice = Math.min(made[count], bound);
        } else if (random != null) {
            choice = bound == Long.MAX_VALUE ? random.nextLong() & Long.MAX_VALUE : random.nextLong(bound + 1);
        }
        if (count == made.length) {
            made = Arrays.copyOf(made, Math.max(16, 2 * count));
        }
        made[count++] = choice;
        return choice;
    }

    long[] made() { return Arrays.copyOf(made, count); }
}
