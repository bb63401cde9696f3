package lyceum.text;

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
    private final int units, texts;

    private CharsMap(byte[] blob, int units) {
        this.blob = blob;
        this.units = units;
        texts = 4 + 4 * units;
    }

    static CharsMap of(byte[] blob) {
        if (blob.length == 0) return new CharsMap(blob, 0);
        if (blob.length < 4) throw FormatException.at("characters map", 0, blob.length + " bytes, fewer than a size has");
        long size = word(blob, 0) & 0xFFFFFFFFL;
        if (size % 4 != 0 || size > blob.length - 4)
            throw FormatException.at("characters map", 0, "a tree of " + size + " bytes in " + (blob.length - 4));
        return new CharsMap(blob, (int) (size / 4));
    }

    private static int word(byte[] b, int at) {
        return b[at] & 0xFF | (b[at + 1] & 0xFF) << 8 | (b[at + 2] & 0xFF) << 16 | b[at + 3] << 24;
    }

    private int unit(int i) { return i < 0 || i >= units ? 0 : word(blob, 4 + 4 * i); }

    private static int offset(int unit) { return unit >>> 10 << ((unit & 1 << 9) >>> 6); }

    /** The text, each longest known sequence replaced. */
    AlignedText apply(AlignedText text) {
        if (units == 0) return text;
        var out = new AlignedText.Builder(text);
        for (int at = text.from; at < text.to;) {
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
            if (length == 0 || Utf8.isContinuation(text.b[Math.min(at + length, text.to - 1)]) && at + length < text.to) {
                length = Utf8.length(text.b[at]);
                out.copy(at, at + length);
            } else out.put(text(value), at, at + length);
            at += length;
        }
        return out.build();
    }

    private String text(int value) {
        int from = texts + value, to = from;
        if (from < texts || from >= blob.length) return "";
        while (to < blob.length && blob[to] != 0) to++;
        return new String(blob, from, to - from, StandardCharsets.UTF_8);
    }
}
