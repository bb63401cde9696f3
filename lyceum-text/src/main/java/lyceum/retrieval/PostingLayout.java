package lyceum.retrieval;

/** Lists as a segment has them: blocks' lines (last document, offsets of data and places), the best pairs of all, and the blocks: best pairs, gaps, counts, places. */
final class PostingLayout {
    private static final int BLOCK = SegmentBuilder.BLOCK;

    private final ByteSink out;
    private final int[] gaps = new int[BLOCK], further = new int[BLOCK];
    /** Of the list at hand, with room for a longer one. */
    private int[] documents = {}, counts = {}, lengths = {}, placeGaps = {};

    PostingLayout(ByteSink out) { this.out = out; }

    /** @param all lengths of the documents in the field */
    void write(PostingStream list, int[] all) {
        int size = list.size(), start = out.size(), blocks = (size + BLOCK - 1) / BLOCK, place = 0, last = -1;
        read(list, all);
        out.putInt(blocks);
        for (int i = 0; i < 3 * blocks; i++) out.putInt(0);
        var bests = new BestPairs[blocks];
        for (int b = 0; b < blocks; b++) bests[b] = BestPairs.of(counts, lengths, b * BLOCK, Math.min(size, (b + 1) * BLOCK));
        BestPairs.of(bests).write(out);
        for (int b = 0; b < blocks; b++) {
            int from = b * BLOCK, n = Math.min(size - from, BLOCK), line = start + 4 + 12 * b, places = 0;
            out.setInt(line, documents[from + n - 1]);
            out.setInt(line + 4, out.size() - start);
            if (blocks > 1) bests[b].write(out);
            for (int i = 0; i < n; last = documents[from + i++]) {
                gaps[i] = documents[from + i] - last - 1;
                further[i] = counts[from + i] - 1;
                places += counts[from + i];
            }
            BitPacking.pack(gaps, 0, n, out);
            BitPacking.pack(further, 0, n, out);
            if (list.places() == 0) continue;
            out.setInt(line + 8, out.size() - start);
            BitPacking.pack(placeGaps, place, places, out);
            place += places;
        }
    }

    private void read(PostingStream list, int[] all) {
        int size = list.size();
        if (documents.length < size) {
            documents = new int[size + size / 4];
            counts = new int[size + size / 4];
            lengths = new int[size + size / 4];
        }
        if (placeGaps.length < list.places()) placeGaps = new int[list.places() + list.places() / 4];
        list.read(documents, counts, placeGaps);
        for (int i = 0; i < size; i++) lengths[i] = all[documents[i]];
    }
}
