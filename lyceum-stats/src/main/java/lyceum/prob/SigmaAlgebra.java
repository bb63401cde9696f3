package lyceum.prob;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * Which questions may be asked: a collection of events on points 0, 1, ..., n - 1 that holds the whole and is closed under complement and union.
 * An event is a bit mask: {@code 0b0101} holds points 0 and 2.
 *
 * {@snippet :
 * var coarse = SigmaAlgebra.generatedBy(4, 0b0011);     // nothing, {0, 1}, {2, 3}, everything
 * coarse.contains(0b0001);                             // false
 * SigmaAlgebra.violation(3, List.of(0b000L, 0b111L, 0b001L));   // the complement of {0} is missing
 * SigmaAlgebra.all(4).size();                          // 15
 * }
 *
 * <p>On finitely many points it is the same as a partition: its smallest events but the empty one, the atoms, lump points together.
 */
public final class SigmaAlgebra {
    private final int points;
    /** Ascending by their lowest point. */
    private final long[] atoms;

    private SigmaAlgebra(int points, long[] atoms) {
        this.points = points;
        this.atoms = atoms;
    }

    private static long whole(int points) {
        if (points < 1 || points > 62) throw new IllegalArgumentException("SigmaAlgebra: " + points + " points; there are 1 to 62");
        return (1L << points) - 1;
    }

    /** The smallest one with these events: points that no event tells apart become one atom. */
    public static SigmaAlgebra generatedBy(int points, long... events) {
        var atoms = new ArrayList<Long>(List.of(whole(points)));
        for (long event : events) {
            if ((event & ~whole(points)) != 0)
                throw new IllegalArgumentException("SigmaAlgebra: event " + describe(event) + " has points beyond " + (points - 1));
            for (int i = atoms.size() - 1; i >= 0; i--) {
                long in = atoms.get(i) & event, out = atoms.get(i) & ~event;
                if (in == 0 || out == 0) continue;
                atoms.set(i, in);
                atoms.add(out);
            }
        }
        return new SigmaAlgebra(points,
                atoms.stream().mapToLong(a -> a).boxed()
                        .sorted((a, b) -> Integer.compare(Long.numberOfTrailingZeros(a), Long.numberOfTrailingZeros(b))).mapToLong(a -> a)
                        .toArray());
    }

    /** All events: every point is an atom. */
    public static SigmaAlgebra power(int points) {
        whole(points);
        var single = new long[points];
        for (int i = 0; i < points; i++) single[i] = 1L << i;
        return new SigmaAlgebra(points, single);
    }

    /** What a map tells: the smallest one under which it is measurable. */
    public static SigmaAlgebra of(double... values) {
        var events = new long[values.length];
        for (int i = 0; i < values.length; i++) for (int j = 0; j < values.length; j++) if (values[j] == values[i]) events[i] |= 1L << j;
        return generatedBy(values.length, events);
    }

    /** Why a collection of events is none; empty if it is one. */
    public static Optional<String> violation(int points, Collection<Long> events) {
        long whole = whole(points);
        if (!events.contains(whole)) return Optional.of("the whole is missing");
        for (long a : events) {
            if ((a & ~whole) != 0) return Optional.of(describe(a) + " has points beyond " + (points - 1));
            if (!events.contains(whole & ~a)) return Optional.of("the complement of " + describe(a) + " is missing");
        }
        for (long a : events)
            for (long b : events)
                if (!events.contains(a | b)) return Optional.of("the union of " + describe(a) + " and " + describe(b) + " is missing");
        return Optional.empty();
    }

    /**
     * Every one on at most 5 points, by exhaustive search: all collections with the whole and with complements are tried for unions, and nothing is
     * known of partitions.
     */
    public static List<SigmaAlgebra> all(int points) {
        if (points > 5) throw new IllegalArgumentException(
                "all: " + points + " points have 2^" + ((1L << points - 1) - 1) + " collections to search; 5 is the most");
        long whole = whole(points);
        var found = new ArrayList<SigmaAlgebra>();
        // An event and its complement are in together; the one without the last point stands for both.
        for (long chosen = 0; chosen < 1L << (1 << points - 1) - 1; chosen++) {
            var events = new HashSet<Long>(List.of(0L, whole));
            for (long event = 1; event < 1L << points - 1; event++) if ((chosen >> event - 1 & 1) == 1) {
                events.add(event);
                events.add(whole & ~event);
            }
            if (violation(points, events).isEmpty()) found.add(generatedBy(points, events.stream().mapToLong(e -> e).toArray()));
        }
        return found;
    }

    public int points() { return points; }

    /** The smallest events but the empty one, ascending by their lowest point. A copy. */
    public long[] atoms() { return atoms.clone(); }

    /** All {@code 2^atoms} events, for at most 20 atoms. */
    public List<Long> events() {
        if (atoms.length > 20)
            throw new IllegalArgumentException("events: " + atoms.length + " atoms make 2^" + atoms.length + " events; 20 is the most");
        var events = new ArrayList<Long>();
        for (int chosen = 0; chosen < 1 << atoms.length; chosen++) {
            long event = 0;
            for (int i = 0; i < atoms.length; i++) if ((chosen >> i & 1) == 1) event |= atoms[i];
            events.add(event);
        }
        return events;
    }

    /** Whether an event may be asked about: whether it splits no atom. */
    public boolean contains(long event) {
        if ((event & ~whole(points)) != 0) return false;
        for (long atom : atoms) if ((atom & event) != 0 && (atom & ~event) != 0) return false;
        return true;
    }

    /** Whether every event of the other is one of these too. */
    public boolean refines(SigmaAlgebra other) {
        for (long atom : other.atoms) if (!contains(atom)) return false;
        return points == other.points;
    }

    /**
     * Why a map is not measurable.
     *
     * @param a and {@code b}: points that no event separates, on which the map differs
     * @param event {@code {X <= smaller value}}, which is no event of the algebra
     */
    public record Witness(int a, int b, long event) {}

    /** A witness that a map is not measurable; empty if it is: if it is constant on every atom. */
    public Optional<Witness> notMeasurable(double... values) {
        if (values.length != points)
            throw new IllegalArgumentException("notMeasurable: " + values.length + " values for " + points + " points");
        for (long atom : atoms) {
            int a = Long.numberOfTrailingZeros(atom);
            for (int b = a + 1; b < points; b++) {
                if ((atom >> b & 1) == 0 || values[a] == values[b]) continue;
                long event = 0;
                for (int i = 0; i < points; i++) if (values[i] <= Math.min(values[a], values[b])) event |= 1L << i;
                return Optional.of(new Witness(a, b, event));
            }
        }
        return Optional.empty();
    }

    static String describe(long event) {
        var text = new StringBuilder("{");
        for (int i = 0; i < 64; i++) if ((event >> i & 1) == 1) text.append(text.length() > 1 ? ", " : "").append(i);
        return text.append('}').toString();
    }

    @Override public boolean equals(Object o) { return o instanceof SigmaAlgebra s && points == s.points && Arrays.equals(atoms, s.atoms); }

    @Override public int hashCode() { return Arrays.hashCode(atoms); }

    @Override public String toString() { return Arrays.stream(atoms).mapToObj(SigmaAlgebra::describe).toList().toString(); }
}
