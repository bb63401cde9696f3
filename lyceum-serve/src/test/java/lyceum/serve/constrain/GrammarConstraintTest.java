package lyceum.serve.constrain;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import lyceum.llm.generate.LogitRow;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.TokenSampler;
import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class GrammarConstraintTest {
    private static final String TOPIC = "constrained-decoding";
    private static final String SAMPLE = "{\"name\": \"Ada\", \"tags\": [\"a\", \"b\"], \"age\": 36}\n<note to=\"Bob\">Ürgüp, 東京 \uD83D\uDE00 €5</note>"
            + " the and true false null 2026-11-29 [1, 2.5e3, {}]]}}\"}, {\"x\":[[";

    /** All bytes, an end mark, and pieces cut out of a sample anywhere, within characters too. */
    private static TokenPieces pieces(int count, long seed) {
        var rng = Rng.of(seed);
        var pieces = new ArrayList<byte[]>();
        for (int b = 0; b < 256; b++) pieces.add(new byte[] {(byte) b});
        pieces.add(null);
        byte[] sample = SAMPLE.getBytes(StandardCharsets.UTF_8);
        while (pieces.size() < count) {
            int from = rng.nextInt(sample.length - 6);
            pieces.add(Arrays.copyOfRange(sample, from, from + 2 + rng.nextInt(4)));
        }
        return new TokenPieces(pieces);
    }

    private static final int END = 256;

    /** A model whose logits are drawn anew at each step: windows of one long row of normal numbers. */
    private static double[] noise(long seed) {
        var rng = Rng.of(seed);
        var noise = new double[20_000];
        for (int i = 0; i < noise.length; i++) noise[i] = 2 * rng.nextGaussian();
        return noise;
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void everyOutputOfAnUntrainedModelParses() {
        var pieces = pieces(340, 1);
        var rules = ParsedRules.rules();
        var row = new LogitRow(340);
        double[] noise = noise(2);
        int outputs = 0, valid = 0, longest = 0;
        var sizes = new HashSet<String>();
        for (int r = 0; r < rules.size(); r++) {
            var constraint = new GrammarConstraint(rules.get(r).grammar(), pieces, END).within(200);
            for (int i = 0; i < 500; i++) {
                int[] ids = written(row, noise, SamplingOptions.DEFAULT.withOwn(List.of(constraint::processor)), 200,
                        Rng.of(1).split(500L * r + i));
                outputs++;
                longest = Math.max(longest, ids.length);
                var text = text(pieces, ids);
                sizes.add(text);
                boolean fits = ids[ids.length - 1] == END && rules.get(r).valid().test(text);
                if (fits) valid++;
            }
        }
        var free = new ArrayList<String>();
        for (int i = 0; i < 500; i++) free.add(text(pieces, written(row, noise, SamplingOptions.DEFAULT, 200, Rng.of(3).split(i))));
        double most = 0;
        for (var rule : rules) most = Math.max(most, free.stream().filter(rule.valid()).count() / 500.0);
        Evidence.of("schemas, patterns and grammars", rules.size(), exactly(20));
        Evidence.of("outputs", outputs, exactly(10_000));
        Evidence.of("outputs that an independent parser takes", valid, exactly(10_000));
        Evidence.of("longest output, in tokens", longest, exactly(200));
        Evidence.of("different outputs", sizes.size(), atLeast(5000));
        Evidence.of("largest share of valid outputs without a constraint", most, below(0.05));
    }

    private static int[] written(LogitRow row, double[] noise, SamplingOptions options, int most, Rng rng) {
        var sampler = new TokenSampler(options, rng);
        int id = -1;
        for (int t = 0; t < most && id != END; t++) id = sampler.next(row.load(noise, rng.nextInt(noise.length - row.vocabulary())));
        return sampler.history().generated();
    }

    private static String text(TokenPieces pieces, int... ids) {
        var out = new ByteArrayOutputStream();
        for (int id : ids) if (pieces.bytes(id) != null) out.writeBytes(pieces.bytes(id));
        return out.toString(StandardCharsets.UTF_8);
    }

    /** 200 tokens: ASCII in which texts are written, bytes of some other characters, and pieces. */
    private static TokenPieces small() {
        var pieces = new ArrayList<byte[]>();
        for (int c = 32; c < 127; c++) pieces.add(new byte[] {(byte) c});
        for (int b : new int[] {'\n', '\t', 0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x98, 0x80}) pieces.add(new byte[] {(byte) b});
        var rng = Rng.of(5);
        byte[] sample = ("{\"a\": true, \"b\": [\"x\", \"yy\"]}\n  \"}, {\"a\":false,\"b\":[]} 12+(3*4)-(5) ((1)) abab-abc 2026-11-29 é€\uD83D\uDE00\"]}")
                .getBytes(StandardCharsets.UTF_8);
        while (pieces.size() < 199) {
            int from = rng.nextInt(sample.length - 4);
            pieces.add(Arrays.copyOfRange(sample, from, from + 2 + rng.nextInt(3)));
        }
        pieces.add(null);
        return new TokenPieces(pieces);
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void masksAreTheTokensWithACompletion() {
        var pieces = small();
        var judged = new LinkedHashMap<Grammar, Judge>();
        for (var pattern : List.of("(ab|abab-)*c?x{2,3}", "[0-9]{4}-(0[1-9]|1[0-2])",
                "\\{\"a\": (true|false), \"b\": \\[(\"[xy]{1,3}\"(, \"[xy]{1,3}\")*)?\\]\\}", "((a|b)*a(a|b){3}|[^a-z]{2}z)",
                "(\\(\\d+[*+]\\d+\\)[-+])*\\d")) {
            var compiled = Pattern.compile(pattern.replace("[^a-z]", "[\\x00-\\x60\\x7b-\\x7f]"));
            judged.put(Grammar.regex(pattern.replace("[^a-z]", "[\\x00-\\x60\\x7b-\\x7f]")), new Judge.Matching(compiled, ""));
        }
        var sums = new Earley(Map.of("root", Judge.sides("term more"), "more", Judge.sides("", "[*+-] term more"), "term",
                Judge.sides("digits", "( root )"), "digits", Judge.sides("[0-9]", "[0-9] digits")));
        var brackets = new Earley(Map.of("root", Judge.sides("[ root ] root", "( root ) root", "")));
        var document = Judge.document();
        judged.put(Grammar.gbnf("root ::= term ([*+-] term)*\nterm ::= [0-9]+ | \"(\" root \")\""), new Judge.Parsing(sums.start()));
        judged.put(Grammar.gbnf("root ::= (\"[\" root \"]\" | \"(\" root \")\")*"), new Judge.Parsing(brackets.start()));
        judged.put(Grammar.jsonSchema(
                "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"boolean\"}, \"b\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}}}"),
                new Judge.Parsing(document.start()));
        var rng = Rng.of(1);
        int prefixes = 0, different = 0, allowed = 0, partial = 0;
        for (var entry : judged.entrySet()) {
            var constraint = new GrammarConstraint(entry.getKey(), pieces, 199);
            int wanted = prefixes + (prefixes < 150 ? 30 : 50);
            while (prefixes < wanted) {
                var state = constraint.start();
                var prefix = entry.getValue();
                for (int t = 0; t < 12 && prefixes < wanted; t++) {
                    var bits = new long[4];
                    state.allowed(bits);
                    var open = new ArrayList<Integer>();
                    for (int id = 0; id < 200; id++) {
                        byte[] piece = pieces.bytes(id);
                        boolean can = piece == null ? prefix.isWhole() : prefix.after(piece).hasCompletion();
                        if (can != ((bits[id >> 6] >>> id & 1) != 0)) different++;
                        if (can && piece != null) open.add(id);
                        if (can) allowed++;
                    }
                    prefixes++;
                    if (open.size() > 0 && open.size() < 199) partial++;
                    if (open.isEmpty()) break;
                    int id = open.get(rng.nextInt(open.size()));
                    state.accept(id);
                    prefix = prefix.after(pieces.bytes(id));
                }
            }
        }
        Evidence.of("prefixes", prefixes, exactly(300));
        Evidence.of("prefixes where some tokens may come and others not", partial, atLeast(250));
        Evidence.of("tokens that may come, of all", allowed, above(3000));
        Evidence.of("tokens whose bit is not what the definition says", different, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void stepsAreDrawnFromTheRenormalisedDistribution() {
        var pieces = pieces(340, 1);
        var pattern = "[0-9]{2,3}(, | and |[a-f]+)*";
        var compiled = Pattern.compile(pattern);
        var constraint = new GrammarConstraint(Grammar.regex(pattern), pieces, END);
        double worst = 1, share = 0;
        for (int seed = 1; seed <= 3; seed++) {
            var prefix = List.of("", "12", "123, ab").get(seed - 1);
            double[] logits = new double[340], p = new double[340], seen = new double[340];
            var rng = Rng.of(seed);
            double sum = 0, all = 0;
            for (int id = 0; id < 340; id++) {
                logits[id] = rng.nextGaussian();
                var matcher = compiled.matcher(prefix + (id == END ? "" : new String(pieces.bytes(id), StandardCharsets.ISO_8859_1)));
                boolean whole = matcher.matches();
                all += Math.exp(logits[id]);
                if (id == END ? whole : whole || matcher.hitEnd()) sum += p[id] = Math.exp(logits[id]);
            }
            for (int id = 0; id < 340; id++) p[id] /= sum;
            share = Math.max(share, sum / all);
            var row = new LogitRow(340);
            for (int i = 0; i < 20_000; i++) {
                var sampler = new TokenSampler(SamplingOptions.DEFAULT.withOwn(List.of(() -> {
                    var processor = constraint.processor();
                    for (byte b : prefix.getBytes(StandardCharsets.UTF_8)) processor.drawn(row, b);
                    return processor;
                })), rng.split(i));
                seen[sampler.next(row.load(logits))]++;
            }
            worst = Math.min(worst, chiSquare(seen, p, 20_000));
        }
        Evidence.of("p of the worst of three steps", worst, above(0.01));
        Evidence.of("the model's probability of what may come, at most", share, below(0.9));
    }

    private static double chiSquare(double[] seen, double[] p, double draws) {
        double statistic = 0, rest = 0, expectedRest = 0;
        int cells = 0;
        for (int i = 0; i < p.length; i++) {
            if (p[i] == 0 && seen[i] > 0) return 0;
            if (draws * p[i] < 5) {
                rest += seen[i];
                expectedRest += draws * p[i];
                continue;
            }
            statistic += Math.pow(seen[i] - draws * p[i], 2) / (draws * p[i]);
            cells++;
        }
        if (expectedRest > 0) {
            statistic += Math.pow(rest - expectedRest, 2) / expectedRest;
            cells++;
        }
        return Incomplete.regularisedGammaQ((cells - 1) / 2.0, statistic / 2);
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void tokensStraddleSymbolsAndCharactersStraddleTokens() {
        var rows = List.of( // what is written token by token; whether it fits
                new Object[] {true, "{\"", "a\": ", "[\"", "x", "\", \"", "y\"", "]}"}, new Object[] {true, "{\"k\":[[1,2", "],[3]]", "}"},
                new Object[] {true, "\"", "\u00f0\u009f", "\u0098", "\u0080\""},
                new Object[] {true, "[\"\u00e2", "\u0082", "\u00ac", "\"]"},
                new Object[] {true, "[\"\u00e2\u0082", "\u00ac\", \"\u00c3", "\u00a9\"]"}, new Object[] {false, "\"\u00f0\u009f", "\""},
                new Object[] {false, "\"\u00e2", "\u0082", "x"}, new Object[] {false, "\"", "\u00ac"},
                new Object[] {false, "\"\u00ed", "\u00a0"}, new Object[] {false, "\"\u00c0"}, new Object[] {false, "{\"a\"", "}"},
                new Object[] {false, "[1", "]]"}, new Object[] {false, "{\"a\": [\"", "x\"}"}, new Object[] {false, "\"\u00f4", "\u0090"});
        int wrong = 0, whole = 0;
        for (var one : rows) {
            var pieces = new ArrayList<byte[]>();
            for (int b = 0; b < 256; b++) pieces.add(new byte[] {(byte) b});
            for (int i = 1; i < one.length; i++) pieces.add(((String) one[i]).getBytes(StandardCharsets.ISO_8859_1));
            pieces.add(null);
            var constraint = new GrammarConstraint(Grammar.json(), new TokenPieces(pieces), pieces.size() - 1);
            var state = constraint.start();
            boolean fits = true;
            for (int i = 1; fits && i < one.length; i++) {
                var bits = new long[(pieces.size() + 63) / 64];
                state.allowed(bits);
                int id = 255 + i;
                fits = (bits[id >> 6] >>> id & 1) != 0;
                if (fits) state.accept(id);
            }
            if (fits != (boolean) one[0]) wrong++;
            if (fits && state.isComplete()) whole++;
        }
        Evidence.of("sequences of tokens judged wrongly, of 14", wrong, exactly(0));
        Evidence.of("texts written whole", whole, exactly(5));
    }

    @Test void aTextIsFinishedWithinItsBudget() {
        var pieces = pieces(340, 1);
        var constraint = new GrammarConstraint(Grammar.json(), pieces, END);
        assertThatThrownBy(() -> constraint.within(1)).hasMessageContaining("1 tokens").hasMessageContaining("shortest");
        var state = constraint.within(4).start();
        state.accept('[');
        var bits = new long[6];
        state.allowed(bits); // two more besides the end: not a string of its own, which takes three
        assertThat(bits[0] >>> '"' & 1).isZero();
        assertThat(bits[0] >>> '1' & 1).isOne();
        state.accept('1');
        Arrays.fill(bits, 0);
        state.allowed(bits);
        assertThat(Arrays.stream(bits).map(Long::bitCount).sum()).isEqualTo(1);
        assertThat(bits[1] >>> ']' & 1).isOne();
        var other = state.fork();
        other.accept(']');
        assertThat(other.isComplete()).isTrue();
        assertThat(state.isComplete()).isFalse();
        assertThat(other.shortest()).isZero();
        assertThatThrownBy(() -> state.accept('x')).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("cannot come here");
    }

    @Test void whatCannotBeFinishedIsNotBegun() {
        var pieces = new TokenPieces(List.of("a".getBytes(), "b".getBytes(), "[".getBytes(), "[]".getBytes(), "c".getBytes()));
        var constraint = new GrammarConstraint(Grammar.gbnf("root ::= \"a\" | \"[\" \"]\" | \"[\" \"b\" \"]\" \"c\""), pieces);
        var bits = new long[1];
        constraint.start().allowed(bits);
        assertThat(bits[0]).isEqualTo(0b1001); // no token closes a bracket alone
        assertThatThrownBy(() -> new GrammarConstraint(Grammar.regex("x+"), pieces)).hasMessageContaining("no text fits it");
    }

    @Test void threadsShareOneConstraint() throws Exception {
        var pieces = pieces(340, 1);
        var constraint = new GrammarConstraint(Grammar.json(), pieces, END).within(60);
        double[] noise = noise(2);
        var texts = new String[2][40];
        var threads = new ArrayList<Thread>();
        for (int k = 0; k < 2; k++) {
            int n = k;
            threads.add(Thread.ofPlatform().start(() -> {
                var row = new LogitRow(340);
                for (int i = 0; i < 40; i++)
                    texts[n][i] = text(pieces,
                            written(row, noise, SamplingOptions.DEFAULT.withOwn(List.of(constraint::processor)), 60, Rng.of(i)));
            }));
        }
        for (var thread : threads) thread.join();
        assertThat(texts[0]).isEqualTo(texts[1]).allMatch(ParsedRules::isJson);
    }
}
