package lyceum.llm.generate;

import java.util.List;
import lyceum.text.DecodeStream;
import lyceum.text.Tokenizer;

/**
 * Text of ids that come one by one, cut before the first stop string. Text is handed out as soon as it can neither be half a character nor the beginning of a stop
 * string: what a stop string might still take is held back. Of several that end at the same place the longest cuts. For one thread.
 *
 * {@snippet :
 * var text = new StreamedText(new ByteTokenizer(), List.of("END"));
 * text.push('a');                       // "a"
 * text.push('E');                       // "": it may become END
 * text.push('x');                       // "Ex"
 * }
 */
public final class StreamedText {
    private final DecodeStream decoder;
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private String matched;

    public StreamedText(Tokenizer tokenizer, List<String> stops) {
        decoder = tokenizer.decoder();
        this.stops = List.copyOf(stops);
        if (stops.stream().anyMatch(String::isEmpty))
            throw new IllegalArgumentException("StreamedText: an empty stop string would cut every text");
    }

    /** The next id; the text that is certain with it. Nothing more comes after a stop string. */
    public String push(int id) { return matched != null ? "" : add(decoder.push(id)); }

    /** No more ids: the rest of the text. */
    public String finish() {
        if (matched != null) return "";
        var certain = add(decoder.finish());
        if (matched != null) return certain;
        certain += held;
        held.setLength(0);
        return certain;
    }

    /** The stop string that was reached, or null. */
    public String matched() { return matched; }

    private String add(String fresh) {
        if (stops.isEmpty()) return fresh; // nothing is held back
        // a stop string is reached where it ends: the one that ends first cuts, as if letters came one by one
        for (int i = 0; i < fresh.length(); i++) {
            held.append(fresh.charAt(i));
            for (var stop : stops) if (endsWith(stop) && (matched == null || stop.length() > matched.length())) matched = stop;
            if (matched == null) continue;
            held.setLength(held.length() - matched.length());
            return take(held.length());
        }
        return take(held.length() - undecided());
    }

    private String take(int length) {
        var text = held.substring(0, length);
        held.delete(0, length);
        return text;
    }

    private boolean endsWith(String stop) {
        int from = held.length() - stop.length();
        if (from < 0) return false;
        for (int i = 0; i < stop.length(); i++) if (held.charAt(from + i) != stop.charAt(i)) return false;
        return true;
    }

    /** The length of the longest end of the text that begins a stop string. */
    private int undecided() {
        int most = 0;
        for (var stop : stops) {
            for (int n = Math.min(stop.length() - 1, held.length()); n > most; n--) {
                int from = held.length() - n, i = 0;
                while (i < n && held.charAt(from + i) == stop.charAt(i)) i++;
                if (i == n) most = n;
            }
        }
        return most;
    }
}
