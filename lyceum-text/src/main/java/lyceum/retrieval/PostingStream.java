package lyceum.retrieval;

import java.util.Arrays;
import lyceum.text.internal.TermTable;
import lyceum.text.internal.Utf8;

/**
 * The postings of a term as they come, in bytes, for what is added goes to anywhere in memory and should be little. Of each word its distance from the place before,
 * doubled, and one more where it is the first of a document, whose distance from the document before follows. Of weights the distance between documents, and the weight.
 * A number has seven bits a byte, the lowest first.
 */
final class PostingStream implements TermTable.Term {
    /** Bytes of two numbers. */
    private static final int ROOM = 10;

    private final String term;
    private byte[] bytes = new byte[16];
    private int end, size, places, lastDocument = -1, lastPlace;

    /** @throws IllegalArgumentException if the term has no UTF-8 */
    PostingStream(String term) {
        Utf8.require(term);
        this.term = term;
    }

    @Override public String term() { return term; }

    /** Documents. */
    int size() { return size; }

    /** Words; 0 if these are weights. */
    int places() { return places; }

    /** Once more, at a place behind the last of the document. */
    void word(int document, int place) {
        makeRoom();
        if (document != lastDocument) {
            put(place << 1 | 1);
            document(document);
        } else put(place - lastPlace << 1);
        lastPlace = place;
        places++;
    }

    /** A document with a count and no places. */
    void weight(int document, int count) {
        makeRoom();
        document(document);
        put(count);
    }

    /** What a cursor of another segment stands on. */
    void copy(int document, PostingCursor from) {
        boolean counted = size > 0 && places == 0;
        if (from.hasPlaces() && !counted) for (int place : from.places()) word(document, place);
        else if (places == 0) weight(document, from.count());
        // Weights beside text under one term, as files of before may have: a list keeps places for all or none.
        else for (int i = 0; i < from.count(); i++) word(document, 0);
    }

    private void document(int document) {
        put(document - lastDocument - 1);
        lastDocument = document;
        size++;
    }

    private void makeRoom() {
        if (bytes.length - end >= ROOM) return;
        if (bytes.length > Integer.MAX_VALUE / 2)
            throw new IllegalStateException("InvertedIndex: the postings of '" + term + "' take more than 1 GB; commit more often");
        bytes = Arrays.copyOf(bytes, 2 * bytes.length);
    }

    private void put(int value) {
        byte[] b = bytes;
        int at = end;
        for (; (value & -128) != 0; value >>>= 7) b[at++] = (byte) (value | 128);
        b[at++] = (byte) value;
        end = at;
    }

    /** Documents, how often, and the gaps between places there, to arrays with room for {@link #size()} and {@link #places()}. */
    void read(int[] documents, int[] counts, int[] gaps) {
        int document = -1, i = -1, place = 0;
        for (int at = 0; at < end;) {
            long first = number(bytes, at), second = 0;
            at = (int) (first >>> 32);
            int value = (int) first;
            boolean opens = places == 0 || (value & 1) != 0;
            if (opens) {
                second = number(bytes, at);
                at = (int) (second >>> 32);
                document += (places == 0 ? value : (int) second) + 1;
                documents[++i] = document;
                counts[i] = places == 0 ? (int) second : 0;
            }
            if (places == 0) continue;
            counts[i]++;
            gaps[place++] = value >>> 1;
        }
    }

    /** The number, and above it where it ends. */
    private static long number(byte[] bytes, int at) {
        int value = bytes[at++];
        if (value < 0) {
            value &= 127;
            for (int shift = 7;; shift += 7) {
                int next = bytes[at++];
                value |= (next & 127) << shift;
                if (next >= 0) break;
            }
        }
        return (long) at << 32 | value & 0xFFFFFFFFL;
    }
}
