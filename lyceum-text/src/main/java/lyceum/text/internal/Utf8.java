package lyceum.text.internal;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import lyceum.FormatException;

/** UTF-8, with refusals that name the place. */
public final class Utf8 {
    private Utf8() {}

    /** Refuses a text that has half a surrogate pair. @throws IllegalArgumentException if it does: names the character */
    public static void require(String text) {
        for (int i = 0, n = text.length(); i < n; i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) continue;
            if (Character.isLowSurrogate(c) || i + 1 == n || !Character.isLowSurrogate(text.charAt(i + 1))) throw lone(text, i);
            i++;
        }
    }

    /** The bytes of a text. @throws IllegalArgumentException if it has half a surrogate pair: names the character */
    public static byte[] bytes(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int n = text.length();
        if (bytes.length == n) {
            // a lone surrogate comes out as '?', and only then do a wide text's lengths agree
            for (int i = 0; i < n; i++) if (bytes[i] == '?' && text.charAt(i) != '?') throw lone(text, i);
            return bytes;
        }
        require(text);
        return bytes;
    }

    private static IllegalArgumentException lone(String text, int at) {
        return new IllegalArgumentException(String.format(
                "character %d is half of a surrogate pair, U+%04X: the text has no UTF-8; replace it first", at, (int) text.charAt(at)));
    }

    /** A text out of bytes. @throws FormatException if they are no UTF-8: names the byte */
    public static String text(byte[] bytes, int from, int to) {
        int bad = firstBroken(bytes, from, to);
        if (bad >= 0) throw FormatException.at("UTF-8", bad, String.format("broken at 0x%02X", bytes[bad]));
        return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }

    /** The first byte that is no UTF-8, or -1. */
    public static int firstBroken(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && bytes[at] >= 0) at++;
        if (at == to) return -1;
        var in = ByteBuffer.wrap(bytes, at, to - at);
        var out = CharBuffer.allocate(1024);
        var decoder = StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT);
        while (true) {
            CoderResult result = decoder.decode(in, out, true);
            if (result.isError()) return in.position();
            if (result.isUnderflow()) return -1;
            out.clear();
        }
    }

    /** For each byte of a text's UTF-8, and one past, the {@code char} that it is in; null where the two count alike. */
    public static int[] charsOfBytes(String text) {
        int n = text.length(), bytes = 0;
        for (int i = 0; i < n; i++) {
            char c = text.charAt(i);
            bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        if (bytes == n) return null;
        var chars = new int[bytes + 1];
        for (int i = 0, at = 0; i < n; i++) {
            char c = text.charAt(i);
            if (c < 0x80) chars[at++] = i;
            else if (Character.isHighSurrogate(c)) {
                for (int k = 0; k < 4; k++) chars[at++] = i;
                i++;
            } else for (int k = c < 0x800 ? 2 : 3; k > 0; k--) chars[at++] = i;
        }
        chars[bytes] = n;
        return chars;
    }

    /** The first {@code char} past a byte span's end: the end of the character that its last byte is in. */
    public static int charEnd(int[] chars, int end) {
        int last = chars[end - 1];
        while (chars[end] == last) end++;
        return chars[end];
    }

    /** Bytes of the character that begins with this byte. */
    public static int length(byte first) { return first >= 0 ? 1 : (first & 0xE0) == 0xC0 ? 2 : (first & 0xF0) == 0xE0 ? 3 : 4; }

    /** The code point that begins here in well-formed bytes. */
    public static int codePoint(byte[] b, int at) {
        int first = b[at];
        if (first >= 0) return first;
        if ((first & 0xE0) == 0xC0) return (first & 0x1F) << 6 | b[at + 1] & 0x3F;
        if ((first & 0xF0) == 0xE0) return (first & 0x0F) << 12 | (b[at + 1] & 0x3F) << 6 | b[at + 2] & 0x3F;
        return (first & 0x07) << 18 | (b[at + 1] & 0x3F) << 12 | (b[at + 2] & 0x3F) << 6 | b[at + 3] & 0x3F;
    }

    /** Writes a code point and returns the place behind it. */
    public static int put(int c, byte[] b, int at) {
        if (c < 0x80) b[at++] = (byte) c;
        else {
            if (c < 0x800) b[at++] = (byte) (0xC0 | c >> 6);
            else {
                if (c < 0x10000) b[at++] = (byte) (0xE0 | c >> 12);
                else {
                    b[at++] = (byte) (0xF0 | c >> 18);
                    b[at++] = (byte) (0x80 | c >> 12 & 0x3F);
                }
                b[at++] = (byte) (0x80 | c >> 6 & 0x3F);
            }
            b[at++] = (byte) (0x80 | c & 0x3F);
        }
        return at;
    }

    /** Whether a byte goes on with a character. */
    public static boolean isContinuation(byte b) { return (b & 0xC0) == 0x80; }
}
