package lyceum.testing;

import java.util.Arrays;

/**
 * Runs a claim over many generated values; when one breaks it, looks for the simplest that still does.
 *
 * <pre>{@code
 * Property.of(Generator.arrays(1, 50, -1e3, 1e3)).holds(x -> assertThat(sorted(x)).isSorted());
 * }</pre>
 *
 * <p>Same seed, same values. The failure names the seed, the shrunk value and what was thrown.
 *
 * @param <T> what the claim is about
 * @param generator draws the values
 * @param runs      how many, 200 by default
 * @param seed      1 by default
 */
public record Property<T>(Generator<T> generator, int runs, long seed) {

    private static final int SHRINKS = 2_000;

    /** A claim: returns when it holds, throws when it does not. */
    @FunctionalInterface
    public interface Claim<T> {
        /** Checks the claim for one value. */
        void check(T value) throws Exception;
    }

    /** 200 values from seed 1. */
    public static <T> Property<T> of(Generator<T> generator) { return new Property<>(generator, 200, 1); }

    /** Another number of values. */
    public Property<T> withRuns(int runs) { return new Property<>(generator, runs, seed); }

    /** Another seed. */
    public Property<T> withSeed(long seed) { return new Property<>(generator, runs, seed); }

    /**
     * Checks {@code claim} for every drawn value.
     *
     * @throws AssertionError with the simplest value found that breaks it
     */
    public void holds(Claim<? super T> claim) {
        for (int run = 0; run < runs; run++) {
            var choices = Choices.random(seed * 0x9E3779B97F4A7C15L + run);
            var value = generator.draw(choices);
            var thrown = broken(value, claim);
            if (thrown != null) throw shrink(choices.made(), claim, run);
        }
    }

    private static <T> Throwable broken(T value, Property.Claim<? super T> claim) {
        try {
            claim.check(value);
            return null;
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Throwable e) {
            return e;
        }
    }

    private AssertionError shrink(long[] first, Claim<? super T> claim, int run) {
        var search = new Shrinking(first, claim);
        search.go();
        var value = generator.draw(Choices.replay(search.best));
        return new AssertionError("the claim breaks for " + show(value) + " (seed " + seed + ", run " + run + ", shrunk in " + search.tried
                + " steps): " + search.thrown, search.thrown);
    }

    /** Greedy search over choice lists: drop a stretch, zero one, halve or decrement one, as long as the claim still breaks. */
    private final class Shrinking {
        private final Claim<? super T> claim;
        private long[] best;
        private Throwable thrown;
        private int tried;

        Shrinking(long[] first, Claim<? super T> claim) {
            this.claim = claim;
            this.best = first;
            this.thrown = broken(generator.draw(Choices.replay(first)), claim);
        }

        void go() {
            boolean better = true;
            while (better && tried < SHRINKS) {
                better = false;
                for (int width = Math.max(1, best.length / 2); width > 0; width /= 2) {
                    for (int i = 0; i + width <= best.length; i++) {
                        better |= attempt(without(i, width)) || attempt(zeroed(i, width));
                    }
                }
                for (int i = 0; i < best.length; i++) {
                    better |= lower(i);
                    for (int j = i + 1; i < best.length && best[i] > 0 && j < best.length; j++) {
                        better |= attempt(shorter(i, j));
                    }
                }
            }
        }

        /** Binary search for the smallest value at {@code i} that still breaks the claim. */
        private boolean lower(int i) {
            boolean better = false;
            long low = 0;
            while (i < best.length && low < best[i] && tried < SHRINKS) {
                long middle = low + (best[i] - low) / 2;
                if (attempt(with(i, middle))) {
                    better = true;
                } else {
                    low = middle + 1;
                }
            }
            return better;
        }

        private boolean attempt(long[] candidate) {
            if (tried >= SHRINKS) return false;
            tried++;
            var choices = Choices.replay(candidate);
            T value;
            try {
                value = generator.draw(choices);
            } catch (IllegalStateException e) {
                return false;
            }
            var made = choices.made();
            if (!simpler(made, best)) return false;
            var failure = broken(value, claim);
            if (failure == null) return false;
            best = made;
            thrown = failure;
            return true;
        }

        private long[] without(int at, int width) {
            var shorter = new long[best.length - width];
            System.arraycopy(best, 0, shorter, 0, at);
            System.arraycopy(best, at + width, shorter, at, best.length - at - width);
            return shorter;
        }

        /** A list's length and one of its elements go together. */
        private long[] shorter(int length, int element) {
            var list = without(element, 1);
            list[length]--;
            return list;
        }

        private long[] zeroed(int at, int width) {
            var zeroed = best.clone();
            Arrays.fill(zeroed, at, at + width, 0);
            return zeroed;
        }

        private long[] with(int at, long choice) {
            var changed = best.clone();
            changed[at] = choice;
            return changed;
        }
    }

    private static boolean simpler(long[] a, long[] b) { return a.length != b.length ? a.length < b.length : Arrays.compare(a, b) < 0; }

    private static String show(Object value) {
        return switch (value) {
            case double[] a -> Arrays.toString(a);
            case float[] a -> Arrays.toString(a);
            case int[] a -> Arrays.toString(a);
            case long[] a -> Arrays.toString(a);
            case byte[] a -> Arrays.toString(a);
            case Object[] a -> Arrays.deepToString(a);
            case null -> "null";
            default -> value.toString();
        };
    }
}
