package lyceum.text;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class SpecialTokensTest {
    private static final List<String> NAMES = List.of("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|im_start|>system", "[INST]", "<s>");

    /** Byte-level BPE with control tokens behind its vocabulary, one of them the beginning of another. */
    static TokenizerPipeline chat() {
        var base = Given.byteLevel8000();
        var specials = base.specials();
        int id = base.vocabulary().size();
        for (var name : NAMES) specials = specials.with(AddedToken.control(name, id++));
        specials = specials.with(SpecialTokens.Role.BOS, "<s>").with(SpecialTokens.Role.EOS, "<|endoftext|>");
        return new TokenizerPipeline(base.spec().withSpecials(specials));
    }

    /** Texts of users with literal control strings in them. */
    private static List<String> hostile() {
        var rng = Rng.of(8);
        var texts = new ArrayList<String>();
        for (var text : RandomTexts.of(9, 1000)) {
            var hostile = new StringBuilder(text);
            for (int k = 1 + rng.nextInt(4); k > 0; k--) {
                int at = hostile.length() == 0 ? 0 : rng.nextInt(hostile.length());
                if (at > 0 && Character.isLowSurrogate(hostile.charAt(at))) at--;
                hostile.insert(at, NAMES.get(rng.nextInt(NAMES.size())));
            }
            texts.add(hostile.toString());
        }
        return texts;
    }

    private static int controls(Tokenizer tokenizer, int[] ids) {
        int n = 0;
        for (int id : ids) if (tokenizer.specials().isSpecial(id)) n++;
        return n;
    }

    /** Clause 1. */
    @Acceptance(topic = "special-tokens", clause = 1)
    @Test void userTextNeverBecomesControl() {
        var chat = chat();
        int produced = 0, possible = 0, others = 0, wanted = 0;
        for (var text : hostile()) {
            produced += controls(chat, chat.ids(text)) + controls(chat, chat.encode(text).ids());
            possible += controls(chat, chat.ids(text, EncodeOptions.PLAIN.withControls(Controls.ALL)));
            for (int id : chat.ids(text, EncodeOptions.PLAIN.withControls(Controls.only("[INST]")))) if (chat.specials().isSpecial(id)) {
                if (chat.vocabulary().token(id).equals("[INST]")) wanted++;
                else others++;
            }
        }
        Evidence.of("control ids where none is allowed", produced, exactly(0));
        Evidence.of("control ids of those that are not the one allowed", others, exactly(0));
        Evidence.of("control ids where the one is allowed", wanted, atLeast(300));
        Evidence.of("control ids where all are allowed", possible, atLeast(1500));
    }

    /** Clause 2: an allowed control string is one id, wherever it stands. */
    @Acceptance(topic = "special-tokens", clause = 2)
    @Test void anAllowedOneIsOneId() {
        var chat = chat();
        int wrong = 0, seen = 0;
        var texts = RandomTexts.of(10, 200);
        for (var name : NAMES) for (int i = 0; i + 1 < texts.size(); i += 2) {
            String before = texts.get(i), behind = texts.get(i + 1);
            if (NAMES.stream().anyMatch(n -> before.contains(n) || behind.contains(n))
                    || name.equals("<|im_start|>") && behind.startsWith("system"))
                continue;
            var ids = chat.ids(before + name + behind, EncodeOptions.PLAIN.withControls(Controls.ALL));
            if (controls(chat, ids) != 1 || Arrays.stream(ids).noneMatch(id -> id == chat.specials().find(name).id())) wrong++;
            seen++;
        }
        Evidence.of("texts", seen, atLeast(400));
        Evidence.of("control strings that were not exactly one id", wrong, exactly(0));
    }

    /** Clause 3: decoding that skips removes the control tokens and nothing else. */
    @Acceptance(topic = "special-tokens", clause = 3)
    @Test void skippingRemovesExactlyThem() {
        var chat = chat();
        var rng = Rng.of(4);
        int wrong = 0, removed = 0;
        for (var text : RandomTexts.of(11, 500)) {
            var ids = chat.ids(text);
            var mixed = new ArrayList<Integer>();
            for (int id : ids) mixed.add(id);
            // between whole tokens; a control token inside a character would split its bytes
            for (int k = 0; k < 3; k++, removed++)
                mixed.add(k == 0 ? 0 : mixed.size(), chat.specials().find(NAMES.get(rng.nextInt(NAMES.size()))).id());
            int[] all = mixed.stream().mapToInt(Integer::intValue).toArray();
            if (!chat.decode(all, true).equals(text)) wrong++;
            if (chat.decode(all, false).length() <= text.length()) wrong++;
        }
        Evidence.of("control tokens put in", removed, exactly(1500));
        Evidence.of("texts that did not come back", wrong, exactly(0));
    }

    /** Clause 4: ten more tokens. */
    @Acceptance(topic = "special-tokens", clause = 4)
    @Test void addingTokensLeavesOldLogitsAlone() {
        int v = 700, d = 32;
        var rng = Rng.of(6);
        var embedding = new Embedding(v, d, rng);
        var head = new Linear(d, v, rng);
        var grown = VocabularyRows.grown(embedding, v + 10);
        var grownHead = VocabularyRows.grown(head, v + 10);
        var ids = Tensor.of(rng.permutation(v)).narrow(0, 0, 100);
        float[] old = head.forward(embedding.forward(ids)).toFloatArray(),
                more = grownHead.forward(grown.forward(ids)).narrow(1, 0, v).toFloatArray();
        int changed = 0;
        for (int i = 0; i < old.length; i++) if (Float.floatToRawIntBits(old[i]) != Float.floatToRawIntBits(more[i])) changed++;
        Evidence.of("old logits that changed a bit", changed, exactly(0));
        double worst = 0;
        double[][] table = embedding.weight().toRows(), rows = grown.weight().toRows();
        for (int j = 0; j < d; j++) {
            double mean = 0;
            for (int i = 0; i < v; i++) mean += table[i][j] / v;
            for (int i = v; i < v + 10; i++) worst = Math.max(worst, Math.abs(rows[i][j] - mean));
        }
        Evidence.of("new rows", rows.length - v, exactly(10));
        Evidence.of("gap of the new rows to the mean", worst, atMost(1e-6));
    }

    @Test void rolesAndErrors() {
        var chat = chat();
        assertThat(chat.specials().bos()).isEqualTo(chat.vocabulary().id("<s>"));
        assertThatThrownBy(() -> chat.specials().cls()).isInstanceOf(IllegalStateException.class).hasMessageContaining("no CLS");
        assertThatThrownBy(() -> SpecialTokens.NONE.with(SpecialTokens.Role.BOS, "<s>")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SpecialTokens(List.of(AddedToken.control("a", 1), AddedToken.control("b", 1))))
                .hasMessageContaining("one id");
        assertThatThrownBy(() -> new TokenizerSpec(Given.byteLevel8000().spec().model())
                .withSpecials(new SpecialTokens(List.of(AddedToken.control("<x>", 5))))).hasMessageContaining("must agree");
        // the longest one that is allowed is found
        var options = EncodeOptions.PLAIN.withControls(Controls.only("<|im_start|>"));
        assertThat(controls(chat, chat.ids("<|im_start|>system", options))).isEqualTo(1);
        assertThat(chat.decode(chat.ids("<|im_start|>system", options))).isEqualTo("<|im_start|>system");
    }

    @Test void addedTokensTakeSpacesAndWholeWords() {
        var base = Given.miniLm().spec();
        var masks = new SpecialTokens(List.of(new AddedToken("[MASK]", 103, true, false, true, true, false),
                new AddedToken("foozle", 30522, false, true, false, false, true)));
        var tokenizer = new TokenizerPipeline(base.withSpecials(masks).withPostProcessor(null));
        assertThat(tokenizer.encode("a  [MASK]  FOOZLE foozles", EncodeOptions.PLAIN.withControls(Controls.ALL)).tokens())
                .startsWith("a", "[MASK]", "foozle").doesNotContainSequence("foozle", "foozle").hasSizeGreaterThan(4);
        var encoding = tokenizer.encode("a  [MASK]  b", EncodeOptions.PLAIN.withControls(Controls.ALL));
        assertThat(encoding.start(1)).isEqualTo(1);
        assertThat(encoding.end(1)).isEqualTo(11);
    }

    /** Bos-token, clause 2: the template puts one start token, and putting it twice gives one. */
    @Acceptance(topic = "bos-token", clause = 2)
    @Test void theTemplatePutsOneStartToken() {
        var base = chat();
        var chat = new TokenizerPipeline(base.spec().withPostProcessor(new PostProcessor.Templated(Template.bos(base.specials()))));
        var twice = new TokenizerPipeline(
                base.spec().withPostProcessor(new PostProcessor.Templated(Template.bos(base.specials()).withBos(base.specials()))));
        int bos = chat.specials().bos(), wrong = 0, texts = 0, second = 0, packed = 0, starts = 0, away = 0;
        var all = EncodeOptions.DEFAULT.withControls(Controls.ALL);
        var row = new ArrayList<Integer>();
        for (var text : hostile()) {
            for (var tokenizer : List.of(chat, twice)) {
                int[] ids = tokenizer.ids(text);
                if (marks(ids, bos) != 1 || ids[0] != bos || !Arrays.equals(ids, tokenizer.encode(text).ids())) wrong++;
            }
            var plain = text.replace("<s>", " ");
            int[] once = chat.ids(plain, all), again = chat.ids("<s>" + plain, all);
            if (marks(again, bos) != 1 || !Arrays.equals(once, again) || !Arrays.equals(again, chat.encode("<s>" + plain, all).ids()))
                second++;
            if (marks(chat.encodePair("<s>" + plain, plain, all).ids(), bos) != 1) second++;
            // a row of documents, some of which have the mark in their text
            for (int id : chat.ids(texts % 3 == 0 ? "<s>" + plain : plain, all)) {
                if (id == bos) packed++;
                row.add(id);
            }
            if (row.get(starts) != bos) away++;
            starts = row.size();
            texts++;
        }
        Evidence.of("texts", texts, exactly(1000));
        Evidence.of("texts without exactly one start token in front", wrong, exactly(0));
        Evidence.of("texts and pairs that begin with the mark, and do not have it once", second, exactly(0));
        Evidence.of("start tokens in a row of 1,000 documents", packed, exactly(1000));
        Evidence.of("documents of the row that do not begin with it", away, exactly(0));
    }

    /** White space before a control token ends a text, whatever comes in which piece. */
    @Test void streamsCutBeforeControlTokensAsTheWholeText() {
        var spaced = BpeTrainer.byteLevel(300, PreTokenizer.GPT4).train(List.of("a  b   c    d \n\n  e  f\n\n\ng   h  ".repeat(50)));
        int free = spaced.vocabulary().size();
        var chat = new TokenizerPipeline(spaced.spec()
                .withSpecials(new SpecialTokens(List.of(AddedToken.control("<s>", free), AddedToken.control("<|im_end|>", free + 1)))));
        var rng = Rng.of(3);
        var parts = List.of(" ", "  ", "\n", " \n\n  ", "a", "word", "12345", "<", "<|im_", "'s", "\u00e9", "!!");
        int wrong = 0, early = 0;
        for (int i = 0; i < 1000; i++) {
            var text = new StringBuilder();
            for (int k = rng.nextInt(60); k >= 0; k--)
                text.append(rng.nextInt(8) == 0 ? (rng.nextInt(2) == 0 ? "<s>" : "<|im_end|>") : parts.get(rng.nextInt(parts.size())));
            var stream = new EncodeStream(chat, Controls.ALL);
            var ids = TokenBuffer.ofIds();
            for (int at = 0; at < text.length();) {
                int to = Math.min(text.length(), at + 1 + rng.nextInt(40));
                for (int id : stream.push(text.substring(at, to))) ids.add(id);
                at = to;
            }
            early += ids.size();
            for (int id : stream.finish()) ids.add(id);
            if (!Arrays.equals(ids.toIds(), chat.ids(text.toString(), EncodeOptions.PLAIN.withControls(Controls.ALL)))) wrong++;
        }
        assertThat(early).isGreaterThan(10_000);
        assertThat(wrong).isZero();
    }

    private static int marks(int[] ids, int mark) {
        int n = 0;
        for (int id : ids) if (id == mark) n++;
        return n;
    }

    @Test void theStartTokenIsPutWhereItIsNot() {
        var base = chat();
        var specials = base.specials();
        Template.Part bos = new Template.Control("<s>", List.of(specials.bos()), 0), a = new Template.Text(false, 0),
                b = new Template.Text(true, 0);
        var whole = new Template(List.of(bos, a), List.of(bos, a, b));
        assertThat(Template.bos(specials)).isEqualTo(whole);
        for (var half : List.of(new Template(List.of(a), List.of(bos, a, b)), new Template(List.of(bos, a), List.of(a, b)), whole))
            assertThat(half.withBos(specials)).isEqualTo(whole);
        var chat = new TokenizerPipeline(base.spec().withPostProcessor(new PostProcessor.Templated(whole)));
        var all = EncodeOptions.DEFAULT.withControls(Controls.ALL);
        int[] words = chat.ids("one two three four five six", EncodeOptions.PLAIN);
        for (boolean left : new boolean[] {false, true}) {
            var cut = all.withTruncation(new Truncation(4, 0, Truncation.Strategy.LONGEST_FIRST, left));
            int[] ids = chat.ids("<s>one two three four five six", cut);
            assertThat(ids).hasSize(4).startsWith(specials.bos()).endsWith(left ? words[words.length - 1] : words[2])
                    .isEqualTo(chat.encode("<s>one two three four five six", cut).ids());
        }
        assertThat(chat.ids("<s>", all)).containsExactly(specials.bos());
        assertThat(chat.ids("<s>a", all.withTemplate(false))).hasSize(2);
    }
}
