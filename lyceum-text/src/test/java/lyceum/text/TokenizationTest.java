package lyceum.text;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import lyceum.FormatException;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class TokenizationTest {
    /** Clause 1. */
    @Acceptance(topic = "tokenization", clause = 1)
    @Test void bytesComeBackExactly() {
        int wrong = 0, texts = 0;
        for (var text : RandomTexts.of(41, 10_000)) {
            for (var tokenizer : List.of(new ByteTokenizer(), Given.byteLevel8000()))
                if (!tokenizer.decode(tokenizer.ids(text)).equals(text)) wrong++;
            texts++;
        }
        Evidence.of("texts", texts, exactly(10_000));
        Evidence.of("texts that do not come back", wrong, exactly(0));
    }

    /** Clause 2: what offsets say. */
    @Acceptance(topic = "tokenization", clause = 2)
    @Test void offsetsPointAtTheTokensText() {
        var texts = new ArrayList<>(RandomTexts.of(42, 3000));
        texts.addAll(Given.verses().subList(0, 1000));
        int backwards = 0, wrong = 0, slices = 0, wrongBytes = 0, bytes = 0;
        for (var text : texts) {
            var words = Given.miniLm().encode(text, EncodeOptions.PLAIN);
            backwards += backwards(words);
            for (int i = 0; i < words.size(); i++) {
                boolean shared = i > 0 && words.start(i) < words.end(i - 1) || i + 1 < words.size() && words.start(i + 1) < words.end(i);
                if (words.token(i).equals("[UNK]") || shared) continue;
                var plain = words.word(i) == (i == 0 ? -1 : words.word(i - 1)) && words.token(i).startsWith("##")
                        ? words.token(i).substring(2) : words.token(i);
                if (!Given.miniLm().spec().normalizer().apply(words.slice(text, i)).strip().equals(plain)) wrong++;
                slices++;
            }
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            for (var tokenizer : List.of(new ByteTokenizer(), Given.byteLevel8000())) {
                var encoding = tokenizer.encode(text);
                backwards += backwards(encoding);
                for (int i = 0; i < encoding.size(); i++, bytes++)
                    if (!Arrays.equals(tokenizer.bytes(encoding.id(i)),
                            Arrays.copyOfRange(utf8, encoding.byteStart(i), encoding.byteEnd(i))))
                        wrongBytes++;
            }
            for (var splitter : List.of(WordSplitter.WHITESPACE, WordSplitter.CHARACTERS, WordSplitter.treebank(),
                    WordSplitter.matching(TextPattern.of("\\w+|[^\\w\\s]")))) {
                int last = 0;
                for (var span : splitter.split(text)) {
                    if (span.from() < last) backwards++;
                    last = span.from();
                    boolean quote = span.word().equals("``") || span.word().equals("''");
                    if (!quote && !text.substring(span.from(), span.to()).equals(span.word())) wrong++;
                    slices++;
                }
            }
        }
        Evidence.of("slices", slices, atLeast(300_000));
        Evidence.of("byte spans", bytes, atLeast(300_000));
        Evidence.of("offsets that run backwards", backwards, exactly(0));
        Evidence.of("slices that are not the token's text", wrong, exactly(0));
        Evidence.of("byte spans that are not the token's bytes", wrongBytes, exactly(0));
    }

    private static int backwards(Encoding e) {
        int n = 0;
        for (int i = 0; i < e.size(); i++)
            if (e.end(i) < e.start(i) || i > 0 && (e.start(i) < e.start(i - 1) || e.byteStart(i) < e.byteStart(i - 1))) n++;
        return n;
    }

    /** Clause 3: borders of pieces do not show. */
    @Acceptance(topic = "tokenization", clause = 3)
    @Test void streamsGiveTheWholeTextsIds() {
        var rng = Rng.of(5);
        int wrong = 0, streams = 0, early = 0;
        var texts = new ArrayList<>(RandomTexts.of(43, 300));
        for (int i = 0; i < 30; i++) texts.add(String.join("\n", Given.verses().subList(200 * i, 200 * i + 10)));
        List<Tokenizer> tokenizers = List.of(new ByteTokenizer(), Given.byteLevel8000(), SpecialTokensTest.chat(), Given.miniLm(),
                WordTokenizer.of(WordSplitter.WHITESPACE, Given.verses().subList(0, 500), 300),
                BpeTrainer.spaced(600).train(Given.verses().subList(0, 500)));
        for (var tokenizer : tokenizers) for (var text : texts) for (var controls : List.of(Controls.TEXT, Controls.ALL)) {
            int[] whole = tokenizer.ids(text, EncodeOptions.PLAIN.withControls(controls));
            var stream = new EncodeStream(tokenizer, controls);
            var ids = IntStream.builder();
            for (int at = 0; at < text.length();) {
                int to = Math.min(text.length(), at + 1 + rng.nextInt(7));
                int[] some = stream.push(text.substring(at, to));
                Arrays.stream(some).forEach(ids::add);
                if (some.length > 0 && to < text.length()) early++;
                at = to;
            }
            Arrays.stream(stream.finish()).forEach(ids::add);
            if (!Arrays.equals(ids.build().toArray(), whole)) wrong++;
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            var fromBytes = IntStream.builder();
            for (int at = 0; at < utf8.length;) {
                int to = Math.min(utf8.length, at + 1 + rng.nextInt(5));
                Arrays.stream(stream.push(Arrays.copyOfRange(utf8, at, to))).forEach(fromBytes::add);
                at = to;
            }
            Arrays.stream(stream.finish()).forEach(fromBytes::add);
            if (!Arrays.equals(fromBytes.build().toArray(), whole)) wrong++;
            streams += 2;
        }
        Evidence.of("streams", streams, exactly(2 * 2 * 330 * tokenizers.size()));
        Evidence.of("streams with other ids than the whole text", wrong, exactly(0));
        Evidence.of("pieces that gave ids before the end", early, atLeast(5000));
    }

    @Test void decodedStreamsGiveTheWholeText() {
        for (var tokenizer : List.of(new ByteTokenizer(), Given.byteLevel8000(), Given.miniLm(),
                BpeTrainer.spaced(600).train(Given.verses().subList(0, 500))))
            for (var text : List.of("Hello, 漢字 and 👩‍👩‍👧 e\u0301!", "In the beginning God created the heaven, and the earth.", "",
                    " two  spaces ")) {
                        int[] ids = tokenizer.ids(text, EncodeOptions.PLAIN);
                        var stream = tokenizer.decoder();
                        var all = new StringBuilder();
                        for (int id : ids) {
                            var some = stream.push(id);
                            assertThat(some).doesNotContain("\uFFFD");
                            all.append(some);
                        }
                        assertThat(all.append(stream.finish()).toString()).isEqualTo(tokenizer.decode(ids, true));
                    }
    }

    /** A tokenizer whose streams keep what was shown, or not, as they are told; counts the ids that it decodes. */
    private record Decoded(Tokenizer of, boolean decodesApart, AtomicInteger ids) implements Tokenizer {
        @Override public Vocabulary vocabulary() { return of.vocabulary(); }

        @Override public SpecialTokens specials() { return of.specials(); }

        @Override public void tokenize(String text, Controls controls, TokenBuffer out) { of.tokenize(text, controls, out); }

        @Override public String decode(int[] some, boolean skipSpecials) {
            ids.addAndGet(some.length);
            return of.decode(some, skipSpecials);
        }
    }

    @Test void idsDecodedApartAreThePiecesThatContextGives() {
        var rng = Rng.of(5);
        int withheld = 0;
        for (var tokenizer : List.of(new ByteTokenizer(), Given.byteLevel8000())) {
            assertThat(tokenizer.decodesApart()).isTrue();
            Decoded apart = new Decoded(tokenizer, true, new AtomicInteger()), beside = new Decoded(tokenizer, false, new AtomicInteger());
            for (int text = 0; text < 200; text++) {
                // bytes in any order are broken characters; words of letters are not
                int[] ids = text % 2 == 0 ? IntStream.range(0, 30).map(_ -> rng.nextInt(256)).toArray()
                        : tokenizer.ids("漢字 and 👩 in " + text, EncodeOptions.PLAIN);
                DecodeStream one = apart.decoder(), other = beside.decoder();
                for (int id : ids) {
                    var piece = one.push(id);
                    assertThat(piece).isEqualTo(other.push(id));
                    if (piece.isEmpty()) withheld++;
                }
                assertThat(one.finish()).isEqualTo(other.finish());
            }
            assertThat(apart.ids.get()).isLessThan(beside.ids.get());
        }
        assertThat(withheld).isGreaterThan(100);
        assertThat(Given.miniLm().decodesApart()).isFalse();
        var once = new Decoded(new ByteTokenizer(), true, new AtomicInteger());
        var stream = once.decoder();
        for (int i = 0; i < 50; i++) stream.push('a');
        assertThat(once.ids).hasValue(50); // each once
    }

    /** Clause 4: nltk's tokens. */
    @Acceptance(topic = "tokenization", clause = 4)
    @Test void treebankTokensEqualNltk() throws Exception {
        var golden = Golden.load("golden/text_treebank.json").texts("sentences");
        String[][] repairs = {{"`` ", "\""}, {" ''", "\""}, {" ,", ","}, {" .", "."}, {" ;", ";"}, {" :", ":"}, {" ?", "?"}, {" !", "!"},
                {"( ", "("}, {" )", ")"}, {" '", "'"}};
        var sha1 = MessageDigest.getInstance("SHA-1");
        int wrong = 0, split = 0;
        for (int i = 0; i < golden.size(); i++) {
            var sentence = Given.brownSentences().get(25 * i);
            for (var repair : repairs) sentence = sentence.replace(repair[0], repair[1]);
            var words = WordSplitter.treebank().words(sentence);
            var hash = HexFormat.of().formatHex(sha1.digest(String.join("\n", words).getBytes(StandardCharsets.UTF_8))).substring(0, 8);
            if (!hash.equals(golden.get(i))) wrong++;
            split += words.size() - sentence.split(" ").length;
        }
        Evidence.of("sentences", golden.size(), exactly(2000));
        Evidence.of("sentences that are cut otherwise", wrong, exactly(0));
        Evidence.of("words that white space alone does not find", split, atLeast(4000));
    }

    /** WordPiece as its authors describe it, on a normalised word. */
    private static void naiveWordPiece(Map<String, Integer> vocab, String word, List<Integer> out) {
        var ids = new ArrayList<Integer>();
        int[] c = word.codePoints().toArray();
        for (int at = 0; at < c.length;) {
            int end = c.length;
            Integer id = null;
            for (; end > at && id == null; end--) id = vocab.get((at > 0 ? "##" : "") + new String(c, at, end - at));
            if (id == null) {
                out.add(vocab.get("[UNK]"));
                return;
            }
            ids.add(id);
            at = end + 1;
        }
        if (c.length > 100) out.add(vocab.get("[UNK]"));
        else out.addAll(ids);
    }

    /** BERT's ids by plain string operations: no code of the pipeline's. */
    static int[] naiveBert(Map<String, Integer> vocab, String text) {
        var plain = Normalizer.normalize(text.replaceAll("[\\t\\n\\r]", " "), Normalizer.Form.NFD).replaceAll("\\p{Mn}", "")
                .toLowerCase(Locale.ROOT);
        var ids = new ArrayList<Integer>(List.of(vocab.get("[CLS]")));
        for (var word : plain.replaceAll("([\\p{P}$+<=>^`|~])", " $1 ").strip().split("\\s+"))
            if (!word.isEmpty()) naiveWordPiece(vocab, word, ids);
        ids.add(vocab.get("[SEP]"));
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    static Map<String, Integer> miniLmVocabulary() {
        var vocab = new LinkedHashMap<String, Integer>();
        var v = Given.miniLm().vocabulary();
        for (int id = 0; id < v.size(); id++) vocab.put(v.token(id), id);
        return vocab;
    }

    /** Clause 5. */
    @Acceptance(topic = "tokenization", clause = 5)
    @Test void wordPieceEqualsNaiveGreedyMatch() {
        var vocab = miniLmVocabulary();
        int wrong = 0, parts = 0, sentences = 0;
        for (int i = 0; i < 1000; i++, sentences++) {
            var text = Given.brownSentences().get(50 * i);
            int[] expected = naiveBert(vocab, text), ids = Given.miniLm().ids(text);
            if (!Arrays.equals(ids, expected)) wrong++;
            for (int id : ids) if (Given.miniLm().vocabulary().token(id).startsWith("##")) parts++;
        }
        Evidence.of("sentences", sentences, exactly(1000));
        Evidence.of("sentences with other ids", wrong, exactly(0));
        Evidence.of("pieces inside words", parts, atLeast(500));
    }

    /** Clause 6: characters make more tokens than BPE, BPE more than words. */
    @Acceptance(topic = "tokenization", clause = 6)
    @Test void theReportOrdersByLength() {
        var tokenizers = new LinkedHashMap<String, Tokenizer>();
        tokenizers.put("characters", WordTokenizer.of(WordSplitter.CHARACTERS, Given.verses(), 200));
        tokenizers.put("BPE", Given.byteLevel8000());
        tokenizers.put("words", WordTokenizer.of(WordSplitter.WHITESPACE, Given.verses(), 8000));
        var report = TokenizationReport.of(tokenizers, Given.verses());
        Evidence.of("characters over BPE", (double) report.row("characters").tokens() / report.row("BPE").tokens(), above(1));
        Evidence.of("BPE over words", (double) report.row("BPE").tokens() / report.row("words").tokens(), above(1));
        assertThat(report.row("words").fertility()).isEqualTo(1);
        assertThat(report.row("words").unknownRate()).isPositive();
        assertThat(report.row("BPE").unknownRate()).isZero();
        assertThat(report.toString()).contains("characters", "per word");
    }

    @Test void badTextsAreRefusedByPlace() {
        assertThatThrownBy(() -> Given.byteLevel8000().ids("ab\uD800c")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("character 2");
        assertThatThrownBy(() -> Given.miniLm().encode("\uDC00")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("character 0");
        assertThatThrownBy(() -> Given.miniLm().ids("漢\uDC00")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("character 1");
        var stream = new ByteTokenizer().encoder();
        stream.push(new byte[] {'a', 'b'});
        assertThatThrownBy(() -> stream.push(new byte[] {'c', (byte) 0xC3, '('})).isInstanceOf(FormatException.class)
                .hasMessageContaining("byte 3");
        assertThatThrownBy(() -> new ByteTokenizer().decode(256)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("256");
    }

    @Test void sentencesByLanguage() {
        assertThat(WordSplitter.sentences(Locale.ENGLISH).words("He came. She saw!  They left?")).containsExactly("He came.", "She saw!",
                "They left?");
    }
}
