package lyceum.studio.cli;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.catalogue.Formulas;
import lyceum.studio.cli.Terminal.Style;
import org.commonmark.ext.gfm.tables.TableBlock;
import org.commonmark.ext.gfm.tables.TableCell;
import org.commonmark.ext.gfm.tables.TableRow;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.BlockQuote;
import org.commonmark.node.BulletList;
import org.commonmark.node.Code;
import org.commonmark.node.CustomBlock;
import org.commonmark.node.CustomNode;
import org.commonmark.node.Emphasis;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HardLineBreak;
import org.commonmark.node.Heading;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.Image;
import org.commonmark.node.IndentedCodeBlock;
import org.commonmark.node.Link;
import org.commonmark.node.ListItem;
import org.commonmark.node.Node;
import org.commonmark.node.OrderedList;
import org.commonmark.node.Paragraph;
import org.commonmark.node.SoftLineBreak;
import org.commonmark.node.StrongEmphasis;
import org.commonmark.node.Text;
import org.commonmark.node.ThematicBreak;
import org.commonmark.parser.Parser;

/** An article's Markdown as lines for a terminal: wrapped, formulas as Unicode, tables aligned. */
final class ArticleText {

    private static final Parser PARSER = Parser.builder().extensions(List.of(TablesExtension.create())).build();

    /** A formula is carried through Markdown as this character, its number in the private use area, and this one again. */
    private static final char MARK = '\ue000';
    private static final int FIRST = 0xf0000;

    private final Terminal terminal;
    private final List<String> formulas = new ArrayList<>();
    private final List<String> lines = new ArrayList<>();

    private ArticleText(Terminal terminal) { this.terminal = terminal; }

    /** The lines of an article, without front matter. */
    static List<String> lines(String markdown, Terminal terminal) {
        var text = new ArticleText(terminal);
        text.blocks(PARSER.parse(text.withoutMath(markdown)), "", "");
        while (!text.lines.isEmpty() && text.lines.getLast().isBlank()) {
            text.lines.removeLast();
        }
        return text.lines;
    }

    /** Underscores and stars of a formula are no emphasis: each formula becomes one placeholder. */
    private String withoutMath(String markdown) {
        return Formulas.replaced(markdown, (tex, display) -> {
            formulas.add(TexText.of(tex));
            String placeholder = MARK + Character.toString(FIRST + formulas.size() - 1) + MARK;
            return display ? "\n\n" + placeholder + "\n\n" : placeholder;
        });
    }

    /** Each block, with what its first line begins with and what the others do. */
    private void blocks(Node parent, String first, String rest) {
        String lead = first;
        for (var node = parent.getFirstChild(); node != null; node = node.getNext()) {
            block(node, lead, rest);
            lead = rest;
        }
    }

    private void block(Node node, String first, String rest) {
        switch (node) {
            case Heading heading -> {
                lines.add(first + terminal.styled(Style.BOLD, Words.of(heading, formulas).plain()));
                lines.add("");
            }
            case Paragraph paragraph -> paragraph(paragraph, first, rest);
            case BulletList list -> list(list, rest);
            case OrderedList list -> list(list, rest);
            case BlockQuote quote -> blocks(quote, first + "│ ", rest + "│ ");
            case FencedCodeBlock code -> code(code.getLiteral(), rest);
            case IndentedCodeBlock code -> code(code.getLiteral(), rest);
            case ThematicBreak rule -> {
                lines.add(rest + "─".repeat(Math.max(8, terminal.measure() - rest.length())));
                lines.add("");
            }
            case HtmlBlock html -> {}
            case TableBlock table -> table(table, rest);
            case CustomBlock other -> blocks(other, first, rest);
            default -> blocks(node, first, rest);
        }
    }

    private void paragraph(Paragraph paragraph, String first, String rest) {
        String formula = soleFormula(paragraph);
        if (formula != null) {
            formula.lines().forEach(l -> formulaLine(l, rest));
        } else {
            lines.addAll(Words.of(paragraph, formulas).wrap(terminal, first, rest, terminal.measure()));
        }
        lines.add("");
    }

    /** One line of a formula, or several, broken where it has spaces. */
    private void formulaLine(String line, String rest) {
        var parts = TextWidth.wrap(line, terminal.measure() - rest.length() - 8);
        for (int i = 0; i < parts.size(); i++) {
            lines.add(rest + (i == 0 ? "    " : "        ") + terminal.styled(Style.ACCENT, parts.get(i)));
        }
    }

    /** The formula of a paragraph that holds nothing else, or null. */
    private String soleFormula(Paragraph paragraph) {
        boolean sole = paragraph.getFirstChild() instanceof Text text && text.getNext() == null && text.getLiteral().indexOf(MARK) == 0
                && text.getLiteral().indexOf(MARK, 1) == text.getLiteral().length() - 1;
        return sole ? formulas.get(((Text) paragraph.getFirstChild()).getLiteral().codePointAt(1) - FIRST) : null;
    }

    private void list(Node list, String rest) {
        int number = list instanceof OrderedList ordered && ordered.getMarkerStartNumber() != null ? ordered.getMarkerStartNumber() : 1;
        for (var item = list.getFirstChild(); item != null; item = item.getNext()) {
            if (item instanceof ListItem) {
                String bullet = list instanceof OrderedList ? number++ + ". " : "• ";
                blocks(item, rest + bullet, rest + " ".repeat(bullet.length()));
                if (isTight(list)) {
                    dropBlank();
                }
            }
        }
        if (!lines.isEmpty() && !lines.getLast().isBlank()) {
            lines.add("");
        }
    }

