package lyceum.studio.cli;

import java.util.Map;

/**
 * Formulas in one line of Unicode: {@code \frac{1}{n}\sum_i x_i^2} becomes {@code 1/n ∑ᵢ xᵢ²}. What it does not know stays
 * readable as TeX's own word.
 */
final class TexText {

    /** Marks in the text being made, for spaces that depend on both neighbours: an opening and a closing bar, a function's name. */
    private static final String OPENS = "\ue010", CLOSES = "\ue011", NAME = "\ue012";

    private final String tex;
    private int at;
    private boolean afterFunction;

    private TexText(String tex) { this.tex = tex; }

    /** The formula, without its dollar signs, as text; rows of an aligned block are separate lines. */
    static String of(String tex) { return spaced(new TexText(tex).until('\0')); }

    private static String spaced(String text) {
        return text.replaceAll("(‖|\\|)" + OPENS + " *", "$1").replaceAll(" *" + CLOSES + "(‖|\\|)", "$1")
                .replaceAll("([\\p{L}\\p{N})])" + NAME, "$1 ").replace(NAME, "").replaceAll("[ \\t]+", " ").replaceAll(" *\n *", "\n")
                .replaceAll("([(\\[⟨⌈⌊]) ", "$1").replaceAll(" ([)\\],;⟩⌉⌋])", "$1").replaceAll(" \\.(?=\\s|$)", ".")
                .replaceAll("([∂∇]) ", "$1").strip();
    }

    private String until(char end) {
        var text = new StringBuilder();
        while (at < tex.length() && tex.charAt(at) != end) {
            text.append(next());
        }
        at++;
        return text.toString();
    }

    /** One character, group or command, with no script. */
    private String next() {
        char c = tex.charAt(at++);
        boolean applied = afterFunction;
        afterFunction = applied && (c == ' ' || c == '_' || c == '^');
        return switch (c) {
            case '{' -> until('}');
            case '}' -> "";
            case '\\' -> command(applied);
            case '^' -> script(argument(), TexSymbols.SUPERSCRIPTS, "^");
            case '_' -> script(argument(), TexSymbols.SUBSCRIPTS, "_");
            case '&', '~', '\n' -> " ";
            case '-' -> "−";
            case '\'' -> "′";
            case '=', '<', '>' -> " " + c + " ";
            default -> Character.isHighSurrogate(c) && at < tex.length() ? "" + c + tex.charAt(at++) : String.valueOf(c);
        };
    }

    private String argument() {
        while (at < tex.length() && tex.charAt(at) == ' ') {
            at++;
        }
        return at < tex.length() ? next() : "";
    }

    /** An argument in square brackets, or null. */
    private String option() {
        if (at < tex.length() && tex.charAt(at) == '[') {
            at++;
            return until(']');
        }
        return null;
    }

