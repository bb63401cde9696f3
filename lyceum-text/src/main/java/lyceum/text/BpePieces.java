package lyceum.text;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.text.internal.ByteTable;
import lyceum.text.internal.ByteTrie;
import lyceum.text.internal.PairTable;
import lyceum.text.internal.Utf8;

/**
 * {@link Bpe} at work. A word that is a piece, and that merging would make that piece, is found at once; other words in a cache; the rest is merged, short words by
 * looking for the least rank, long ones by a priority queue: n log n steps for n bytes.
 */
final class BpePieces extends Pieces {
    private static final int SHORT = 40;

    private final PairTable pairs;
    private final ByteTable words, starts, inner, ends, both;
    private final int[] bytes, byteFallback;
    /** User-defined pieces; null where there are none. */
    private final ByteTrie frozen;
    private final boolean raw, fuseUnknown, ignoreMerges, marked;
    private final int unknown;
    /** Whether merging makes this piece out of its own characters: 0 not tried, 1 yes, 2 no. */
    private final byte[] whole;
    private final KnownWords known = new KnownWords();

    /** Room to merge in. */
    private static final class Scratch {
        int[] ids = new int[64], ends = new int[64], rank = new int[64], previous, next;
        long[] heap;
        int n, heapSize;

        void reserve(int size) {
            if (size <= ids.length) return;
            int more = Math.max(size, 2 * ids.length);
            ids = Arrays.copyOf(ids, more);
            ends = Arrays.copyOf(ends, more);
            rank = Arrays.copyOf(rank, more);
        }
    }

    BpePieces(Bpe model, boolean raw, byte[][] keys) {
        var v = model.vocabulary();
        this.raw = raw;
        unknown = model.unknown() == null ? -1 : v.id(model.unknown());
        fuseUnknown = model.fuseUnknown();
        ignoreMerges = model.ignoreMerges();
        marked = !model.continuingPrefix().isEmpty() || !model.endSuffix().isEmpty();
        byteFallback = model.byteFallback() ? byteIds(v) : null;
        whole = new byte[v.size()];
        words = new ByteTable(keys);
        var prefix = model.continuingPrefix();
        var suffix = model.endSuffix();
        starts = marked ? marked(v, "", "", raw) : words;
        inner = marked ? marked(v, prefix, "", raw) : words;
        ends = marked ? marked(v, prefix, suffix, raw) : words;
        both = marked ? marked(v, "", suffix, raw) : words;
        bytes = new int[256];
        for (int b = 0; b < 256; b++) bytes[b] = words.get(new byte[] {(byte) b}, 0, 1);
        var own = model.userDefined();
        frozen = own.isEmpty() ? null : new ByteTrie();
        for (var piece : own) {
            int id = v.id(piece);
            if (keys[id] != null && keys[id].length > 0) frozen.put(keys[id], id);
        }
        pairs = new PairTable(model.merges().size());
        int rank = 0;
        for (var merge : model.merges()) {
            int piece = v.id(model.joined(merge));
            if (own.contains(merge.left()) || own.contains(merge.right())) {
                rank++;
                continue;
            }
            pairs.put(v.id(merge.left()), v.id(merge.right()), model.rankByPiece() ? piece : rank++, piece);
        }
    }

    /** Pieces with these marks, by what is between the marks. */
    private static ByteTable marked(Vocabulary v, String prefix, String suffix, boolean raw) {
        var keys = new byte[v.size()][];
        for (int id = 0; id < keys.length; id++) {
            var piece = v.token(id);
            if (v.isReserved(id) || piece.length() <= prefix.length() + suffix.length() || !piece.startsWith(prefix)
                    || !piece.endsWith(suffix))
                continue;
            keys[id] = key(piece.substring(prefix.length(), piece.length() - suffix.length()), raw);
        }
        return new ByteTable(keys);
    }

    @Override void cut(byte[] b, int from, int to, Sink sink) {
        if (from == to) return;
        if (!(sink.scratch instanceof Scratch)) sink.scratch = new Scratch();
        var s = (Scratch) sink.scratch;
        if (sink.rng != null) {
            characters(b, from, to, s);
            dropping(s, sink.rng, sink.rate);
            KnownWords.emit(s.ids, s.ends, s.n, from, sink);
            return;
        }
        int id = marked && !ignoreMerges ? -1 : words.get(b, from, to);
        if (id >= 0 && (ignoreMerges || isWhole(id, b, from, to))) {
            sink.add(id, from, to);
            return;
        }
        if (known.cut(b, from, to, sink)) return;
        characters(b, from, to, s);
        merge(s);
        known.learn(b, from, to, s.ids, s.ends, s.n, sink);
    }

    private boolean isWhole(int id, byte[] b, int from, int to) {
        if (whole[id] == 0) {
            var s = new Scratch();
            characters(b, from, to, s);
            merge(s);
            whole[id] = (byte) (s.n == 1 && s.ids[0] == id ? 1 : 2);
        }
        return whole[id] == 1;
    }

    /** The word as single characters (or bytes); what no piece spells is bytes, unknown or left out (-1). */
    private void characters(byte[] b, int from, int to, Scratch s) {
        s.n = 0;
        s.reserve(to - from);
        if (raw && !marked && frozen == null) {
            for (int i = from; i < to; i++) {
                int id = bytes[b[i] & 0xFF];
                add(s, id < 0 ? unknown : id, i + 1 - from, id < 0);
            }
            return;
        }
        for (int at = from; at < to;) {
            if (frozen != null) {
                int whole = -1, last = at;
                for (int node = 0, i = at; i < to && (node = frozen.step(node, b[i])) >= 0; i++) if (frozen.value(node) >= 0) {
                    whole = frozen.value(node);
                    last = i + 1;
                }
                if (whole >= 0) {
                    add(s, whole, last - from, false);
                    at = last;
                    continue;
                }
            }
            int end = raw ? at + 1 : at + Utf8.length(b[at]);
            var table = at == from ? end == to ? both : starts : end == to ? ends : inner;
            int id = table.get(b, at, end);
            if (id < 0 && byteFallback != null) for (int i = at; i < end; i++) add(s, byteFallback[b[i] & 0xFF], i + 1 - from, false);
            else add(s, id < 0 ? unknown : id, end - from, id < 0);
            at = end;
        }
    }

