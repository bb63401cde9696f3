package lyceum.labs.catalogue;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The formulas in an article's Markdown: {@code $...$} in a line, {@code $$...$$} on its own; a dollar in code or behind a backslash is none. */
public final class Formulas {

    private static final Pattern FORMULA = Pattern
            .compile("(?s)```.*?```|`[^`\n]*`|\\$\\$(?<display>.+?)\\$\\$|(?<![\\\\$])\\$(?<inline>[^$\n]+?)(?<!\\\\)\\$");

    private Formulas() {}

    /** What stands in the place of a formula. */
    @FunctionalInterface
    public interface Replacement {
        /** The text for a formula in TeX, without its dollars. */
        String of(String tex, boolean display);
    }

    /** The formulas of a text, in order, without their dollars. */
    public static List<String> of(String markdown) {
        var formulas = new ArrayList<String>();
        replaced(markdown, (tex, display) -> {
            formulas.add(tex);
            return "";
        });
        return formulas;
    }

    /** Markdown with every formula replaced, so that no underscore or asterisk of one is taken for emphasis. */
    public static String replaced(String markdown, Replacement replacement) {
        return FORMULA.matcher(markdown).replaceAll(m -> {
            boolean display = m.group("display") != null;
            boolean formula = display || m.group("inline") != null;
            return Matcher.quoteReplacement(formula ? replacement.of(m.group(display ? "display" : "inline"), display) : m.group());
        });
    }
}
