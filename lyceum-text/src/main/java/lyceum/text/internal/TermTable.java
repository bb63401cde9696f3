package lyceum.text.internal;

import java.security.SecureRandom;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Terms and what is known of each. A term of up to seven Latin characters is its own key, so that it is found without a look at another text; of others the key is a hash,
 * and equal ones are compared. Words of a text come in any order, and each look elsewhere is a wait for memory. Where a term stands depends on a number that each process
 * draws: texts come from strangers, who could make thousands of words that one known hash puts into one place. No file depends on it, lists are sorted there.
 */
public final class TermTable<T extends TermTable.Term> {
    /** What is known of a term. */
    public interface Term {
        String term();
    }

    private static final long ODD = new SecureRandom().nextLong() | 1, HASH = Long.MIN_VALUE;
    private static final int SHORT = 7;

    private final Function<String, T> make;
    /** 0 where there is none. At most half of them are taken. */
    private long[] keys = new long[64];
    private Term[] known = new Term[64];
    private int size;

    /** @param make what is known of a new term; what it throws leaves the table as it is */
    public TermTable(Function<String, T> make) { this.make = make; }

    /** What is known of a term, new if it was not there. */
    public T of(String term) { return of(term, 0, term.length()); }

    /** The same of a stretch of a text. */
    public T of(String text, int from, int to) {
        long key = key(text, from, to);
        int at = place(key, text, from, to);
        if (keys[at] != 0) return at(at);
        var made = make.apply(text.substring(from, to));
        if (2 * (size + 1) > keys.length) {
            grow();
            at = free(key);
        }
        size++;
        keys[at] = key;
        known[at] = made;
        return made;
    }

    /** What is known of a stretch of a text; null if it is no term that was there. */
    public T find(String text, int from, int to) { return at(place(key(text, from, to), text, from, to)); }

    @SuppressWarnings("unchecked") private T at(int place) { return (T) known[place]; }

    /** Where the term stands, or would. */
    private int place(long key, String text, int from, int to) {
        int at = place(key);
        for (long there; (there = keys[at]) != 0; at = at + 1 & keys.length - 1) {
            if (there != key) continue;
            var term = key > 0 ? null : known[at].term();
            if (key > 0 || term.length() == to - from && text.startsWith(term, from)) break;
        }
        return at;
    }

    public void forEach(Consumer<T> use) { for (int i = 0; i < known.length; i++) if (known[i] != null) use.accept(at(i)); }

    private void grow() {
        long[] oldKeys = keys;
        var oldKnown = known;
        keys = new long[2 * oldKeys.length];
        known = new Term[keys.length];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] == 0) continue;
            int at = free(oldKeys[i]);
            keys[at] = oldKeys[i];
            known[at] = oldKnown[i];
        }
    }

    private int free(long key) {
        int at = place(key);
        while (keys[at] != 0) at = at + 1 & keys.length - 1;
        return at;
    }

    private int place(long key) { return (int) (key * ODD >>> Long.numberOfLeadingZeros(keys.length) + 1); }

    /** The most places that a look goes over, be it for a term that is there or for one that is not. */
    int longestLook() {
        int run = 0, longest = 0;
        for (int i = 0; i < 2 * keys.length; i++) { // twice around: a run goes on at the beginning
            run = keys[i & keys.length - 1] == 0 ? 0 : run + 1;
            longest = Math.max(longest, run);
        }
        return longest;
    }

    private static long hash(String text, int from, int to) {
        long hash = ODD;
        for (int i = from; i < to; i++) {
            hash = (hash ^ text.charAt(i)) * ODD;
            hash ^= hash >>> 32;
        }
        return HASH | hash;
    }

    private static long key(String text, int from, int to) {
        long key = 0;
        if (to - from <= SHORT) {
            for (int i = from; i < to; i++) {
                char c = text.charAt(i);
                if (c == 0 || c > 0xFF) return hash(text, from, to);
                key = key << 8 | c;
            }
        }
        return key == 0 ? hash(text, from, to) : key;
    }
}
