package lyceum.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What is put around texts: {@code [CLS] A [SEP]} and {@code [CLS] A [SEP] B [SEP]}.
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

    /** This template with a start token in front; one that begins with it already stays as it is. */
    public Template withBos(SpecialTokens specials) {
        int id = specials.bos();
        if (single.getFirst() instanceof Control c && c.ids.equals(List.of(id))) return this;
        var bos = new Control(specials.find(id).text(), List.of(id), 0);
        return new Template(joined(bos, single), joined(bos, pair));
    }

    private static List<Part> joined(Part first, List<Part> rest) {
        var all = new ArrayList<Part>();
        all.add(first);
        all.addAll(rest);
        return all;
    }
}
