package lyceum.text;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import lyceum.FormatException;
import lyceum.text.internal.AlignedText;
import lyceum.text.internal.Utf8;

/**
 * SentencePiece's compiled map of character sequences: a double-array tree (the layout of Darts-clone) whose values point into a block of texts that end with a zero.
 * All that the bytes say is checked where it is used: a map out of a file can be wrong, it cannot lead outside.
 */
final class CharsMap {
    private final byte[] blob;
    private final int[] tree;
    private final int texts;

    private CharsMap(byte[] blob, int units) {
        this.blob = blob;
        tree = new int[units];
        texts = 4 + 4 * units;
        if (units > 0) ByteBuffer.wrap(blob, 4, 4 * units).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(tree);
    }

    static CharsMap of(byte[] blob) {
        if (blob.length == 0) return new CharsMap(blob, 0);
        if (blob.length < 4) throw FormatException.at("characters map", 0, blob.length + " bytes, fewer than a size has");
        long size = ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN).getInt() & 0xFFFFFFFFL;
        if (size % 4 != 0 || size > blob.length - 4)
            throw FormatException.at("characters map", 0, "a tree of " + size + " bytes in " + (blob.length - 4));
        return new CharsMap(blob, (int) (size / 4));
    }

    private int unit(int i) { return i < 0 || i >= tree.length ? 0 : tree[i]; }

    private static int offset(int unit) { return unit >>> 10 << ((unit & 1 << 9) >>> 6); }

    /** The text, each longest known sequence replaced. */
    AlignedText apply(AlignedText text) {
        AlignedText.Builder out = null;
        int done = text.from;
        for (int at = text.from; tree.length > 0 && at < text.to;) {
            int node = offset(unit(0)), length = 0, value = 0;
            for (int i = at; i < text.to && text.b[i] != 0; i++) {
                node ^= text.b[i] & 0xFF;
                int unit = unit(node);
                if ((unit & (1 << 31 | 0xFF)) != (text.b[i] & 0xFF)) break;
                node ^= offset(unit);
                if ((unit >>> 8 & 1) != 0) {
                    length = i + 1 - at;
                    value = unit(node) & 0x7FFFFFFF;
                }
            }
            if (length == 0 || at + length < text.to && Utf8.isContinuation(text.b[at + length])) at += Utf8.length(text.b[at]);
            else {
                if (out == null) out = new AlignedText.Builder(text);
                out.copy(done, at);
                out.put(text(value), at, at + length);
                done = at += length;
            }
        }
        if (out == null) return text;
        out.copy(done, text.to);
        return out.build();
    }

    private String text(int value) {
        int from = texts + value, to = from;
        if (from < texts || from >= blob.length) return "";
        while (to < blob.length && blob[to] != 0) to++;
        return new String(blob, from, to - from, StandardCharsets.UTF_8);
    }
}
