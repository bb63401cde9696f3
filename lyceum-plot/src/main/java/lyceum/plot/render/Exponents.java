package lyceum.plot.render;

import java.util.ArrayList;
import java.util.List;

/** Cuts a text at its superscripts, which few fonts have whole: painters raise the plain characters instead. */
final class Exponents {
    /** Size of a raised character, as a share of the text's. */
    static final double SIZE = 0.72;
    /** How far its baseline stands above the text's, as a share of the text's size. */
    static final double RISE = 0.36;

    private static final String RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ";
    private static final String PLAIN = "0123456789+−=()ni";

    /** Characters that stand on one baseline. */
    record Run(String text, boolean raised) {}

    private Exponents() {}

    static boolean raised(char c) { return c >= '²' && RAISED.indexOf(c) >= 0; }

    /** The plain character of a superscript; any other as it is. */
    static char plain(char c) {
        int at = c < '²' ? -1 : RAISED.indexOf(c);
        return at < 0 ? c : PLAIN.charAt(at);
    }

    /** The text in runs, at least one. */
    static List<Run> runs(String text) {
        var runs = new ArrayList<Run>();
        var run = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            run.append(plain(c));
            if (i + 1 == text.length() || raised(text.charAt(i + 1)) != raised(c)) {
                runs.add(new Run(run.toString(), raised(c)));
                run.setLength(0);
            }
        }
        return runs.isEmpty() ? List.of(new Run("", false)) : runs;
    }
}
