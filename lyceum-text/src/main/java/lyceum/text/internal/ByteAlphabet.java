package lyceum.text.internal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** GPT-2's alphabet: 256 bytes as 256 visible characters, so that a vocabulary of bytes can be written as text. */
public final class ByteAlphabet {
    private static final char[] CHARS = new char[256];
    private static final short[] BYTES = new short[0x200];

    static {
        Arrays.fill(BYTES, (short) -1);
        for (int b = 0, next = 256; b < 256; b++) {
            boolean visible = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
            CHARS[b] = (char) (visible ? b : next++);
            BYTES[CHARS[b]] = (short) b;
        }
    }

    private ByteAlphabet() {}

    public static char character(byte b) { return CHARS[b & 0xFF]; }

    /** Bytes spelled with the alphabet. */
    public static String spelled(byte[] bytes, int from, int to) {
        var text = new char[to - from];
        for (int i = from; i < to; i++) text[i - from] = character(bytes[i]);
        return new String(text);
    }

    /** The bytes of a spelling, null if it has a character that is none of the alphabet. */
    public static byte[] bytes(String spelled) {
        var bytes = new byte[spelled.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = spelled.charAt(i);
            if (c >= BYTES.length || BYTES[c] < 0) return null;
            bytes[i] = (byte) BYTES[c];
        }
        return bytes;
    }

    /**
     * Writes the bytes of a spelling from a place on, which has room for as many as it has characters.
     *
     * @return the place behind them, or -1 if it has a character that is none of the alphabet
     */
    public static int write(String spelled, byte[] into, int at) {
        for (int i = 0; i < spelled.length(); i++) {
            char c = spelled.charAt(i);
            if (c >= BYTES.length || BYTES[c] < 0) return -1;
            into[at++] = (byte) BYTES[c];
        }
        return at;
    }

    /** The bytes of a spelling, its UTF-8 if it has a character that is none of the alphabet. */
    public static byte[] bytesOrUtf8(String spelled) {
        var bytes = bytes(spelled);
        return bytes == null ? spelled.getBytes(StandardCharsets.UTF_8) : bytes;
    }
}