    /** The braces' content as it stands. */
    private String raw() {
        while (at < tex.length() && tex.charAt(at) == ' ') {
            at++;
        }
        if (at >= tex.length() || tex.charAt(at) != '{') return argument();
        int depth = 0, begin = at + 1;
        while (at < tex.length()) {
            char c = tex.charAt(at++);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth == 0) return tex.substring(begin, at - 1);
        }
        return tex.substring(begin);
    }

    private String command(boolean applied) {
        if (at >= tex.length()) return "\\";
        int begin = at;
        while (at < tex.length() && isLetter(tex.charAt(at))) {
            at++;
        }
        if (at == begin) return mark(tex.charAt(at++));
        String name = tex.substring(begin, at);
        return switch (name) {
            case "frac", "tfrac", "dfrac", "cfrac" -> fraction(argument(), argument(), applied);
            case "binom" -> "C(" + argument() + ", " + argument() + ")";
            case "sqrt" -> root(option(), argument());
            case "text", "textrm", "textbf", "textit", "mbox" -> raw();
            case "operatorname", "mathop" -> function(raw().replaceAll("\\\\[,;!]", " ").replace("\\", "").replace("*", ""));
            case "mathrm", "mathbf", "boldsymbol", "mathit", "mathsf", "mathtt", "bm", "pmb", "mathcal", "mathscr", "mathfrak", "mathbb" ->
                    alphabet(name, argument());
            case "hat", "widehat" -> accent(argument(), '\u0302');
            case "bar", "overline" -> accent(argument(), '\u0304');
            case "tilde", "widetilde" -> accent(argument(), '\u0303');
            case "vec" -> accent(argument(), '\u20d7');
            case "dot" -> accent(argument(), '\u0307');
            case "ddot" -> accent(argument(), '\u0308');
            case "left" -> bars(delimiter(), OPENS);
            case "right" -> bars(delimiter(), CLOSES);
            case "lVert" -> "‖" + OPENS;
            case "rVert" -> CLOSES + "‖";
            case "lvert" -> "|" + OPENS;
            case "rvert" -> CLOSES + "|";
            case "underbrace", "overbrace" -> braced(argument());
            case "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr" -> delimiter();
            case "begin" -> environment(raw());
            case "end" -> { raw(); yield ""; }
            case "underset", "overset" -> { String over = argument(); yield argument() + "_(" + over + ")"; }
            case "boxed" -> argument();
            case "displaystyle", "textstyle", "limits", "nolimits", "mathstrut" -> "";
            case "mathrel", "mathbin", "mathord" -> argument();
            case "tag" -> " (" + raw() + ")";
            case "not" -> argument().replace("=", "≠").replace("∈", "∉");
            default -> symbol(name);
        };
    }

    private static boolean isLetter(char c) { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'; }

    private static String mark(char c) {
        return switch (c) {
            case ',', ';', ':', ' ', '>' -> " ";
            case '!' -> "";
            case '\\' -> "\n";
            case '|' -> "‖";
            default -> String.valueOf(c);
        };
    }

    private String symbol(String name) {
        String known = TexSymbols.SYMBOLS.get(name);
        if (known != null) {
            return TexSymbols.RELATIONS.contains(known) ? " " + known + " " : TexSymbols.BIG.contains(known) ? " " + known : known;
        }
        return TexSymbols.FUNCTIONS.contains(name) ? function(name) : name;
    }

    private String function(String name) {
        afterFunction = true;
        boolean space = at < tex.length() && (isLetter(tex.charAt(at)) || tex.charAt(at) == '\\' || tex.charAt(at) == ' ');
        return NAME + name + (space ? " " : "");
    }

    /** A product below the line is set in parentheses, and the whole where a function applies to it. */
    private String fraction(String above, String below, boolean applied) {
        String plain = below.strip();
        String under = plain.matches("[0-9.]+\\p{L}.*|.*\\S \\S.*") && grouped(below).equals(plain) ? "(" + plain + ")" : grouped(below);
        String text = grouped(above) + "/" + under;
        boolean goesOn = at < tex.length() && (isLetter(tex.charAt(at)) || tex.charAt(at) == '\\' || tex.charAt(at) == '(');
        return (applied ? "(" + text + ")" : text) + (goesOn ? " " : "");
    }

    private static String bars(String delimiter, String mark) {
        boolean bar = delimiter.equals("‖") || delimiter.equals("|");
        return !bar ? delimiter : mark.equals(OPENS) ? delimiter + mark : mark + delimiter;
    }

    /** What a brace says below or above follows in brackets. */
    private String braced(String text) {
        if (at < tex.length() && (tex.charAt(at) == '_' || tex.charAt(at) == '^')) {
            at++;
            return text + " [" + argument() + "] ";
        }
        return text;
    }

    private String delimiter() {
        if (at >= tex.length()) return "";
        if (tex.charAt(at) == '.') {
            at++;
            return "";
        }
        return next();
    }

    private String environment(String name) {
        String end = "\\end{" + name + "}";
        int close = tex.indexOf(end, at);
        String body = tex.substring(at, close < 0 ? tex.length() : close);
        at = close < 0 ? tex.length() : close + end.length();
        if (name.startsWith("array")) {
            body = body.replaceFirst("^\\{[^}]*}", "");
        }
        String rows = of(body.replaceAll("\\\\\\\\\\[[^\\]]*]", "\\\\\\\\"));
        return switch (name) {
            case "pmatrix", "bmatrix", "matrix", "vmatrix", "smallmatrix" -> "[" + rows.replace("\n", "; ") + "]";
            case "cases" -> "{ " + rows.replace("\n", "; ");
            default -> "\n" + rows + "\n";
        };
    }

    private static String alphabet(String name, String text) {
        if (name.equals("mathbb") && text.length() == 1) return TexSymbols.DOUBLE_STRUCK.getOrDefault(text, text);
        return text;
    }

    private static String accent(String text, char mark) {
        if (text.codePointCount(0, text.length()) > 1) {
            return text.length() <= 3 && text.charAt(1) > '\u02ff' ? text + mark : "(" + text + ")" + mark;
        }
        return text + mark;
    }

    private static String root(String degree, String text) {
        String sign = degree == null || degree.equals("2") ? "√" : degree.equals("3") ? "∛" : "√[" + degree + "]";
        return sign + grouped(text);
    }

    /** In parentheses, unless it is one number or one name. */
    private static String grouped(String text) {
        String plain = text.strip();
        boolean one = plain.codePoints().noneMatch(c -> " +−=/·×,|<>".indexOf(c) >= 0);
        return one || plain.startsWith("(") && plain.indexOf(')') == plain.length() - 1 ? plain : "(" + plain + ")";
    }

    private static String script(String text, Map<String, String> letters, String sign) {
        String plain = text.strip();
        if (plain.equals("⊤") || plain.equals("T") && sign.equals("^")) return "ᵀ";
        if (plain.equals("′") || plain.equals("″")) return plain;
        var small = new StringBuilder();
        for (int codePoint : plain.replace(" ", "").codePoints().toArray()) {
            String letter = letters.get(Character.toString(codePoint));
            if (letter == null) {
                boolean closed = plain.codePointCount(0, plain.length()) == 1 || plain.startsWith("(") && plain.endsWith(")");
                return sign + (closed ? plain : "(" + plain + ")");
            }
            small.append(letter);
        }
        return small.toString();
    }
}
