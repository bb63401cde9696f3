package lyceum.text;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.FormatException;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class TokenizerPipelineTest {
    /** Clause 1. */
    @Acceptance(topic = "tokenization-pipeline", clause = 1)
    @Test void idsOfAllVersesEqualAnIndependentWordPiece() {
        var vocab = TokenizationTest.miniLmVocabulary();
        int wrong = 0, verses = 0;
        long tokens = 0;
        for (var verse : Given.verses()) {
            int[] ids = Given.miniLm().ids(verse);
            if (!Arrays.equals(ids, TokenizationTest.naiveBert(vocab, verse))) wrong++;
            tokens += ids.length;
            verses++;
        }
        Evidence.of("verses", verses, exactly(31_102));
        Evidence.of("tokens", tokens, atLeast(900_000));
        Evidence.of("verses with other ids", wrong, exactly(0));
    }

    /** Clause 2. */
    @Acceptance(topic = "tokenization-pipeline", clause = 2)
    @Test void offsetsHoldTheTokens() {
        var unigram = new UnigramTrainer(1000)
                .withNormalizer(new TextNormalizer.Sequence(List.of(new TextNormalizer.Unicode(Form.NFKC), new TextNormalizer.Lowercase())))
                .withPreTokenizer(new PreTokenizer.WhitespaceSplit()).train(Given.verses().subList(0, 1500));
        int texts = 0, missing = 0, unequal = 0, exact = 0, covers = 0, notSmallest = 0;
        for (var text : RandomTexts.of(81, 10_000)) {
            texts++;
            for (var tokenizer : List.of(Given.miniLm(), unigram)) {
                var e = tokenizer.encode(text, EncodeOptions.PLAIN);
                for (int i = 0; i < e.size(); i++) {
                    if (e.id(i) == tokenizer.vocabulary().unknown()) continue;
                    var plain = e.token(i).startsWith("##") && i > 0 && e.word(i - 1) == e.word(i) ? e.token(i).substring(2) : e.token(i);
                    var slice = tokenizer.spec().normalizer().apply(e.slice(text, i)).strip();
                    boolean shared = i > 0 && e.start(i) < e.end(i - 1) || i + 1 < e.size() && e.start(i + 1) < e.end(i);
                    if (!slice.contains(plain)) missing++;
                    if (shared) continue;
                    exact++;
                    if (!slice.equals(plain)) unequal++;
                }
            }
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            var bytes = Given.byteLevel8000().encode(text);
            for (int i = 0, at = 0; i < bytes.size(); i++) {
                int end = at + Given.byteLevel8000().bytes(bytes.id(i)).length, first = at, last = end;
                while (first > 0 && (utf8[first] & 0xC0) == 0x80) first--;
                while (last < utf8.length && (utf8[last] & 0xC0) == 0x80) last++;
                boolean right = bytes.slice(text, i).equals(new String(utf8, first, last - first, StandardCharsets.UTF_8))
                        && text.substring(0, bytes.start(i)).equals(new String(utf8, 0, first, StandardCharsets.UTF_8));
                if (!right) notSmallest++;
                covers++;
                at = end;
            }
        }
        Evidence.of("texts", texts, exactly(10_000));
        Evidence.of("slices without their token", missing, exactly(0));
        Evidence.of("slices compared", exact, atLeast(30_000));
        Evidence.of("slices that are not their token", unequal, exactly(0));
        Evidence.of("byte-level spans", covers, atLeast(200_000));
        Evidence.of("byte-level spans that are not the smallest cover", notSmallest, exactly(0));
    }

    /** Every part that a file can name. */
    static List<TokenizerPipeline> zoo() {
        var words = Vocabulary.of("[UNK]", "a", "b", "hello", "world", "h", "##ello", "w", "\u2581hello", "\u2581world", "the", "1", "2",
                ",", "!", "[CLS]", "[SEP]");
        var model = new WordLevel(words.toBuilder().unknown("[UNK]").build(), "[UNK]");
        var base = new TokenizerSpec(model);
        var zoo = new ArrayList<TokenizerPipeline>();
        List<TextNormalizer> normalizers = List.of(new TextNormalizer.Bert(true, true, null, true),
                new TextNormalizer.Bert(false, false, true, false), new TextNormalizer.Unicode(Form.NFC),
                new TextNormalizer.Unicode(Form.NFD), new TextNormalizer.Unicode(Form.NFKC), new TextNormalizer.Unicode(Form.NFKD),
                new TextNormalizer.Lowercase(), new TextNormalizer.Strip(true, false), new TextNormalizer.StripAccents(),
                new TextNormalizer.Replace(TextPattern.of("l+"), "l"), new TextNormalizer.Replace(TextPattern.literal("o"), "0"),
                new TextNormalizer.Prepend("\u2581"), new TextNormalizer.Nmt(), new TextNormalizer.ByteLevel(),
                new TextNormalizer.Precompiled(new byte[0]),
                new TextNormalizer.Sequence(List.of(new TextNormalizer.Lowercase(), new TextNormalizer.Strip(true, true))));
        for (var n : normalizers)
            zoo.add(new TokenizerPipeline(base.withNormalizer(n).withPreTokenizer(new PreTokenizer.WhitespaceSplit())));
        var behaviors = PreTokenizer.Behavior.values();
        var steps = new ArrayList<PreTokenizer>(List.of(new PreTokenizer.Bert(), new PreTokenizer.ByteLevel(true, true, true),
                new PreTokenizer.ByteLevel(false, false, false), new PreTokenizer.CharDelimiterSplit("-"), new PreTokenizer.Digits(true),
                new PreTokenizer.Digits(false), new PreTokenizer.FixedLength(3), new PreTokenizer.Metaspace(),
                new PreTokenizer.Metaspace("_", PreTokenizer.PrependScheme.FIRST, false), new PreTokenizer.UnicodeScripts(),
                new PreTokenizer.Whitespace(), new PreTokenizer.WhitespaceSplit(),
                new PreTokenizer.Sequence(List.of(new PreTokenizer.Whitespace(), new PreTokenizer.Digits(true)))));
        for (var b : behaviors) {
            steps.add(new PreTokenizer.Punctuation(b));
            steps.add(new PreTokenizer.Split(TextPattern.of("l+|\\s"), b, false));
            steps.add(new PreTokenizer.Split(TextPattern.literal("o"), b, true));
        }
        for (var p : steps) zoo.add(new TokenizerPipeline(base.withPreTokenizer(p)));
        var cls = new PostProcessor.Control("[CLS]", 15);
        var sep = new PostProcessor.Control("[SEP]", 16);
        var bert = new PostProcessor.Bert(sep, cls);
        List<PostProcessor> around = List.of(bert, new PostProcessor.Roberta(sep, cls, true, false),
                new PostProcessor.ByteLevel(true, true, true), new PostProcessor.Templated(bert.template()),
                new PostProcessor.Sequence(List.of(new PostProcessor.ByteLevel(true, false, true), bert)));
        for (var p : around) zoo.add(new TokenizerPipeline(base.withPreTokenizer(new PreTokenizer.Bert()).withPostProcessor(p)));
        var replace = new TokenDecoder.Replace(TextPattern.literal("h"), "H");
        List<TokenDecoder> decoders = List.of(new TokenDecoder.Bpe("</w>"), new TokenDecoder.ByteFallback(), new TokenDecoder.ByteLevel(),
                new TokenDecoder.Ctc("a", "b", true), new TokenDecoder.Fuse(),
                new TokenDecoder.Metaspace("\u2581", PreTokenizer.PrependScheme.ALWAYS, true), replace, new TokenDecoder.Strip("h", 1, 1),
                new TokenDecoder.WordPiece("##", true), new TokenDecoder.Sequence(List.of(replace, new TokenDecoder.Fuse())));
        for (var d : decoders) zoo.add(new TokenizerPipeline(base.withPreTokenizer(new PreTokenizer.Bert()).withDecoder(d)));
        zoo.add(new TokenizerPipeline(base.withTruncation(new Truncation(5, 2, Truncation.Strategy.ONLY_SECOND, true))
                .withPadding(new Padding(8, 4, 0, 1, "[UNK]", true))));
        return zoo;
    }

    /** Clause 3. */
    @Acceptance(topic = "tokenization-pipeline", clause = 3)
    @Test void savedAndReloadedPipelinesAreTheSame() {
        var pipelines = new ArrayList<>(zoo());
        pipelines.addAll(List.of(Given.miniLm(), Given.byteLevel8000(), SpecialTokensTest.chat(),
                new UnigramTrainer(600).train(Given.verses().subList(0, 500)),
                new WordPieceTrainer(600).train(Given.verses().subList(0, 500)),
                BpeTrainer.characters(600).train(Given.verses().subList(0, 500)),
                BpeTrainer.spaced(700).train(Given.verses().subList(0, 500))));
        var texts = new ArrayList<>(RandomTexts.of(82, 200));
        texts.addAll(List.of("hello world", "Hello, World! 12 a-b", "the h\u00e9llo \u4e16\u754c", "", " "));
        int wrong = 0, different = 0;
        for (var p : pipelines) {
            byte[] json = p.toJson();
            var again = TokenizerPipeline.read(json);
            if (!again.spec().withSpecials(p.specials()).equals(p.spec()) || !again.specials().added().equals(p.specials().added()))
                different++;
            if (!Arrays.equals(json, again.toJson())) different++;
            for (var text : texts) {
                int[] ids = p.ids(text);
                if (!Arrays.equals(ids, again.ids(text)) || !p.decode(ids).equals(again.decode(ids))) wrong++;
            }
        }
        Evidence.of("pipelines", pipelines.size(), atLeast(60));
        Evidence.of("pipelines that come back otherwise", different, exactly(0));
        Evidence.of("texts with other ids", wrong, exactly(0));
    }

    /** Clause 4. */
    @Acceptance(topic = "tokenization-pipeline", clause = 4)
    @Test void truncationWithStrideCoversEveryToken() {
        int uncovered = 0, tooLong = 0, parts = 0, unshared = 0;
        for (int k = 0; k < 400; k++) {
            var text = Given.verses().get(70 * k);
            int[] whole = Given.miniLm().ids(text, EncodeOptions.PLAIN);
            int length = 8 + k % 20, stride = k % 5;
            var encoding = Given.miniLm().encode(text,
                    EncodeOptions.DEFAULT.withTruncation(new Truncation(length, stride, Truncation.Strategy.LONGEST_FIRST, k % 2 == 0)));
            var all = new ArrayList<>(List.of(encoding));
            all.addAll(encoding.overflow());
            var starts = Given.miniLm().encode(text, EncodeOptions.PLAIN);
            var covered = new boolean[whole.length];
            int shared = 0;
            for (var part : all) {
                if (part.size() > length) tooLong++;
                for (int i = 0; i < part.size(); i++)
                    for (int t = 0; part.sequence(i) == 0 && t < whole.length; t++)
                        if (whole[t] == part.id(i) && starts.byteStart(t) == part.byteStart(i)) {
                            if (covered[t]) shared++;
                            covered[t] = true;
                        }
                parts++;
            }
            for (boolean there : covered) if (!there) uncovered++;
            if (shared != stride * (all.size() - 1)) unshared++;
        }
        Evidence.of("parts", parts, atLeast(600));
        Evidence.of("tokens in no part", uncovered, exactly(0));
        Evidence.of("parts that are too long", tooLong, exactly(0));
        Evidence.of("texts whose neighbours share more or less than the stride", unshared, exactly(0));
    }

    @Test void pairsGetTypesAndAreCutFromTheLonger() {
        var e = Given.miniLm().encodePair("hello world", "the end of all");
        assertThat(e.tokens()).containsExactly("[CLS]", "hello", "world", "[SEP]", "the", "end", "of", "all", "[SEP]");
        assertThat(e.typeIds()).containsExactly(0, 0, 0, 0, 1, 1, 1, 1, 1);
        assertThat(e.sequence(5)).isEqualTo(1);
        assertThat(e.start(5)).isEqualTo(4);
        var cut = Given.miniLm().encodePair("hello world", "the end of all", EncodeOptions.DEFAULT.withTruncation(new Truncation(8)));
        assertThat(cut.tokens()).containsExactly("[CLS]", "hello", "world", "[SEP]", "the", "end", "of", "[SEP]");
        assertThat(cut.overflow()).hasSize(1);
        assertThatThrownBy(() -> Given.miniLm().encodePair("a b c", "d",
                EncodeOptions.DEFAULT.withTruncation(new Truncation(4, 0, Truncation.Strategy.ONLY_SECOND, false))))
                .hasMessageContaining("does not suffice");
        assertThatThrownBy(() -> Given.miniLm().encode("a", EncodeOptions.DEFAULT.withTruncation(new Truncation(1))))
                .hasMessageContaining("template alone");
    }

    /** A file's own settings are the defaults. */
    @Test void miniLmsFileCutsAndPads() {
        var file = TokenizerPipeline.read(Given.miniLmJson());
        assertThat(file.encode("hello").size()).isEqualTo(128);
        assertThat(file.ids("word ".repeat(500))).hasSize(128);
        assertThat(file.whole().ids("hello")).containsExactly(101, 7592, 102);
    }

    private static void refused(String json, String... words) {
        assertThatThrownBy(() -> TokenizerPipeline.read(json.getBytes(StandardCharsets.UTF_8))).as(json).isInstanceOf(FormatException.class)
                .hasMessageContainingAll(words);
    }

    @Test void badFilesAreRefusedByName() {
        var model = "\"model\": {\"type\": \"WordLevel\", \"vocab\": {\"a\": 0, \"b\": 1}, \"unk_token\": \"a\"}";
        refused("{", "not JSON");
        refused("[]", "not a JSON object");
        refused("{}", "\"model\"");
        refused("{\"normalizer\": {\"type\": \"Rot13\"}, " + model + "}", "normalizer", "Rot13");
        refused("{\"pre_tokenizer\": {\"type\": \"Magic\"}, " + model + "}", "pre-tokenizer", "Magic");
        refused("{\"pre_tokenizer\": {\"type\": \"Split\", \"pattern\": {\"Regex\": \"(a)\\\\1\"}, \"behavior\": \"Isolated\", \"invert\": false}, "
                + model + "}", "back references");
        refused("{\"decoder\": {\"type\": \"None\"}, " + model + "}", "decoder", "None");
        refused("{\"post_processor\": {\"type\": \"X\"}, " + model + "}", "post-processor", "X");
        refused("{\"model\": {\"type\": \"WordLevel\", \"vocab\": {\"a\": 0, \"b\": 0}, \"unk_token\": \"a\"}}", "id 0", "\"b\"");
        refused("{\"model\": {\"type\": \"WordLevel\", \"vocab\": {\"a\": 0, \"b\": 2000000000}, \"unk_token\": \"a\"}}", "2000000000");
        refused("{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 1}, \"merges\": [\"a b\"]}}", "\"ab\"");
        refused("{\"model\": {\"type\": \"BPE\", \"dropout\": 0.1, \"vocab\": {\"a\": 0}, \"merges\": []}}", "dropout");
        refused("{\"truncation\": {\"max_length\": 5, \"stride\": 5, \"strategy\": \"LongestFirst\"}, " + model + "}", "a stride of 5");
        refused("{\"added_tokens\": [{\"id\": 1, \"content\": \"z\", \"special\": true}], " + model + "}", "must agree");
        refused("{\"normalizer\": " + "{\"type\": \"Sequence\", \"normalizers\": [".repeat(10_000) + "]}".repeat(10_000) + ", " + model
                + "}", "depth");
        var holes = TokenizerPipeline.read("{\"model\": {\"type\": \"WordLevel\", \"vocab\": {\"a\": 0, \"b\": 2}, \"unk_token\": \"a\"}}"
                .getBytes(StandardCharsets.UTF_8));
        assertThat(holes.vocabulary().size()).isEqualTo(3);
        assertThat(holes.vocabulary().isReserved(1)).isTrue();
        assertThat(holes.ids("b")).containsExactly(2);
    }

    @Test void paddingAndTemplatesOfFilesAreChecked() {
        var base = new TokenizerSpec(new WordLevel(Vocabulary.of("[UNK]", "a").toBuilder().unknown("[UNK]").build(), "[UNK]"));
        var padded = new String(new TokenizerPipeline(base.withPadding(new Padding(77, 8, 0, 0, "[UNK]", false))).toJson(),
                StandardCharsets.UTF_8);
        assertThat(json(padded).ids("a")).hasSize(80);
        for (var wrong : List.of(padded.replace("77", "2000000000"), padded.replaceAll("(\"pad_to_multiple_of\" *: *)8", "$12000000000")))
            assertThatThrownBy(() -> json(wrong)).isInstanceOf(FormatException.class).hasMessageContaining("2000000000");
        for (var processor : List.of(new PostProcessor.Bert(new PostProcessor.Control("a", 1), new PostProcessor.Control("[CLS]", 9)),
                new PostProcessor.Templated(new Template(List.of(new Template.Control("[CLS]", List.of(9), 0), new Template.Text(false, 0)),
                        List.of(new Template.Text(false, 0), new Template.Text(true, 0)))))) {
            var file = new String(new TokenizerPipeline(base.withPostProcessor(processor)).toJson(), StandardCharsets.UTF_8);
            assertThatThrownBy(() -> json(file)).isInstanceOf(FormatException.class).hasMessageContaining("\"[CLS]\" has the id 9");
        }
    }

    private static TokenizerPipeline json(String text) { return TokenizerPipeline.read(text.getBytes(StandardCharsets.UTF_8)); }
}
