package lyceum.text.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import lyceum.FormatException;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class PatternMatcherTest {
    private static final String[] PATTERNS = {"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
            "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
            "(a+)+b", "(a|ab)(c|bcd)(d*)", "a*?b", "a{2,4}?", "(?<=a)b", "(?<!a)b", "(?=ab)", "\\bab\\b", "\\B", "(a*)*", "(a*)+b|a", "x*",
            "(?:a|b)*?c|b", "(?<=a|bc)a", "(?!a|bb).", "[^a]b|[b-c&&[^c]]+", "a+(?=b+c)", "(?i)AB+", "a|b|", "(?:ab?)*+".substring(0, 8),
            "[ab]++c?", "\\d+|\\w", "(?<=\\b)a", "\\A +| +\\z", "\\A.|(?<![ab]).(?<=b)"};

    /** The JDK's matcher backtracks; on short texts it is the oracle. */
    @Test void findsWhatABacktrackingMatcherFinds() {
        var rng = Rng.of(3);
        String[] alphabet = {"a", "b", "c", "d", "A", " ", "  ", "\n", "'s", "'LL", "1", "23", "é", "ß", "漢", "😀", "-", "!", "\u00a0",
                "ſ"};
        int compared = 0;
        for (var source : PATTERNS) {
            var ours = new PatternMatcher(source);
            var theirs = Pattern.compile(source, Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE | Pattern.MULTILINE);
            for (int run = 0; run < 400; run++) {
                var text = new StringBuilder();
                for (int i = rng.nextInt(14); i > 0; i--) text.append(alphabet[rng.nextInt(run % 3 == 0 ? alphabet.length : 4)]);
                var expected = new ArrayList<String>();
                var m = theirs.matcher(text);
                int last = -1;
                while (m.find()) {
                    if (m.start() == m.end() && m.start() == last) continue;
                    // the JDK finds empty matches inside of surrogate pairs
                    if (m.start() > 0 && m.start() < text.length()
                            && Character.isSurrogatePair(text.charAt(m.start() - 1), text.charAt(m.start())))
                        continue;
                    expected.add(m.start() + ":" + m.group());
                    last = m.end();
                }
                assertThat(found(ours, text.toString())).as(source + " in <" + text + ">").isEqualTo(expected);
                compared++;
            }
        }
        assertThat(compared).isEqualTo(400 * PATTERNS.length);
    }

    private static List<String> found(PatternMatcher matcher, String text) {
        byte[] b = text.getBytes(StandardCharsets.UTF_8);
        var spans = new IntList();
        matcher.find(b, 0, b.length, spans);
        var found = new ArrayList<String>();
        for (int i = 0; i < spans.size; i += 2) {
            int start = new String(b, 0, spans.get(i), StandardCharsets.UTF_8).length();
            found.add(start + ":" + new String(b, spans.get(i), spans.get(i + 1) - spans.get(i), StandardCharsets.UTF_8));
        }
        return found;
    }

    /** A backtracking matcher needs 2^n steps for the first, an automaton from every start n^2 for the second. */
    @Test void hostilePatternsAreLinear() {
        byte[] b = "a".repeat(1_000_000).getBytes(StandardCharsets.UTF_8);
        var none = new IntList();
        new PatternMatcher("(a+)+b").find(b, 0, b.length, none);
        assertThat(none.size).isZero();
        var each = new IntList();
        new PatternMatcher("(a+)+b|a").find(b, 0, b.length, each);
        assertThat(each.size).isEqualTo(2_000_000);
        var states = new IntList();
        new PatternMatcher("(a|b)*a(a|b){30}c").find("ab".repeat(20_000).getBytes(StandardCharsets.UTF_8), 0, 40_000, states);
        assertThat(states.size).isZero();
    }

    /** Random text leads to a new state with nearly each character. */
    @Test void statesAreBoundedInsideARun() {
        var rng = Rng.of(1);
        var b = new byte[30_000];
        for (int i = 0; i < b.length; i++) b[i] = (byte) ('a' + rng.nextInt(2));
        b[29_000] = 'c';
        var matcher = new PatternMatcher("(a|b)*a(a|b){30}c|b");
        var spans = new IntList();
        matcher.find(b, 0, b.length, spans);
        assertThat(matcher.states()).isLessThan(2100);
        int last = 29_000 - 31;
        assertThat(spans.get(0)).isZero();
        if (b[last] == 'a') assertThat(spans.get(1)).isEqualTo(29_001);
        int singles = 0;
        for (int i = b[last] == 'a' ? 29_001 : 0; i < b.length; i++) if (b[i] == 'b') singles++;
        assertThat(spans.size / 2).isEqualTo(singles + (b[last] == 'a' ? 1 : 0));
    }

    @Test void refusesByName() {
        var wrong = List.of("(a)\\1", "(?>a)b", "(", ")", "[a", "a{3,2}", "*a", "\\p{Klingon}", "(?:ab)++", "\\", "a{2000}",
                "(?<n>a)\\k<n>", "[b-a]", "(".repeat(5000), "((((a{1000}){1000}){1000}){1000})", "\\G");
        for (var source : wrong)
            assertThatThrownBy(() -> new PatternMatcher(source)).as(source).isInstanceOf(FormatException.class)
                    .hasMessageContaining("pattern");
    }

    @Test void saysWhatLaterTextCannotChange() {
        var gpt2 = new PatternMatcher(PATTERNS[0]);
        byte[] b = "one two  three".getBytes(StandardCharsets.UTF_8);
        assertThat(gpt2.find(b, 0, b.length, new IntList())).isEqualTo(8); // "three" may go on
        assertThat(gpt2.find(b, 0, 8, new IntList())).isEqualTo(7); // so may the space
    }
}
