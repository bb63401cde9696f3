package lyceum.retrieval;

/** A term's list in a segment and what its postings add to a score: {@code scale} times the saturation, and {@code offset}. */
final class RankedList {
    /** Blocks that are looked through for a bound. */
    private static final int FEW = 16;

    private final PostingCursor postings;
    private final BlockBests bests;
    private final Saturation saturation;
    private final TextLengths lengths;
    private final double scale, offset;
    /** The block that was asked about, which may lie ahead of the one that is read. */
    private int ahead;

    RankedList(PostingCursor postings, BlockBests bests, Saturation saturation, TextLengths lengths, double scale, double offset) {
        this.postings = postings;
        this.bests = bests;
        this.saturation = saturation;
        this.lengths = lengths;
        this.scale = scale;
        this.offset = offset;
    }

    int size() { return postings.size(); }

    /** No posting adds more; at least 0, which is what a document without the term gets. */
    double bound() { return bound(bests.most()); }

    private double bound(double share) { return Math.max(0, scale * share + offset); }

    /** No posting adds more, nor takes more away. */
    double magnitude() { return Math.abs(scale) * bests.most() + Math.abs(offset); }

    /** The last document of the block that holds the first posting from {@code target} on, {@link PostingCursor#END} if there is none. Targets rise. */
    int blockEnd(int target) {
        int[] ends = bests.ends();
        int b = ahead, n = ends.length;
        if (b < n && ends[b] < target) {
            int step = 1;
            for (; b + step < n && ends[b + step] < target; step *= 2) b += step;
            int end = Math.min(b + step, n); // block b ends too early, this one does not
            while (end - b > 1) {
                int middle = (b + end) >>> 1;
                if (ends[middle] < target) b = middle;
                else end = middle;
            }
            b = end;
        }
        ahead = b;
        return b < n ? ends[b] : PostingCursor.END;
    }

    /** No posting of the block that was asked about adds more; nothing does behind the last. */
    double blockBound() {
        return ahead < bests.shares().length ? bound(bests.shares()[ahead]) : 0;
    }

    /** No posting from one document to another adds more; that of all where these are many blocks. */
    double bound(int from, int to) {
        int[] ends = bests.ends();
        if (blockEnd(from) == PostingCursor.END) return 0;
        if (ahead + FEW < ends.length && ends[ahead + FEW] < to) return bound();
        double[] shares = bests.shares();
        double most = shares[ahead];
        for (int b = ahead + 1; b < ends.length && ends[b - 1] < to; b++) most = Math.max(most, shares[b]);
        return bound(most);
    }

    /** The first document from {@code target} on, {@link PostingCursor#END} if there is none. */
    int advance(int target) { return blockEnd(target) == PostingCursor.END ? PostingCursor.END : postings.advance(ahead, target); }

    /** What the document at hand gets. */
    double added() { return added(postings.count(), postings.document()); }

    private double added(int count, int document) { return scale * saturation.of(count, lengths.of(document)) + offset; }

    /**
     * Adds to the sums of the documents from {@code from} to {@code to}, by their distance from {@code from}, and marks them. The list was advanced to
     * {@code from}, and its block goes as far or it is at its end. Gives how many there were.
     */
    int add(int from, int to, double[] sums, long[] marks) {
        if (ahead == bests.ends().length) return 0;
        int[] documents = postings.documents(), further = postings.furtherCounts();
        int begin = postings.at(), n = postings.read(), i = begin;
        for (; i < n && documents[i] <= to; i++) {
            int d = documents[i] - from;
            sums[d] += added(further[i] + 1, documents[i]);
            marks[d >>> 6] |= 1L << d;
        }
        postings.at(i);
        return i - begin;
    }

    /** What is done with a document and what it got. */
    interface Use {
        /** Gives what others must exceed from now on. */
        double take(int document, double added);
    }

    /** The documents of the block from the one at hand to {@code to} that get more than {@code least}. Gives how many scores it took. */
    int above(double least, int to, Use use) {
        int[] documents = postings.documents(), further = postings.furtherCounts();
        int n = postings.read(), few = few(least), scored = 0;
        int i = postings.at();
        for (; i < n && documents[i] <= to; i++) {
            if (further[i] < few) continue;
            double added = added(further[i] + 1, documents[i]);
            scored++;
            if (!(added > least)) continue;
            double now = use.take(documents[i], added);
            if (now == least) continue;
            least = now;
            few = few(least);
        }
        postings.at(i);
        return scored;
    }

    /** Postings of so many occurrences or fewer add no more than {@code least}. */
    private int few(double least) { return scale > 0 ? saturation.few((least - offset) / scale) : 0; }
}
