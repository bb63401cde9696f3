package lyceum.text;

import java.util.ArrayList;
import java.util.List;
import lyceum.text.Template.Control;
import lyceum.text.Template.Text;
import lyceum.text.internal.Utf8;

/** From a text's tokens to an input: template, truncation, padding. */
record Assembly(Tokenizer tokenizer, EncodeOptions options, Template template) {
    static Assembly of(Tokenizer tokenizer, EncodeOptions options) {
        return new Assembly(tokenizer, options, options.template() ? tokenizer.template() : Template.NONE);
    }

    /** A part of a text's tokens. */
    private record Part(TokenBuffer tokens, int[] chars, int from, int to) {
        int size() { return to - from; }
    }

    Encoding encode(String first, String second) { return padded(List.of(unpadded(first, second))).get(0); }

    int[] ids(String text) {
        if (options.padding() != null) return encode(text, null).ids();
        var tokens = TokenBuffer.ofIds();
        tokenizer.tokenize(text, options.controls(), tokens);
        int from = begun(tokens, false), to = tokens.size();
        var truncation = options.truncation();
        int most = truncation == null ? to : room(truncation, false);
        if (to - from > most) {
            if (truncation.left()) from = to - most;
            else to = from + most;
        }
        var ids = new int[to - from + template.added(false)];
        int at = 0;
        for (var part : template.single()) {
            if (part instanceof Control control) for (int id : control.ids()) ids[at++] = id;
            else for (int i = from; i < to; i++) ids[at++] = tokens.id(i);
        }
        return ids;
    }

    Encoding unpadded(String first, String second) {
        var a = whole(first);
        var b = second == null ? null : whole(second);
        a = new Part(a.tokens, a.chars, begun(a.tokens, b != null), a.to);
        List<Part> as = List.of(a), bs = b == null ? new ArrayList<>() : List.of(b);
        var truncation = options.truncation();
        if (truncation != null) {
            int most = room(truncation, b != null), n = a.size(), m = b == null ? 0 : b.size();
            if (n + m > most) {
                switch (b == null ? Truncation.Strategy.ONLY_FIRST : truncation.strategy()) {
                    case ONLY_FIRST -> n = left(most, m, "first");
                    case ONLY_SECOND -> m = left(most, n, "second");
                    case LONGEST_FIRST -> {
                        int shorter = Math.min(n, m), longer = Math.max(shorter, most - shorter);
                        if (shorter + longer > most) longer = (shorter = most / 2) + most % 2;
                        boolean swapped = n > m;
                        n = swapped ? longer : shorter;
                        m = swapped ? shorter : longer;
                    }
                }
                as = cut(a, n, truncation);
                if (b != null) bs = cut(b, m, truncation);
            }
        }
        var overflow = new ArrayList<Encoding>();
        for (int i = 0; i < as.size(); i++)
            for (int j = i == 0 ? 1 : 0; j < Math.max(1, bs.size()); j++)
                overflow.add(assembled(as.get(i), b == null ? null : bs.get(j), List.of()));
        return assembled(as.get(0), b == null ? null : bs.get(0), overflow);
    }

    /** 1 where the text begins with the start token that the template puts before it. */
    private int begun(TokenBuffer tokens, boolean two) {
        var bos = tokenizer.specials().id(SpecialTokens.Role.BOS);
        return bos.isPresent() && tokens.size() > 0 && tokens.id(0) == bos.getAsInt() && template.putsBefore(bos.getAsInt(), two) ? 1 : 0;
    }

    private int room(Truncation truncation, boolean two) {
        int most = truncation.length() - template.added(two);
        if (most < 0) throw new IllegalArgumentException("encode: the template alone has " + template.added(two)
                + " tokens, more than length " + truncation.length() + "; raise the length or encode without the template");
        if (most > 0 && truncation.stride() >= most) throw new IllegalArgumentException(
                "encode: stride " + truncation.stride() + " with room for " + most + " tokens would never move on; it must be smaller");
        return most;
    }

