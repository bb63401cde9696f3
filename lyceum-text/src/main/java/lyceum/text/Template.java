package lyceum.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What is put around texts: {@code [CLS] A [SEP]} and {@code [CLS] A [SEP] B [SEP]}. A text that begins with the
 * start token already, as one of a chat template where {@link EncodeOptions#controls} allows it, gets no second one.
 *
 * @param single parts around one text
 * @param pair parts around two
 */
public record Template(List<Part> single, List<Part> pair) {
    /** A part. */
    public sealed interface Part {
        /** The type id of its tokens. */
        int typeId();
    }

    /** The first text ({@code A}) or the second. */
    public record Text(boolean second, int typeId) implements Part {}

    /** A control token; most are one id. */
    public record Control(String token, List<Integer> ids, int typeId) implements Part {
        public Control {
            Objects.requireNonNull(token, "token");
            ids = List.copyOf(ids);
        }
    }

    /** The texts alone, the second of type 0. */
    public static final Template NONE = new Template(List.of(new Text(false, 0)), List.of(new Text(false, 0), new Text(true, 0)));

    public Template {
        single = List.copyOf(single);
        pair = List.copyOf(pair);
    }

    /** A start token in front and nothing else. @throws IllegalStateException if the specials have none */
    public static Template bos(SpecialTokens specials) { return NONE.withBos(specials); }

    /** How many tokens it adds. */
    public int added(boolean two) {
        int n = 0;
        for (var part : two ? pair : single) if (part instanceof Control c) n += c.ids.size();
        return n;
    }

    /** This template with a start token in front of one text and of two; parts that begin with it already stay as they are. */
    public Template withBos(SpecialTokens specials) {
        int id = specials.bos();
        var bos = new Control(specials.find(id).text(), List.of(id), 0);
        return new Template(joined(bos, single), joined(bos, pair));
    }

    /** Whether a control token of this id stands right before the first text. */
    boolean putsBefore(int id, boolean two) {
        var parts = two ? pair : single;
        for (int i = 0; i + 1 < parts.size(); i++)
            if (parts.get(i) instanceof Control c && !c.ids.isEmpty() && c.ids.getLast() == id && parts.get(i + 1) instanceof Text t
                    && !t.second)
                return true;
        return false;
    }

    private static List<Part> joined(Control first, List<Part> rest) {
        if (!rest.isEmpty() && rest.getFirst() instanceof Control c && !c.ids.isEmpty() && c.ids.getFirst().equals(first.ids.getFirst()))
            return rest;
        var all = new ArrayList<Part>();
        all.add(first);
        all.addAll(rest);
        return all;
    }
}
