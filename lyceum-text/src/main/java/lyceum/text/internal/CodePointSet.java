package lyceum.text.internal;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;

/** A set of code points as ascending half-open ranges: from, to, from, to. */
public record CodePointSet(int[] borders) {
    static final int LIMIT = 0x110000;
    public static final CodePointSet NONE = new CodePointSet(new int[0]), ALL = range(0, LIMIT - 1);
    /** Unicode's White_Space. */
    public static final CodePointSet SPACE = of(CodePointSet::isSpace);
    static final CodePointSet DIGIT = of(c -> Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER);
    /** Letters, marks, decimal digits and connectors. */
    public static final CodePointSet WORD = of(CodePointSet::isWord);

    /** Unicode's White_Space. */
    public static boolean isSpace(int c) {
        return c >= 9 && c <= 13 || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 || c >= 0x2000 && c <= 0x200A || c == 0x2028
                || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
    }

    /** A character of a word as patterns see it. */
    public static boolean isWord(int c) {
        int type = Character.getType(c);
        return Character.isAlphabetic(c) || type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK
                || type == Character.COMBINING_SPACING_MARK || type == Character.DECIMAL_DIGIT_NUMBER
                || type == Character.CONNECTOR_PUNCTUATION || c == 0x200C || c == 0x200D;
    }

    static CodePointSet range(int first, int last) { return new CodePointSet(new int[] {first, last + 1}); }

    /** The code points that fulfil a condition. */
    public static CodePointSet of(IntPredicate condition) {
        var borders = new int[16];
        int n = 0;
        boolean in = false;
        for (int c = 0; c <= LIMIT; c++) {
            if (c < LIMIT && condition.test(c) == in || c == LIMIT && !in) continue;
            if (n == borders.length) borders = Arrays.copyOf(borders, 2 * n);
            borders[n++] = c;
            in = !in;
        }
        return new CodePointSet(Arrays.copyOf(borders, n));
    }

    public boolean contains(int c) {
        int at = Arrays.binarySearch(borders, c);
        return at >= 0 ? (at & 1) == 0 : (-at - 1 & 1) == 1;
    }

    CodePointSet not() { return combine(this, ALL, true); }

    CodePointSet or(CodePointSet other) { return combine(this, other, false); }

    CodePointSet and(CodePointSet other) { return not().or(other.not()).not(); }

    /** The union, or with {@code minus} the second without the first. */
    private static CodePointSet combine(CodePointSet a, CodePointSet b, boolean minus) {
        var out = new int[a.borders.length + b.borders.length];
        int n = 0, i = 0, j = 0;
        boolean in = false;
        while (i < a.borders.length || j < b.borders.length) {
            int c = Math.min(i < a.borders.length ? a.borders[i] : LIMIT, j < b.borders.length ? b.borders[j] : LIMIT);
            while (i < a.borders.length && a.borders[i] == c) i++;
            while (j < b.borders.length && b.borders[j] == c) j++;
            boolean inA = (i & 1) == 1, inB = (j & 1) == 1, now = minus ? inB && !inA : inA || inB;
            if (now == in) continue;
            out[n++] = c;
            in = now;
        }
        return new CodePointSet(Arrays.copyOf(out, n));
    }

    /** With all that differs in case alone. */
    CodePointSet anyCase() {
        var folded = new BitSet();
        for (int c : Cased.ALL) if (contains(c)) folded.set(fold(c));
        var borders = new IntList();
        for (int c : Cased.ALL) {
            if (!folded.get(fold(c))) continue;
            if (borders.size > 0 && borders.get(borders.size - 1) == c) borders.size--;
            else borders.add(c);
            borders.add(c + 1);
        }
        return or(new CodePointSet(borders.toArray()));
    }

    /** Those that another differs from in case alone, in order: to go through all would take longer than all else that a pattern needs. */
    private static final class Cased {
        static final int[] ALL;

        static {
            var cased = new BitSet(LIMIT);
            for (int c = 0; c < LIMIT; c++) {
                if (fold(c) == c) continue;
                cased.set(c);
                cased.set(fold(c));
            }
            ALL = cased.stream().toArray();
        }
    }

    private static int fold(int c) { return Character.toLowerCase(Character.toUpperCase(c)); }

    /** What {@code \p{name}} means: a general category, a script or a property; null for an unknown name. */
    static CodePointSet property(String name) {
        var n = name.replaceAll("[ _-]", "").toLowerCase(Locale.ROOT);
        if (n.startsWith("script=") || n.startsWith("sc=")) return script(name.substring(name.indexOf('=') + 1));
        if (n.startsWith("gc=") || n.startsWith("generalcategory=")) n = n.substring(n.indexOf('=') + 1);
        if (n.startsWith("is")) n = n.substring(2);
        switch (n) {
            case "any" :
                return ALL;
            case "ascii" :
                return range(0, 127);
            case "alphabetic", "alpha" :
                return of(Character::isAlphabetic);
            case "whitespace", "space", "spaceperlike" :
                return SPACE;
            case "lowercase", "lower" :
                return of(Character::isLowerCase);
            case "uppercase", "upper" :
                return of(Character::isUpperCase);
            case "ideographic" :
                return of(Character::isIdeographic);
            case "digit" :
                return DIGIT;
            case "alnum" :
                return of(c -> Character.isAlphabetic(c) || Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER);
            case "word" :
                return WORD;
            case "punct" :
                return categories("P").or(of(c -> c < 128 && c > 32 && c < 127 && !Character.isLetterOrDigit(c)));
            case "cntrl" :
                return categories("Cc");
            case "xdigit" :
                return of(c -> c < 128 && Character.digit(c, 16) >= 0);
            case "blank" :
                return of(c -> c == 9 || Character.getType(c) == Character.SPACE_SEPARATOR);
            case "graph" :
                return of(c -> !isSpace(c) && "Cc,Cs,Cn".indexOf(category(c)) < 0);
            case "print" :
                return of(c -> Character.getType(c) == Character.SPACE_SEPARATOR || !isSpace(c) && "Cc,Cs,Cn".indexOf(category(c)) < 0);
            case "emoji" :
                return of(Character::isEmoji);
            case "extendedpictographic" :
                return of(Character::isExtendedPictographic);
            default :
        }
        var category = LONG_NAMES.indexOf(" " + n + "=");
        if (category >= 0)
            n = LONG_NAMES.substring(category + n.length() + 2, LONG_NAMES.indexOf(' ', category + 1)).toLowerCase(Locale.ROOT);
        if (n.length() <= 2 && !n.isEmpty()) {
            var c = categories(n.substring(0, 1).toUpperCase(Locale.ROOT) + n.substring(1));
            return c.borders.length == 0 ? null : c;
        }
        return script(name.replaceFirst("^Is", ""));
    }

