package lyceum.retrieval;

/** How many terms each document has in a field. A byte each, for most texts are short and a ranking reads them from anywhere; whole numbers only where one is long. */
final class TextLengths {
    private static final int LONG = 255;

    private final byte[] bytes;
    private final int[] whole;

    TextLengths(int[] lengths) {
        bytes = new byte[lengths.length];
        boolean any = false;
        for (int d = 0; d < lengths.length; d++) {
            boolean small = lengths[d] >= 0 && lengths[d] < LONG;
            bytes[d] = (byte) (small ? lengths[d] : LONG);
            any |= !small;
        }
        whole = any ? lengths : null;
    }

    int size() { return bytes.length; }

    int of(int document) {
        int length = bytes[document] & 0xFF;
        return length < LONG ? length : whole[document];
    }
}
