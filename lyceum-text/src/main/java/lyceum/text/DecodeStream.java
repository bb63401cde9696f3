package lyceum.text;

import java.util.Arrays;

/**
 * Decodes ids that come one by one. Gives text as soon as it is whole: half a character waits for its other half. What all calls give together is the text of
 * all ids. For one thread.
 */
public final class DecodeStream {
    private final Tokenizer tokenizer;
    private final boolean skipSpecials, apart;
    private int[] window = new int[16];
    private final int[] one = new int[1]; // most tokens are whole by themselves
    private int size, shown;
    private String before = "";

    /** A stream that leaves control tokens out or not. */
    public DecodeStream(Tokenizer tokenizer, boolean skipSpecials) {
        this.tokenizer = tokenizer;
        this.skipSpecials = skipSpecials;
        apart = tokenizer.decodesApart();
    }

    /** The next id; the text that is whole with it, often a word, sometimes nothing. */
    public String push(int id) {
        if (size == window.length) window = Arrays.copyOf(window, 2 * size);
        window[size++] = id;
        one[0] = id;
        var text = tokenizer.decode(size == 1 ? one : Arrays.copyOf(window, size), skipSpecials);
        boolean whole = !text.endsWith("\uFFFD");
        if (text.length() <= before.length() || !whole && size - shown < 8) return "";
        var fresh = text.substring(before.length());
        if (apart && whole) {
            begin();
            return fresh;
        }
        // the ids shown last stay as context: a decoder may treat a first token apart
        int keep = size - shown;
        System.arraycopy(window, shown, window, 0, keep);
        size = keep;
        shown = keep;
        before = tokenizer.decode(Arrays.copyOf(window, size), skipSpecials);
        return fresh;
    }

    /** No more ids; the rest of the text. The stream is then new. */
    public String finish() {
        var text = tokenizer.decode(Arrays.copyOf(window, size), skipSpecials);
        var rest = text.substring(Math.min(text.length(), before.length()));
        begin();
        return rest;
    }

    private void begin() {
        size = shown = 0;
        before = "";
    }
}
