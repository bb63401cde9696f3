package lyceum.data.corpus;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * Named steps that change texts, one after the other, with a count of what each took away.
 *
 * {@snippet :
 * var cleaning = new Cleaning().then(Cleaning.controls()).then(Cleaning.spaces());
 * var clean = cleaning.apply(corpus);                            // lazily; counts nothing
 * var ledger = cleaning.account(corpus);                         // a pass that counts
 * }
 */
public record Cleaning(List<Step> steps) {
    /** A change of a text, by name. */
    public record Step(String name, UnaryOperator<String> change) {}

    /**
     * What a step did to a corpus.
     *
     * @param changed      documents that it changed
     * @param removedBytes UTF-8 bytes before less those after; negative where a step adds
     */
    public record Effect(String step, long changed, long removedBytes) {}

    /** The account of a pass: {@code bytesIn} less what each step removed is {@code bytesOut}. */
    public record Account(long documents, long bytesIn, long bytesOut, List<Effect> effects) {}

    public Cleaning { steps = List.copyOf(steps); }

    /** No step. */
    public Cleaning() { this(List.of()); }

    /** One more step. */
    public Cleaning then(Step step) {
        var more = new ArrayList<>(steps);
        more.add(step);
        return new Cleaning(more);
    }

    /** One more step. */
    public Cleaning then(String name, UnaryOperator<String> change) { return then(new Step(name, change)); }

    /** Unicode's composed form (NFC), so that equal looks are equal bytes. */
    public static Step composed() { return new Step("composed", text -> Normalizer.normalize(text, Normalizer.Form.NFC)); }

    /** Every end of a line is {@code \n}. */
    public static Step lineEnds() {
        return new Step("line ends", text -> text.indexOf('\r') < 0 ? text : text.replace("\r\n", "\n").replace('\r', '\n'));
    }

    /** Without control and format characters, except for tab and new line. */
    public static Step controls() {
        return new Step("controls", text -> {
            StringBuilder kept = null;
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                boolean unwanted = c < ' ' ? c != '\n' && c != '\t'
                        : c >= 0x7F && (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT);
                if (unwanted && kept == null) kept = new StringBuilder(text.length()).append(text, 0, i);
                else if (!unwanted && kept != null) kept.append(c);
            }
            return kept == null ? text : kept.toString();
        });
    }

    /** Runs of spaces become one, none at a line's ends, at most one empty line in between, none at the text's ends. */
    public static Step spaces() { return new Step("spaces", Cleaning::withoutSpaces); }

    private static String withoutSpaces(String text) {
        var kept = new StringBuilder(text.length());
        int lines = 0;
        boolean space = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n') lines++;
            else if (c == ' ' || c == '\t' || c > 0x7F && Character.isSpaceChar(c)) space = true;
            else {
                if (lines > 0 && !kept.isEmpty()) kept.append(lines > 1 ? "\n\n" : "\n");
                else if (space && !kept.isEmpty()) kept.append(' ');
                kept.append(c);
                lines = 0;
                space = false;
            }
        }
        return text.contentEquals(kept) ? text : kept.toString();
    }

    /** Without the lines that fulfil a condition. */
    public static Step lines(String name, Predicate<String> unwanted) {
        return new Step(name, text -> {
            var kept = new StringBuilder(text.length());
            for (int at = 0; at <= text.length();) {
                int end = text.indexOf('\n', at);
                if (end < 0) end = text.length();
                var line = text.substring(at, end);
                if (!unwanted.test(line)) kept.append(line).append('\n');
                at = end + 1;
            }
            if (!kept.isEmpty()) kept.setLength(kept.length() - 1);
            return kept.length() == text.length() ? text : kept.toString();
        });
    }

    /** A text after all steps. */
    public String apply(String text) {
        for (var step : steps) text = step.change.apply(text);
        return text;
    }

    /** The corpus with clean texts. */
    public Corpus apply(Corpus corpus) { return corpus.map(document -> document.withText(apply(document.text()))); }

    /** Reads the corpus once and counts the effect of each step. */
    public Account account(Corpus corpus) {
        var changed = new long[steps.size()];
        var removed = new long[steps.size()];
        var totals = new long[3];
        corpus.forEach(document -> {
            var text = document.text();
            totals[0]++;
            totals[1] += Document.utf8Length(text);
            for (int s = 0; s < changed.length; s++) {
                var after = steps.get(s).change.apply(text);
                if (after.equals(text)) continue;
                changed[s]++;
                removed[s] += Document.utf8Length(text) - Document.utf8Length(after);
                text = after;
            }
            totals[2] += Document.utf8Length(text);
        });
        var effects = new ArrayList<Effect>();
        for (int s = 0; s < changed.length; s++) effects.add(new Effect(steps.get(s).name, changed[s], removed[s]));
        return new Account(totals[0], totals[1], totals[2], List.copyOf(effects));
    }
}