    private static final String LONG_NAMES = " letter=L lowercaseletter=Ll uppercaseletter=Lu titlecaseletter=Lt modifierletter=Lm otherletter=Lo casedletter=LC"
            + " mark=M nonspacingmark=Mn spacingmark=Mc enclosingmark=Me number=N decimalnumber=Nd letternumber=Nl othernumber=No"
            + " punctuation=P dashpunctuation=Pd openpunctuation=Ps closepunctuation=Pe connectorpunctuation=Pc otherpunctuation=Po initialpunctuation=Pi"
            + " finalpunctuation=Pf symbol=S mathsymbol=Sm currencysymbol=Sc modifiersymbol=Sk othersymbol=So separator=Z spaceseparator=Zs lineseparator=Zl"
            + " paragraphseparator=Zp other=C control=Cc format=Cf surrogate=Cs privateuse=Co unassigned=Cn ";

    /** By script, or the name of a category: every reading of a tokenizer asks for some. */
    private static final Map<Object, CodePointSet> KNOWN = new ConcurrentHashMap<>();

    private static CodePointSet script(String name) {
        try {
            return KNOWN.computeIfAbsent(Character.UnicodeScript.forName(name), script -> of(c -> Character.UnicodeScript.of(c) == script));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static CodePointSet categories(String name) {
        if (name.equals("LC") || name.equals("Lc") || name.equals("L&")) return of(c -> "Lu,Ll,Lt".contains(category(c)));
        var known = KNOWN.get(name);
        if (known != null) return known;
        var set = of(c -> category(c).startsWith(name));
        if (set.borders.length > 0) KNOWN.put(name, set); // there are fewer than forty
        return set;
    }

    private static String category(int c) {
        return switch (Character.getType(c)) {
            case Character.UPPERCASE_LETTER -> "Lu";
            case Character.LOWERCASE_LETTER -> "Ll";
            case Character.TITLECASE_LETTER -> "Lt";
            case Character.MODIFIER_LETTER -> "Lm";
            case Character.OTHER_LETTER -> "Lo";
            case Character.NON_SPACING_MARK -> "Mn";
            case Character.COMBINING_SPACING_MARK -> "Mc";
            case Character.ENCLOSING_MARK -> "Me";
            case Character.DECIMAL_DIGIT_NUMBER -> "Nd";
            case Character.LETTER_NUMBER -> "Nl";
            case Character.OTHER_NUMBER -> "No";
            case Character.DASH_PUNCTUATION -> "Pd";
            case Character.START_PUNCTUATION -> "Ps";
            case Character.END_PUNCTUATION -> "Pe";
            case Character.CONNECTOR_PUNCTUATION -> "Pc";
            case Character.OTHER_PUNCTUATION -> "Po";
            case Character.INITIAL_QUOTE_PUNCTUATION -> "Pi";
            case Character.FINAL_QUOTE_PUNCTUATION -> "Pf";
            case Character.MATH_SYMBOL -> "Sm";
            case Character.CURRENCY_SYMBOL -> "Sc";
            case Character.MODIFIER_SYMBOL -> "Sk";
            case Character.OTHER_SYMBOL -> "So";
            case Character.SPACE_SEPARATOR -> "Zs";
            case Character.LINE_SEPARATOR -> "Zl";
            case Character.PARAGRAPH_SEPARATOR -> "Zp";
            case Character.CONTROL -> "Cc";
            case Character.FORMAT -> "Cf";
            case Character.SURROGATE -> "Cs";
            case Character.PRIVATE_USE -> "Co";
            default -> "Cn";
        };
    }

    /** Whether a character is punctuation as BERT sees it: Unicode's, and all of ASCII's marks. */
    public static boolean isPunctuation(int c) {
        if (c < 128) return c > 32 && c < 127 && !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z');
        return switch (Character.getType(c)) {
            case Character.DASH_PUNCTUATION, Character.START_PUNCTUATION, Character.END_PUNCTUATION, Character.CONNECTOR_PUNCTUATION,
                    Character.OTHER_PUNCTUATION, Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION -> true;
            default -> false;
        };
    }

    @Override public boolean equals(Object other) { return other instanceof CodePointSet s && Arrays.equals(borders, s.borders); }

    @Override public int hashCode() { return Arrays.hashCode(borders); }
}
