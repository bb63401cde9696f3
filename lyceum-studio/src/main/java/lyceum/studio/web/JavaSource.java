package lyceum.studio.web;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Colours Java source for a page: comments, texts, numbers, words of the language, annotations and types. */
final class JavaSource {

    private static final Set<String> WORDS = Set.of("abstract", "boolean", "break", "byte", "case", "catch", "char", "class", "continue",
            "default", "do", "double", "else", "enum", "extends", "final", "finally", "float", "for", "if", "implements", "import",
            "instanceof", "int", "interface", "long", "new", "null", "package", "permits", "private", "protected", "public", "record",
            "return", "sealed", "short", "static", "super", "switch", "this", "throw", "throws", "true", "false", "try", "var", "void",
            "while", "yield");
    private static final Pattern TOKEN = Pattern.compile(
            "(?<c>//[^\\n]*|/\\*.*?\\*/)|(?<s>\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])*')"
                    + "|(?<a>@[A-Z]\\w*)|(?<n>\\b(?:0[xX][0-9a-fA-F_]+|\\d[\\d_]*(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)[LlFfDd]?\\b)|(?<w>\\b[A-Za-z_]\\w*\\b)",
            Pattern.DOTALL);

    private JavaSource() {}

    /** The source as HTML in which nothing but our own marks is markup. */
    static String html(String source) {
        var out = new StringBuilder(source.length() * 2);
        var tokens = TOKEN.matcher(source);
        int done = 0;
        while (tokens.find()) {
            escape(source, done, tokens.start(), out);
            var kind = kind(tokens);
            if (kind == 0) {
                escape(source, tokens.start(), tokens.end(), out);
            } else {
                out.append("<span class=\"").append(kind).append("\">");
                escape(source, tokens.start(), tokens.end(), out);
                out.append("</span>");
            }
            done = tokens.end();
        }
        escape(source, done, source.length(), out);
        return out.toString();
    }

    /** Text as HTML. */
    static String plain(String text) {
        var out = new StringBuilder(text.length() + 16);
        escape(text, 0, text.length(), out);
        return out.toString();
    }

    private static char kind(Matcher token) {
        var word = token.group("w");
        if (word == null) return token.group("c") != null ? 'c' : token.group("s") != null ? 's' : token.group("a") != null ? 'a' : 'n';
        return WORDS.contains(word) ? 'k' : Character.isUpperCase(word.charAt(0)) && word.length() > 1 ? 't' : 0;
    }

    private static void escape(String text, int from, int to, StringBuilder out) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            switch (c) {
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '&' -> out.append("&amp;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(c);
            }
        }
    }
}
