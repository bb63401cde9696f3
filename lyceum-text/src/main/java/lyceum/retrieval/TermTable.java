package lyceum.retrieval;

import java.util.function.Consumer;
import lyceum.text.internal.Utf8;

/**
 * Terms and their postings. A term of up to seven Latin characters is its own key, so that it is found without a look at another text; of others the key is a hash, and
 * equal ones are compared. Words of a text come in any order, and each look elsewhere is a wait for memory.
 */
final class TermTable {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L, HASH = Long.MIN_VALUE;
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

    private int place(long key) { return (int) (key * GOLDEN >>> Long.numberOfLeadingZeros(keys.length) + 1); }

    private static long key(String term) {
        int n = term.length();
        long key = 0;
        if (n <= SHORT) {
            for (int i = 0; i < n; i++) {
                char c = term.charAt(i);
                if (c == 0 || c > 0xFF) return HASH | term.hashCode() & 0xFFFFFFFFL;
                key = key << 8 | c;
            }
        }
        return key == 0 ? HASH | term.hashCode() & 0xFFFFFFFFL : key;
    }
}
