package lyceum.serve.constrain;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.regex.Pattern;

/** What the definition says of a prefix. */
interface Judge {
    Judge after(byte... more);

    boolean hasCompletion();

    boolean isWhole();

    record Parsing(Earley.Chart chart) implements Judge {
        @Override public Judge after(byte... more) { return new Parsing(chart.after(more)); }

        @Override public boolean hasCompletion() { return chart.hasCompletion(); }

        @Override public boolean isWhole() { return chart.isWhole(); }
    }

    /** Java's matcher has come to the end of a text only on a way that may go on. */
    record Matching(Pattern pattern, String text) implements Judge {
        @Override public Judge after(byte... more) { return new Matching(pattern, text + new String(more, StandardCharsets.ISO_8859_1)); }

        @Override public boolean hasCompletion() {
            var matcher = pattern.matcher(text);
            return matcher.matches() || matcher.hitEnd();
        }

        @Override public boolean isWhole() { return pattern.matcher(text).matches(); }
    }

    static List<List<String>> sides(String... sides) {
        var all = new ArrayList<List<String>>();
        for (var side : sides) all.add(side.isEmpty() ? List.of() : List.of(side.split(" ")));
        return all;
    }

    /** The JSON of one schema, symbol by symbol; "_" stands for a blank, since words are parted by it. */
    static Earley document() {
        var rules = new LinkedHashMap<String, List<List<String>>>();
        rules.put("root", sides("{ space first } ", "{ space }"));
        rules.put("first", sides("flag space more", "list space"));
        rules.put("more", sides("", ", space list space"));
        rules.put("flag", sides("\" a \" space : space bool"));
        rules.put("list", sides("\" b \" space : space [ space items ]"));
        rules.put("items", sides("", "string space rest"));
        rules.put("rest", sides("", ", space string space rest"));
        rules.put("bool", sides("t r u e", "f a l s e"));
        rules.put("string", sides("\" chars \""));
        rules.put("chars", sides("", "char chars"));
        rules.put("char",
                sides("[!#-[]-\u007f]", "\\ [\"\\/bfnrt]", "\\ u hex", "[\u00c2-\u00df] c", "\u00e0 [\u00a0-\u00bf] c",
                        "[\u00e1-\u00ec\u00ee-\u00ef] c c", "\u00ed [\u0080-\u009f] c", "\u00f0 [\u0090-\u00bf] c c",
                        "[\u00f1-\u00f3] c c c", "\u00f4 [\u0080-\u008f] c c"));
        rules.get("char").add(List.of(" "));
        rules.put("hex", sides("[0-9a-ce-fA-CE-F] h h h", "[dD] [0-7] h h"));
        rules.put("h", sides("[0-9a-fA-F]"));
        rules.put("c", sides("[\u0080-\u00bf]"));
        rules.put("space", new ArrayList<>(List.of(List.of(), List.of(" "), List.of("\n", "blanks20"))));
        for (int i = 20; i > 0; i--)
            rules.put("blanks" + i, List.of(List.of(), List.of(" ", "blanks" + (i - 1)), List.of("\t", "blanks" + (i - 1))));
        rules.put("blanks0", sides(""));
        return new Earley(rules);
    }
}
