package lyceum.retrieval;

import java.lang.foreign.MemorySegment;
import lyceum.FormatException;

/** Walks the documents of one term, in order, and reads only the blocks it stops at, as far as it goes. */
final class PostingCursor {
    static final int END = Integer.MAX_VALUE;
    private static final int BLOCK = SegmentBuilder.BLOCK;

    /** A score of a count in a text of a length: it rises with the first and falls with the second, or is nowhere above 0. */
    interface Contribution {
        double of(int count, int length);
    }

    private final MemorySegment memory;
    private final long start;
    private final int size, blocks, limit;
    private final int[] lengths;
    private final BitPacking.Reader gaps = new BitPacking.Reader(), counts = new BitPacking.Reader(), bestCounts = new BitPacking.Reader(),
            bestLengths = new BitPacking.Reader();
    private int[] places, placeStart;
    /** The block that is read, its number of postings, the one at hand, its last document, and the document at hand when it lay too far. */
    private int block = -1, n, at, last, document = -1, parked = -1, unpackedPlaces = -1;
    /** The block that is asked about, which may lie ahead, and the one whose bound is known. */
    private int ahead, boundOf = -1;
    private double bound;

    /** @param lengths of the documents in the field */
    PostingCursor(MemorySegment memory, long start, int size, int limit, int[] lengths) {
        this.memory = memory;
        this.start = start;
        this.size = size;
        this.limit = limit;
        this.lengths = lengths;
        blocks = BitPacking.intAt(memory, start);
        if (size < 0 || size > limit || blocks != (size + BLOCK - 1) / BLOCK || start + 4 + 12L * blocks > memory.byteSize())
            throw FormatException.at("InvertedIndex", start, blocks + " blocks of " + size + " postings");
    }

    int size() { return size; }

    private int line(int b, int what) { return memory.get(IndexFile.INT, start + 4 + 12L * b + 4L * what); }

    int document() { return document; }

    int count() { return counts.get(at) + 1; }

    int length() { return lengths[document]; }

    int next() {
        if (block == blocks) return END;
        if (block < 0 || ++at == n) return ++block == blocks ? document = END : load();
        return step();
    }

    /** The next document of the block up to {@code end}, else {@link #END}, and then only {@link #advance} goes on. */
    int nextWithin(int end) {
        if (++at < n) {
            if (step() <= end) return document;
            parked = document;
        }
        return document = END;
    }

    private int step() {
        int earlier = document;
        document += gaps.get(at) + 1;
        if (document <= earlier || document > last || at == n - 1 && document != last)
            throw FormatException.at("InvertedIndex", start + line(block, 1), "document " + document + " in a block that ends at " + last);
        return document;
    }

    /** The first document from {@code target} on, which no earlier call has exceeded. */
    int advance(int target) {
        if (block == blocks) return END;
        if (parked >= 0) document = parked;
        parked = -1;
        if (block < 0 || last < target) {
            block = seek(target);
            if (block == blocks) return document = END;
            load();
        }
        while (document < target) {
            at++;
            step();
        }
        return document;
    }

    /** The first block from the one at hand on that ends at {@code target} or later. */
    private int seek(int target) {
        int b = Math.max(ahead, Math.max(block, 0));
        if (b > 0 && b < blocks && before(b) >= target) b = Math.max(block, 0);
        if (b >= blocks || line(b, 0) >= target) return b;
        int step = 1;
        for (; b + step < blocks && line(b + step, 0) < target; step *= 2) b += step;
        int end = Math.min(b + step, blocks); // block b ends too early, this one does not
        while (end - b > 1) {
            int middle = (b + end) >>> 1;
            if (line(middle, 0) < target) b = middle;
            else end = middle;
        }
        return end;
    }

    private int before(int b) { return b == 0 ? -1 : line(b - 1, 0); }

    private int load() {
        long from = start + line(block, 1);
        n = Math.min(BLOCK, size - block * BLOCK);
        if (blocks > 1) {
            int pairs = pairs(from);
            from = BitPacking.skip(memory, BitPacking.skip(memory, from + 4, pairs), pairs);
        }
        counts.read(memory, gaps.read(memory, from, n), n);
        document = before(block);
        last = line(block, 0);
        if (last <= document || last >= limit)
            throw FormatException.at("InvertedIndex", from, "a block ends at document " + last + " of " + limit);
        at = 0;
        return step();
    }

    private int pairs(long from) {
        int pairs = BitPacking.intAt(memory, from);
        if (pairs < 0 || pairs > size) throw FormatException.at("InvertedIndex", from, pairs + " best pairs");
        return pairs;
    }

    private double best(long from, Contribution contribution) {
        int pairs = pairs(from);
        bestLengths.read(memory, bestCounts.read(memory, from + 4, pairs), pairs);
        double most = 0;
        for (int i = 0; i < pairs; i++) most = Math.max(most, contribution.of(bestCounts.get(i), bestLengths.get(i)));
        return most;
    }

    /** No posting contributes more; at least 0, which is what a document without the term gets. */
    double bound(Contribution contribution) {
        return best(start + 4 + 12L * blocks, contribution);
    }

    /** The last document of the block that holds the first posting from {@code target} on, {@link #END} if there is none. Targets rise. */
    int blockEnd(int target) {
        ahead = seek(target);
        return ahead == blocks ? END : line(ahead, 0);
    }

    /** No posting of the block that was asked about contributes more. */
    double blockBound(Contribution contribution) {
        if (ahead != boundOf) {
            bound = blocks == 1 ? bound(contribution) : best(start + line(ahead, 1), contribution);
            boundOf = ahead;
        }
        return bound;
    }

    boolean hasPlaces() { return line(block, 2) != 0; }

    /** The places in the document, from index 0 to {@link #count()}. */
    int[] places() {
        if (unpackedPlaces != block) {
            placeStart = new int[n + 1];
            for (int i = 0; i < n; i++) placeStart[i + 1] = placeStart[i] + counts.get(i) + 1;
            if (placeStart[n] < 0 || placeStart[n] > n + 8 * memory.byteSize())
                throw FormatException.at("InvertedIndex", start, placeStart[n] + " places in a block");
            places = new int[placeStart[n]];
            BitPacking.unpack(memory, start + line(block, 2), places.length, places);
            unpackedPlaces = block;
        }
        var own = new int[count()];
        int place = 0;
        for (int i = 0; i < own.length; i++) own[i] = place += places[placeStart[at] + i];
        return own;
    }
}
