package lyceum.serve.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import tools.jackson.databind.json.JsonMapper;

/** Bytes that are written again and again into one array: pieces of JSON, and texts escaped as they stand in it. For one thread. */
final class JsonBytes {
    /** How Jackson writes an ASCII character inside a string; null where as it is. */
    private static final byte[][] ESCAPED = new byte[128][];
    /** The most bytes that one char of a text takes. */
    private static final int MOST = 6;
    private static final int DIGITS = 10;

    static {
        for (char c = 0; c < ESCAPED.length; c++) {
            var written = JsonMapper.shared().writeValueAsString(String.valueOf(c));
            if (written.length() > 3) ESCAPED[c] = written.substring(1, written.length() - 1).getBytes(StandardCharsets.US_ASCII);
        }
    }

    private byte[] bytes = new byte[512];
    private int size;

    /** The first {@link #size} are written. */
    byte[] bytes() { return bytes; }

    int size() { return size; }

    JsonBytes clear() {
        size = 0;
        return this;
    }

    private void room(int more) {
        if (more > bytes.length - size) bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, Math.addExact(size, more)));
    }

    JsonBytes put(byte[] piece) {
        room(piece.length);
        System.arraycopy(piece, 0, bytes, size, piece.length);
        size += piece.length;
        return this;
    }

    /** In decimal, not negative. */
    JsonBytes put(int number) {
        room(DIGITS);
        int end = size + 1;
        for (int rest = number / 10; rest > 0; rest /= 10) end++;
        size = end;
        for (int rest = number; end > 0; rest /= 10) {
            bytes[--end] = (byte) ('0' + rest % 10);
            if (rest < 10) break;
        }
        return this;
    }

    /** What stands between the quotes of a string; half a surrogate pair becomes a question mark, as UTF-8 has none. */
    JsonBytes put(String text) {
        room(Math.multiplyExact(MOST, text.length()));
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ESCAPED.length) {
                var escaped = ESCAPED[c];
                if (escaped == null) bytes[size++] = (byte) c;
                else put(escaped);
            } else if (c < 0x800) {
                bytes[size++] = (byte) (0xC0 | c >> 6);
                bytes[size++] = continued(c);
            } else if (!Character.isSurrogate(c)) {
                bytes[size++] = (byte) (0xE0 | c >> 12);
                bytes[size++] = continued(c >> 6);
                bytes[size++] = continued(c);
            } else if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                int point = Character.toCodePoint(c, text.charAt(++i));
                bytes[size++] = (byte) (0xF0 | point >> 18);
                bytes[size++] = continued(point >> 12);
                bytes[size++] = continued(point >> 6);
                bytes[size++] = continued(point);
            } else bytes[size++] = '?';
        }
        return this;
    }

    private static byte continued(int bits) { return (byte) (0x80 | bits & 0x3F); }
}