    private static boolean isTight(Node list) {
        return list instanceof BulletList bullets ? bullets.isTight() : list instanceof OrderedList ordered && ordered.isTight();
    }

    private void dropBlank() {
        if (!lines.isEmpty() && lines.getLast().isBlank()) {
            lines.removeLast();
        }
    }

    private void code(String text, String rest) {
        text.stripTrailing().lines().forEach(l -> lines.add(rest + "    " + terminal.styled(Style.CODE, l)));
        lines.add("");
    }

    private void table(TableBlock table, String rest) {
        var rows = new ArrayList<List<String>>();
        table.accept(new AbstractVisitor() {
            @Override public void visit(CustomNode node) {
                if (node instanceof TableRow) {
                    rows.add(new ArrayList<>());
                } else if (node instanceof TableCell cell) {
                    rows.getLast().add(Words.of(cell, formulas).plain());
                    return;
                }
                visitChildren(node);
            }
        });
        TextTable.of(rows).lines(terminal, terminal.measure() - rest.length()).forEach(l -> lines.add(rest + l));
        lines.add("");
    }

    /** Inline text as words with styles. */
    private record Words(List<Word> words) {

        private record Word(String text, Style style, boolean glued) {}

        static Words of(Node parent, List<String> formulas) {
            var words = new ArrayList<Word>();
            collect(parent, Style.PLAIN, formulas, words, new boolean[1]);
            return new Words(words);
        }

        private static void collect(Node parent, Style style, List<String> formulas, List<Word> words, boolean[] glued) {
            for (var node = parent.getFirstChild(); node != null; node = node.getNext()) {
                switch (node) {
                    case Text text -> split(text.getLiteral(), style, formulas, words, glued);
                    case Code code -> spaced(code.getLiteral(), Style.CODE, words, glued);
                    case SoftLineBreak space -> glued[0] = false;
                    case HardLineBreak space -> glued[0] = false;
                    case StrongEmphasis strong -> collect(strong, Style.BOLD, formulas, words, glued);
                    case Emphasis emphasis -> collect(emphasis, style == Style.BOLD ? style : Style.ITALIC, formulas, words, glued);
                    case Link link -> link(link, formulas, words, glued);
                    case Image image -> picture(image, formulas, words, glued);
                    default -> collect(node, style, formulas, words, glued);
                }
            }
        }

        private static void link(Link link, List<String> formulas, List<Word> words, boolean[] glued) {
            collect(link, Style.ACCENT, formulas, words, glued);
            if (link.getDestination().startsWith("http")) {
                glued[0] = false;
                add("(" + link.getDestination() + ")", Style.QUIET, words, glued);
            }
        }

        /** A terminal shows what one would see. */
        private static void picture(Image image, List<String> formulas, List<Word> words, boolean[] glued) {
            add("[Figure:", Style.QUIET, words, glued);
            glued[0] = false;
            collect(image, Style.QUIET, formulas, words, glued);
            glued[0] = true;
            add("]", Style.QUIET, words, glued);
        }

        private static void split(String text, Style style, List<String> formulas, List<Word> words, boolean[] glued) {
            int at = 0;
            while (at < text.length()) {
                int codePoint = text.codePointAt(at);
                if (codePoint == MARK) {
                    int end = text.indexOf(MARK, at + 1);
                    spaced(formulas.get(text.codePointAt(at + 1) - FIRST), Style.ACCENT, words, glued);
                    at = end + 1;
                } else if (Character.isWhitespace(codePoint)) {
                    glued[0] = false;
                    at++;
                } else {
                    int end = at;
                    while (end < text.length() && !Character.isWhitespace(text.charAt(end)) && text.charAt(end) != MARK) {
                        end++;
                    }
                    add(text.substring(at, end), style, words, glued);
                    at = end;
                }
            }
        }

        /** A long formula or line of code may break at its spaces, as a sentence does. */
        private static void spaced(String text, Style style, List<Word> words, boolean[] glued) {
            for (String part : text.split("\\s+")) {
                add(part, style, words, glued);
                glued[0] = false;
            }
            glued[0] = true;
        }

        private static void add(String text, Style style, List<Word> words, boolean[] glued) {
            words.add(new Word(text, style, glued[0]));
            glued[0] = true;
        }

        String plain() {
            var text = new StringBuilder();
            for (var word : words) {
                text.append(word.glued() || text.isEmpty() ? "" : " ").append(word.text());
            }
            return text.toString();
        }

        /** Lines no wider than asked, where a word allows it. */
        List<String> wrap(Terminal terminal, String first, String rest, int width) {
            var lines = new ArrayList<String>();
            var line = new StringBuilder(first);
            int used = TextWidth.of(first);
            boolean empty = true;
            for (int i = 0; i < words.size();) {
                int end = i + 1;
                while (end < words.size() && words.get(end).glued()) {
                    end++;
                }
                int unit = words.subList(i, end).stream().mapToInt(w -> TextWidth.of(w.text())).sum();
                if (!empty && used + 1 + unit > width) {
                    lines.add(line.toString());
                    line.setLength(0);
                    line.append(rest);
                    used = TextWidth.of(rest);
                    empty = true;
                }
                line.append(empty ? "" : " ");
                used += empty ? 0 : 1;
                for (var word : words.subList(i, end)) {
                    line.append(terminal.styled(word.style(), word.text()));
                }
                used += unit;
                empty = false;
                i = end;
            }
            lines.add(line.toString());
            return lines;
        }
    }
}