    private static int left(int most, int other, String which) {
        if (other > most) throw new IllegalArgumentException("encode: the other text has " + other + " tokens, room is for " + most
                + ": cutting only the " + which + " does not suffice");
        return most - other;
    }

    private static List<Part> cut(Part whole, int most, Truncation truncation) {
        int n = whole.size();
        if (n <= most) return List.of(whole);
        if (most == 0) return List.of(new Part(whole.tokens, whole.chars, whole.from, whole.from), whole);
        if (truncation.stride() >= most) throw new IllegalArgumentException("encode: stride " + truncation.stride() + " with room for "
                + most + " tokens of a text would never move on; it must be smaller");
        var parts = new ArrayList<Part>();
        for (int done = 0;; done += most - truncation.stride()) {
            int end = Math.min(n, done + most);
            parts.add(truncation.left() ? new Part(whole.tokens, whole.chars, whole.to - end, whole.to - done)
                    : new Part(whole.tokens, whole.chars, whole.from + done, whole.from + end));
            if (end == n) return parts;
        }
    }

    private Part whole(String text) {
        var tokens = TokenBuffer.withSpans();
        tokenizer.tokenize(text, options.controls(), tokens);
        return new Part(tokens, Utf8.charsOfBytes(text), 0, tokens.size());
    }

    private Encoding assembled(Part a, Part b, List<Encoding> overflow) {
        var c = new Encoding.Columns(a.size() + (b == null ? 0 : b.size()) + template.added(b != null));
        int at = 0;
        for (var part : b == null ? template.single() : template.pair()) {
            if (part instanceof Control control) for (int id : control.ids()) c.control(at++, id, control.typeId(), true);
            else if (part instanceof Text text) at = copy(text.second() ? b : a, text.second() ? 1 : 0, text.typeId(), c, at);
        }
        return new Encoding(tokenizer.vocabulary(), c, overflow);
    }

    private int copy(Part part, int sequence, int typeId, Encoding.Columns c, int at) {
        var tokens = part.tokens;
        for (int i = part.from; i < part.to; i++, at++) {
            int start = tokens.start(i), end = tokens.end(i);
            c.ids[at] = tokens.id(i);
            c.typeIds[at] = typeId;
            c.words[at] = tokens.word(i);
            c.byteStarts[at] = start;
            c.byteEnds[at] = end;
            c.starts[at] = part.chars == null ? start : part.chars[start];
            c.ends[at] = part.chars == null || end == start ? c.starts[at] + end - start : Utf8.charEnd(part.chars, end);
            c.sequences[at] = (byte) sequence;
            c.attention[at] = 1;
            c.special[at] = tokens.word(i) < 0 && tokenizer.specials().isSpecial(tokens.id(i));
        }
        return at;
    }

    List<Encoding> padded(List<Encoding> encodings) {
        var padding = options.padding();
        if (padding == null) return encodings;
        int length = padding.length();
        if (length == 0) for (var e : encodings) length = Math.max(length, e.size());
        int multiple = Math.max(1, padding.multipleOf());
        length = Math.ceilDiv(length, multiple) * multiple;
        var all = new ArrayList<Encoding>(encodings.size());
        for (var e : encodings) all.add(padded(e, length, padding));
        return all;
    }

    private static Encoding padded(Encoding e, int length, Padding padding) {
        var overflow = new ArrayList<Encoding>();
        for (var part : e.overflow()) overflow.add(padded(part, length, padding));
        int more = length - e.size();
        if (more <= 0 && overflow.isEmpty()) return e;
        var c = new Encoding.Columns(Math.max(length, e.size()));
        e.copyTo(c, padding.left() && more > 0 ? more : 0);
        for (int i = 0; i < more; i++) c.control(padding.left() ? i : e.size() + i, padding.id(), padding.typeId(), false);
        return new Encoding(e.vocabulary(), c, overflow);
    }
}
