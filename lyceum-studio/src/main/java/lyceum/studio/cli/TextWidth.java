package lyceum.studio.cli;

import java.util.ArrayList;
import java.util.List;

/** Widths of text on a terminal, and text cut or filled to a width. */
final class TextWidth {

    private TextWidth() {}

    /** Columns that the text takes: combining marks take none, East Asian wide characters and most emoji two. */
    static int of(String text) { return text.codePoints().map(TextWidth::of).sum(); }

    private static int of(int codePoint) {
        int type = Character.getType(codePoint);
        if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK || type == Character.FORMAT) return 0;
        boolean wide = codePoint >= 0x1100 && codePoint <= 0x115f || codePoint >= 0x2e80 && codePoint <= 0xa4cf
                || codePoint >= 0xac00 && codePoint <= 0xd7a3 || codePoint >= 0xf900 && codePoint <= 0xfaff
                || codePoint >= 0xfe30 && codePoint <= 0xfe6f || codePoint >= 0xff00 && codePoint <= 0xff60
                || codePoint >= 0x1f300 && codePoint <= 0x1faff;
        return wide ? 2 : 1;
    }

    /** The text with spaces after it up to a width; longer text stays as it is. */
    static String pad(String text, int width) { return text + " ".repeat(Math.max(0, width - of(text))); }

    /** The text, with an ellipsis for what a width does not hold. */
    static String cut(String text, int width) {
        if (of(text) <= width) return text;
        var kept = new StringBuilder();
        int used = 0;
        for (int codePoint : text.codePoints().toArray()) {
            used += of(codePoint);
            if (used > width - 1) {
                break;
            }
            kept.appendCodePoint(codePoint);
        }
        return kept.toString().stripTrailing() + "…";
    }

    /** Lines of at most a width, broken at spaces; a word that is longer stands on a line of its own. */
    static List<String> wrap(String text, int width) {
        var lines = new ArrayList<String>();
        var line = new StringBuilder();
        for (String word : text.strip().split("\\s+")) {
            if (!line.isEmpty() && of(line.toString()) + 1 + of(word) > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