    private void add(Scratch s, int id, int end, boolean isUnknown) {
        if (isUnknown && s.n > 0 && s.ids[s.n - 1] == id && (fuseUnknown || id < 0)) s.ends[s.n - 1] = end;
        else {
            s.ids[s.n] = id;
            s.ends[s.n++] = end;
        }
    }

    private int rank(int left, int right) {
        int place = left < 0 || right < 0 ? -1 : pairs.find(left, right);
        return place < 0 ? Integer.MAX_VALUE : pairs.first(place);
    }

    private void merge(Scratch s) {
        if (s.n > SHORT) {
            queued(s);
            return;
        }
        int n = s.n;
        int[] ids = s.ids, ends = s.ends, rank = s.rank;
        for (int i = 0; i + 1 < n; i++) rank[i] = rank(ids[i], ids[i + 1]);
        while (n > 1) {
            int best = 0;
            for (int i = 1; i + 1 < n; i++) if (rank[i] < rank[best]) best = i;
            if (rank[best] == Integer.MAX_VALUE) break;
            ids[best] = pairs.second(pairs.find(ids[best], ids[best + 1]));
            n--;
            System.arraycopy(ends, best + 1, ends, best, n - best);
            System.arraycopy(ids, best + 2, ids, best + 1, n - best - 1);
            if (best + 1 < n) {
                System.arraycopy(rank, best + 2, rank, best + 1, n - best - 1);
                rank[best] = rank(ids[best], ids[best + 1]);
            }
            if (best > 0) rank[best - 1] = rank(ids[best - 1], ids[best]);
        }
        s.n = n;
    }

    /** Pairs in a queue by rank, then by place; entries that are out of date are told by their rank. */
    private void queued(Scratch s) {
        int n = s.n;
        s.previous = new int[n];
        s.next = new int[n];
        s.heap = new long[2 * n + 16];
        s.heapSize = 0;
        for (int i = 0; i < n; i++) {
            s.previous[i] = i - 1;
            s.next[i] = i + 1 == n ? -1 : i + 1;
            if (i + 1 < n) push(s, rank(s.ids[i], s.ids[i + 1]), i);
        }
        while (s.heapSize > 0) {
            long top = pop(s);
            int at = (int) top, right = s.next[at];
            if (right < 0 || s.ends[at] < 0 || rank(s.ids[at], s.ids[right]) != (int) (top >>> 32)) continue;
            join(s, at);
            if (s.previous[at] >= 0) push(s, rank(s.ids[s.previous[at]], s.ids[at]), s.previous[at]);
            if (s.next[at] >= 0) push(s, rank(s.ids[at], s.ids[s.next[at]]), at);
        }
        compact(s, n);
    }

    private void join(Scratch s, int at) {
        int right = s.next[at];
        s.ids[at] = pairs.second(pairs.find(s.ids[at], s.ids[right]));
        s.ends[at] = s.ends[right];
        s.ends[right] = -1;
        s.next[at] = s.next[right];
        if (s.next[at] >= 0) s.previous[s.next[at]] = at;
    }

    private static void compact(Scratch s, int n) {
        s.n = 0;
        for (int i = 0; i < n; i++) {
            if (s.ends[i] < 0) continue;
            s.ids[s.n] = s.ids[i];
            s.ends[s.n++] = s.ends[i];
        }
    }

    private static void push(Scratch s, int rank, int at) {
        if (rank == Integer.MAX_VALUE) return;
        if (s.heapSize == s.heap.length) s.heap = Arrays.copyOf(s.heap, 2 * s.heapSize);
        long item = (long) rank << 32 | at;
        int i = s.heapSize++;
        for (; i > 0 && s.heap[i - 1 >> 1] > item; i = i - 1 >> 1) s.heap[i] = s.heap[i - 1 >> 1];
        s.heap[i] = item;
    }

    private static long pop(Scratch s) {
        long top = s.heap[0], last = s.heap[--s.heapSize];
        int i = 0;
        for (int child; (child = 2 * i + 1) < s.heapSize; i = child) {
            if (child + 1 < s.heapSize && s.heap[child + 1] < s.heap[child]) child++;
            if (s.heap[child] >= last) break;
            s.heap[i] = s.heap[child];
        }
        s.heap[i] = last;
        return top;
    }

    /** BPE-dropout (Provilkov and others 2020): each time the pairs that could merge are looked at, each is left out with a probability. */
    private void dropping(Scratch s, Rng rng, double rate) {
        int n = s.n;
        while (n > 1) {
            int best = -1, least = Integer.MAX_VALUE;
            for (int i = 0; i + 1 < n; i++) {
                int rank = rank(s.ids[i], s.ids[i + 1]);
                if (rank < least && rng.nextDouble() >= rate) {
                    least = rank;
                    best = i;
                }
            }
            if (best < 0) break;
            s.ids[best] = pairs.second(pairs.find(s.ids[best], s.ids[best + 1]));
            n--;
            System.arraycopy(s.ends, best + 1, s.ends, best, n - best);
            System.arraycopy(s.ids, best + 2, s.ids, best + 1, n - best - 1);
        }
        s.n = n;
    }
}
