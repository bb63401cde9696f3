package lyceum.retrieval;

import java.security.SecureRandom;
import java.util.function.Consumer;
import lyceum.text.internal.Utf8;

/**
 * Terms and their postings. A term of up to seven Latin characters is its own key, so that it is found without a look at another text; of others the key is a hash, and
 * equal ones are compared. Words of a text come in any order, and each look elsewhere is a wait for memory. Where a term stands depends on a number that each process draws:
 * texts come from strangers, who could make thousands of words that one known hash puts into one place. No file depends on it, lists are sorted there.
 */
final class TermTable {
    private static final long ODD = new SecureRandom().nextLong() | 1, HASH = Long.MIN_VALUE;
    private static final int SHORT = 7;

    /** 0 where there is none. At most half of them are taken. */
    private long[] keys = new long[64];
    private PostingStream[] lists = new PostingStream[64];
    private int size;

    /** The term's list, a new one if it was not there. @throws IllegalArgumentException if the term has no UTF-8 */
    PostingStream list(String term) {
        long key = key(term);
        int at = place(key);
        for (long there; (there = keys[at]) != 0; at = at + 1 & keys.length - 1)
            if (there == key && (key > 0 || lists[at].term().equals(term))) return lists[at];
        Utf8.require(term);
        if (2 * (size + 1) > keys.length) {
            grow();
            at = free(key);
        }
        size++;
        keys[at] = key;
        return lists[at] = new PostingStream(term);
    }

    void forEach(Consumer<PostingStream> use) { for (var list : lists) if (list != null) use.accept(list); }

    private void grow() {
        long[] oldKeys = keys;
        var oldLists = lists;
        keys = new long[2 * oldKeys.length];
        lists = new PostingStream[keys.length];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] == 0) continue;
            int at = free(oldKeys[i]);
            keys[at] = oldKeys[i];
            lists[at] = oldLists[i];
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

    private static long hash(String term) {
        long hash = ODD;
        for (int i = 0; i < term.length(); i++) {
            hash = (hash ^ term.charAt(i)) * ODD;
            hash ^= hash >>> 32;
        }
        return HASH | hash;
    }

    private static long key(String term) {
        int n = term.length();
        long key = 0;
        if (n <= SHORT) {
            for (int i = 0; i < n; i++) {
                char c = term.charAt(i);
                if (c == 0 || c > 0xFF) return hash(term);
                key = key << 8 | c;
            }
        }
        return key == 0 ? hash(term) : key;
    }
}
