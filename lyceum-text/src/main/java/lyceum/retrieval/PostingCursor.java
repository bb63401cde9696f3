package lyceum.retrieval;

import java.lang.foreign.MemorySegment;
import lyceum.FormatException;

/** Walks the documents of one term, in order, and reads only the blocks it stops at. */
final class PostingCursor {
    static final int END = Integer.MAX_VALUE;
    private static final int BLOCK = SegmentBuilder.BLOCK;
    /** Steps by which a document is looked for in a block. */
    private static final int STEP = 8;

    private final MemorySegment memory;
    private final long start;
    private final int size, blocks, limit;
    private final BitPacking.Reader packed = new BitPacking.Reader(), packedCounts = new BitPacking.Reader(),
            mostCounts = new BitPacking.Reader(), leastLengths = new BitPacking.Reader();
    /** Of the block that is read; counts once all were asked for. */
    private final int[] documents = new int[BLOCK];
    private int[] counts, places, placeStart;
    /** The block that is read, its number of postings, the one at hand and its document; blocks of which all counts and the places are read. */
    private int block = -1, n, at, document = -1, countedBlock = -1, placedBlock = -1;

    /** @param limit above all documents */
    PostingCursor(MemorySegment memory, long start, int size, int limit) {
        this.memory = memory;
        this.start = start;
        this.size = size;
        this.limit = limit;
        blocks = BitPacking.intAt(memory, start);
        if (size < 1 || size > limit || blocks != (size + BLOCK - 1) / BLOCK || start + 4 + 12L * blocks > memory.byteSize())
            throw FormatException.at("InvertedIndex", start, blocks + " blocks of " + size + " postings");
    }

    int size() { return size; }

    int blocks() { return blocks; }

    private int line(int b, int what) { return memory.get(IndexFile.INT, start + 4 + 12L * b + 4L * what); }

    int document() { return document; }

    int count() { return count(at); }

    private int count(int i) { return packedCounts.get(i) + 1; }

    int next() {
        if (block == blocks) return END;
        if (block < 0 || ++at == n) {
            if (block + 1 == blocks) return end();
            read(block + 1);
        }
        return document = documents[at];
    }

    private int end() {
        block = blocks;
        return document = END;
    }

    /** The first document from {@code target} on, which no earlier call has exceeded. */
    int advance(int target) {
        if (block == blocks) return END;
        int b = block < 0 || documents[n - 1] < target ? seek(target) : block;
        return b == blocks ? end() : advance(b, target);
    }

    /** The same where the block is known, the first from the one at hand on that ends at {@code target} or later. */
    int advance(int b, int target) {
        if (b != block) read(b);
        int i = at;
        while (i + STEP < n && documents[i + STEP] < target) i += STEP;
        while (documents[i] < target) i++;
        at = i;
        return document = documents[i];
    }

    /** The first block from the one at hand on that ends at {@code target} or later. */
    private int seek(int target) {
        int b = Math.max(block, 0);
        if (end(b) >= target) return b;
        int step = 1;
        for (; b + step < blocks && end(b + step) < target; step *= 2) b += step;
        int end = Math.min(b + step, blocks); // block b ends too early, this one does not
        while (end - b > 1) {
            int middle = (b + end) >>> 1;
            if (end(middle) < target) b = middle;
            else end = middle;
        }
        return end;
    }

    /** The last document of a block. */
    int end(int b) { return line(b, 0); }

    private void read(int b) {
        long from = start + line(b, 1);
        n = Math.min(BLOCK, size - b * BLOCK);
        if (blocks > 1) {
            int pairs = pairs(from);
            from = BitPacking.skip(memory, BitPacking.skip(memory, from + 4, pairs), pairs);
        }
        packedCounts.read(memory, packed.read(memory, from, n), n);
        packed.all(n, documents);
        int last = end(b), d = b == 0 ? -1 : end(b - 1), any = d + 1;
        for (int i = 0; i < n; i++) {
            int gap = documents[i];
            documents[i] = d += gap + 1;
            any |= gap | d; // of two numbers without a sign a sum that is too large has one
        }
        if (any < 0 || d != last || last >= limit) throw FormatException.at("InvertedIndex", from,
                "a block of documents that ends at " + last + " of " + limit + " does not rise to it");
        block = b;
        at = 0;
    }

    private int pairs(long from) {
        int pairs = BitPacking.intAt(memory, from);
        if (pairs < 0 || pairs > Math.min(size, BLOCK)) throw FormatException.at("InvertedIndex", from, pairs + " best pairs");
        return pairs;
    }

    /** No posting of the block is worth more. The block at hand stays. */
    double best(int b, Saturation saturation) {
        long from = blocks == 1 ? start + 4 + 12L * blocks : start + line(b, 1);
        int pairs = pairs(from);
        leastLengths.read(memory, mostCounts.read(memory, from + 4, pairs), pairs);
        double most = 0;
        for (int i = 0; i < pairs; i++) most = Math.max(most, saturation.of(mostCounts.get(i), leastLengths.get(i)));
        return most;
    }

    /** Documents of the block that is read; which there are {@link #read()} of, and the next one's place among them is {@link #at()}. */
    int[] documents() { return documents; }

    int read() { return n; }

    int at() { return at; }

    /** Goes on at this place of the block, which may be its end if {@link #advance(int, int)} follows. */
    void at(int place) { at = place; }

    /** How often, in each document of the block that is read, less one. */
    int[] furtherCounts() {
        if (countedBlock != block) {
            if (counts == null) counts = new int[BLOCK];
            packedCounts.all(n, counts);
            countedBlock = block;
        }
        return counts;
    }

    boolean hasPlaces() { return line(block, 2) != 0; }

    /** The places in the document, from index 0 to {@link #count()}. */
    int[] places() {
        if (placedBlock != block) {
            placeStart = new int[n + 1];
            int any = 0;
            for (int i = 0; i < n; i++) {
                placeStart[i + 1] = placeStart[i] + count(i);
                any |= count(i) - 1 | placeStart[i + 1]; // a count below 1 brings a sign, and so does a sum that is too large
            }
            if (any < 0 || placeStart[n] > n + 8 * memory.byteSize())
                throw FormatException.at("InvertedIndex", start, placeStart[n] + " places in a block");
            places = new int[placeStart[n]];
            BitPacking.unpack(memory, start + line(block, 2), places.length, places);
            placedBlock = block;
        }
        var own = new int[count()];
        int place = 0;
        for (int i = 0; i < own.length; i++) own[i] = place += places[placeStart[at] + i];
        return own;
    }
}
