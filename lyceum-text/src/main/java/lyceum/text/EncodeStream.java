package lyceum.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import lyceum.FormatException;
import lyceum.text.internal.Utf8;

/**
 * Encodes a text that comes in pieces, cut anywhere, even inside a character. The ids of all pieces together are those of the whole text, without template. Ids come as
 * soon as no later text can change them; a tokenizer that looks at a text as a whole gives them all at the {@link #finish}. For one thread.
 */
public final class EncodeStream {
    private final Tokenizer tokenizer;
    private final Controls controls;
    private final StringBuilder pending = new StringBuilder();
    private byte[] half = new byte[0];
    private long bytesRead;
    private int tryAt = 1;

    /** A stream of a text whose control strings are treated as said. */
    public EncodeStream(Tokenizer tokenizer, Controls controls) {
        this.tokenizer = tokenizer;
        this.controls = controls;
    }

    /** The next piece; the ids that are settled by it. */
    public int[] push(String piece) {
        pending.append(piece);
        if (pending.length() < tryAt) return new int[0];
        int end = pending.length();
        if (end > 0 && Character.isHighSurrogate(pending.charAt(end - 1))) end--;
        var text = pending.substring(0, end);
        int settled = tokenizer.settled(text, controls);
        int[] ids = settled == 0 ? new int[0] : plain(text.substring(0, settled));
        pending.delete(0, settled);
        tryAt = settled == 0 ? 2 * pending.length() : pending.length() + 1; // so that looking again and again stays linear
        return ids;
    }

    /** The next piece as UTF-8. @throws FormatException if it is none: names the byte of the whole stream */
    public int[] push(byte[] utf8) {
        var all = new byte[half.length + utf8.length];
        System.arraycopy(half, 0, all, 0, half.length);
        System.arraycopy(utf8, 0, all, half.length, utf8.length);
        int end = all.length;
        for (int back = 1; back <= Math.min(3, end); back++) {
            byte b = all[end - back];
            if (Utf8.isContinuation(b)) continue;
            if (b < 0 && Utf8.length(b) > back) end -= back;
            break;
        }
        int broken = Utf8.firstBroken(all, 0, end);
        if (broken >= 0) throw FormatException.at("UTF-8", bytesRead + broken, String.format("broken at 0x%02X", all[broken]));
        half = Arrays.copyOfRange(all, end, all.length);
        bytesRead += end;
        return push(new String(all, 0, end, StandardCharsets.UTF_8));
    }

    /** No more text; the remaining ids. The stream is then new. @throws FormatException if bytes ended inside a character */
    public int[] finish() {
        if (half.length > 0) throw FormatException.at("UTF-8", bytesRead, "ends inside a character");
        var text = pending.toString();
        pending.setLength(0);
        tryAt = 1;
        bytesRead = 0;
        return plain(text);
    }

    private int[] plain(String text) {
        var buffer = TokenBuffer.ofIds();
        tokenizer.tokenize(text, controls, buffer);
        return buffer.toIds();
    }
}
