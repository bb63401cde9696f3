package lyceum.text;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import lyceum.FormatException;
import lyceum.backend.Parallel;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.HypothesisTest;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Unigram models and SentencePiece's files. */
class UnigramTest {
    private static final List<String> SOME = Given.verses().subList(0, 3000);

    /** All segmentations of {@code word[at..]} by recursion: the greatest score, how many reach it, one of them. */
    private static void exhaust(double[] scores, int[] word, int at, double score, String cuts, Best best) {
        if (at == word.length) {
            if (score > best.score + 1e-12) {
                best.score = score;
                best.ways = 1;
                best.cuts = cuts;
            } else if (score > best.score - 1e-12) best.ways++;
            return;
        }
        int code = 0;
        for (int to = at; to < Math.min(word.length, at + 4); to++) {
            code = code * 4 + word[to] + 1;
            if (!Double.isNaN(scores[code])) exhaust(scores, word, to + 1, score + scores[code], cuts + (to + 1) + " ", best);
        }
    }

    private static final class Best {
        double score = Double.NEGATIVE_INFINITY;
        int ways;
        String cuts;
    }

    /** Clause 2: every string of up to ten letters. */
    @Acceptance(topic = "subword-tokenizers", clause = 2)
    @Test void viterbiIsTheExhaustiveMaximum() {
        var rng = Rng.of(3);
        var scores = new double[256];
        Arrays.fill(scores, Double.NaN);
        var builder = new Vocabulary.Builder().addScored("<unk>", 0);
        for (int length = 1; length <= 4; length++) for (int k = 0; k < Math.pow(3, length); k++) {
            if (length > 1 && rng.nextInt(3) > 0) continue;
            int code = 0, rest = k;
            var piece = new StringBuilder();
            for (int i = 0; i < length; i++, rest /= 3) {
                code = code * 4 + rest % 3 + 1;
                piece.append((char) ('a' + rest % 3));
            }
            scores[code] = -1 - 6 * rng.nextDouble() * length / 2;
            builder.addScored(piece.toString(), scores[code]);
        }
        var v = builder.unknown("<unk>").build();
        var tokenizer = new TokenizerPipeline(new TokenizerSpec(new Unigram(v, "<unk>", false)));
        int strings = 0, unique = 0, wrong = 0;
        double worst = 0;
        for (int length = 1; length <= 10; length++) for (int k = 0; k < Math.pow(3, length); k++, strings++) {
            var word = new int[length];
            var text = new StringBuilder();
            for (int i = 0, rest = k; i < length; i++, rest /= 3) text.append((char) ('a' + (word[i] = rest % 3)));
            var best = new Best();
            exhaust(scores, word, 0, 0, "", best);
            var encoding = tokenizer.encode(text.toString());
            double ours = 0;
            var cuts = new StringBuilder();
            for (int i = 0; i < encoding.size(); i++) {
                ours += v.score(encoding.id(i));
                cuts.append(encoding.end(i)).append(' ');
            }
            worst = Math.max(worst, Math.abs(ours - best.score));
            if (best.ways != 1) continue;
            unique++;
            if (!best.cuts.equals(cuts.toString())) wrong++;
        }
        Evidence.of("strings", strings, exactly(88_572));
        Evidence.of("gap of the scores", worst, atMost(1e-12));
        Evidence.of("strings with one best segmentation", unique, atLeast(80_000));
        Evidence.of("of these, other segmentations", wrong, exactly(0));
    }

    /** Clause 3: expectation maximisation never loses likelihood. */
    @Acceptance(topic = "subword-tokenizers", clause = 3)
    @Test void likelihoodNeverFallsBetweenPrunings() {
        var training = new UnigramTrainer(400).withSeedSize(2500).withPlain(true).withIterations(25).run(SOME.subList(0, 600),
                Progress.SILENT);
        double fall = 0, rise = 0;
        int compared = 0;
        var steps = training.steps();
        for (int i = 1; i < steps.size(); i++) {
            if (steps.get(i).round() != steps.get(i - 1).round()) continue;
            double change = (steps.get(i).logLikelihood() - steps.get(i - 1).logLikelihood()) / Math.abs(steps.get(i).logLikelihood());
            fall = Math.max(fall, -change);
            rise = Math.max(rise, change);
            compared++;
        }
        Evidence.of("steps compared", compared, atLeast(100));
        Evidence.of("largest relative fall", fall, atMost(1e-10));
        Evidence.of("largest relative rise", rise, above(1e-3));

        // what the trainer calls the likelihood is the sum over all segmentations of every word
        var texts = SOME.subList(0, 200);
        var whole = new UnigramTrainer(6000).withSeedSize(6000).withPlain(true);
        var v = whole.withIterations(3).train(texts).spec().model().vocabulary();
        double sum = 0;
        for (var word : WordTally.of(texts, Texts.ESCAPED, Texts.MARKED).entrySet())
            sum += word.getValue() * SubwordLattice.of(v, word.getKey()).logSum(1);
        double told = whole.withIterations(4).run(texts, Progress.SILENT).steps().get(3).logLikelihood();
        Evidence.of("gap of the likelihood to the forward sums of all words, relative", Math.abs(sum / told - 1), atMost(1e-11));
    }

    /** Clause 4: samples follow the posterior. */
    @Acceptance(topic = "subword-tokenizers", clause = 4)
    @Test void samplesFollowThePosterior() {
        var v = new Vocabulary.Builder().addScored("<unk>", 0).addScored("hug", Math.log(0.04)).addScored("s", Math.log(0.05))
                .addScored("hu", Math.log(0.03)).addScored("gs", Math.log(0.02)).addScored("hugs", Math.log(0.001))
                .addScored("h", Math.log(0.06)).addScored("u", Math.log(0.1)).addScored("g", Math.log(0.09)).unknown("<unk>").build();
        var tokenizer = new TokenizerPipeline(new TokenizerSpec(new Unigram(v, "<unk>", false)));
        for (double theta : new double[] {1, 0.4}) {
            var posterior = new HashMap<String, Double>();
            double sum = 0;
            for (var way : List.of("hug s", "hugs", "hu gs", "h u g s", "hu g s", "h u gs")) {
                double p = 1;
                for (var piece : way.split(" ")) p *= Math.exp(theta * v.score(v.id(piece)));
                posterior.put(way, p);
                sum += p;
            }
            var names = List.copyOf(posterior.keySet());
            var seen = new double[names.size()];
            var again = new double[names.size()];
            var rng = Rng.of(17);
            int n = 20_000;
            for (int k = 0; k < n; k++) {
                int[] ids = tokenizer.sample("hugs", theta, rng);
                seen[names.indexOf(String.join(" ", Arrays.stream(ids).mapToObj(v::token).toList()))]++;
                again[names.indexOf(String.join(" ", SubwordLattice.of(v, "hugs").sample(theta, rng).pieces()))]++;
            }
            var expected = new double[names.size()];
            for (int i = 0; i < expected.length; i++) expected[i] = n * posterior.get(names.get(i)) / sum;
            Evidence.of("p of the chi-square test at theta " + theta, HypothesisTest.chiSquare(seen, expected).pValue(), above(0.01));
            Evidence.of("p for the lattice's samples at theta " + theta, HypothesisTest.chiSquare(again, expected).pValue(), above(0.01));
        }
    }

    private static UnigramTrainer normalised() {
        var normalizer = new TextNormalizer.Sequence(List.of(new TextNormalizer.Unicode(Form.NFKC), Texts.ESCAPED));
        return new UnigramTrainer(1200).withSeedSize(10_000).withByteFallback(true).withNormalizer(normalizer);
    }

    /** Clause 5: decoding gives the normalised text back. */
    @Acceptance(topic = "subword-tokenizers", clause = 5)
    @Test void decodingGivesTheNormalisedTextBack() {
        TokenizerPipeline bytes = normalised().train(SOME), none = new UnigramTrainer(1200).withSeedSize(10_000).train(SOME);
        int wrong = 0, texts = 0, wrongKnown = 0, known = 0, sameUnknown = 0, unknown = 0;
        for (var text : RandomTexts.of(71, 10_000)) {
            var x = text.replace("\u2581", "");
            var expected = Normalizer.normalize(x, Form.NFKC);
            texts++;
            if (!bytes.decode(bytes.ids(x)).equals(expected)) wrong++;
            var encoding = none.encode(x);
            boolean unk = Arrays.stream(encoding.ids()).anyMatch(id -> id == none.vocabulary().unknown());
            var decoded = none.decode(encoding.ids());
            if (unk) {
                unknown++;
                // with the unknown pieces taken for what they stand for, nothing differs
                var pieces = new StringBuilder();
                for (int i = 0; i < encoding.size(); i++) {
                    boolean there = encoding.id(i) != none.vocabulary().unknown();
                    pieces.append(there ? encoding.token(i) : encoding.slice(x, i));
                }
                if (pieces.toString().replace('\u2581', ' ').substring(1).equals(x)) sameUnknown++;
            } else {
                known++;
                if (!decoded.equals(x)) wrongKnown++;
            }
        }
        Evidence.of("texts", texts, exactly(10_000));
        Evidence.of("with bytes: texts that do not come back", wrong, exactly(0));
        Evidence.of("without: texts of known pieces", known, atLeast(300));
        Evidence.of("without: texts of known pieces that do not come back", wrongKnown, exactly(0));
        Evidence.of("without: texts with unknown pieces", unknown, atLeast(5000));
        Evidence.of("without: of these, texts that differ elsewhere", unknown - sameUnknown, exactly(0));
    }

    /** Clause 6: files. */
    @Acceptance(topic = "subword-tokenizers", clause = 6)
    @Test void filesGiveTheSameIds() {
        var texts = new ArrayList<>(RandomTexts.of(72, 2000));
        texts.addAll(Given.verses().subList(5000, 6000));
        int wrong = 0, compared = 0;
        for (var trainer : List.of(new UnigramTrainer(700).withSeedSize(10_000),
                new UnigramTrainer(900).withSeedSize(10_000).withByteFallback(true))) {
            var tokenizer = trainer.train(SOME);
            var model = SentencePiece.read(SentencePiece.write(tokenizer));
            var json = TokenizerPipeline.read(tokenizer.toJson());
            for (var text : texts) {
                if (!Arrays.equals(model.ids(text), tokenizer.ids(text)) || !Arrays.equals(json.ids(text), tokenizer.ids(text))) wrong++;
                if (!model.decode(model.ids(text)).equals(tokenizer.decode(tokenizer.ids(text)))) wrong++;
                compared++;
            }
        }
        Evidence.of("texts", compared, exactly(6000));
        Evidence.of("texts with other ids or another decoding", wrong, exactly(0));
    }

    /** Clause 7: threads do not show. */
    @Acceptance(topic = "subword-tokenizers", clause = 7)
    @Tag("slow")
    @Test void trainingIsTheSameOnAnyNumberOfThreads() {
        int wrong = 0, trainings = 0;
        List<Function<List<String>, TokenizerPipeline>> trainers = List.of(t -> new UnigramTrainer(600).withSeedSize(10_000).train(t),
                t -> new UnigramTrainer(600).withSeedSize(10_000).withPlain(true).train(t), t -> new WordPieceTrainer(600).train(t),
                t -> BpeTrainer.characters(600).train(t), t -> BpeTrainer.byteLevel(600, PreTokenizer.GPT4).train(t));
        for (var trainer : trainers) {
            byte[] many = trainer.apply(SOME).toJson();
            var one = new byte[1][];
            Parallel.sequentially(() -> one[0] = trainer.apply(SOME).toJson());
            if (!Arrays.equals(many, one[0])) wrong++;
            trainings++;
        }
        Evidence.of("trainers", trainings, exactly(5));
        Evidence.of("threads at work", Parallel.threads(), atLeast(1));
        Evidence.of("trainings that differ in a byte", wrong, exactly(0));
    }

    /** Google's program and its models. */
    @Test void readsSentencePiecesModelsAndGivesItsIds() {
        var golden = Golden.load("golden/text_sentencepiece.json");
        var texts = new ArrayList<String>();
        for (int i = 0; i < Given.verses().size(); i += 1000) texts.add(Given.verses().get(i));
        texts.addAll(golden.texts("odd"));
        for (var c : golden.list("cases")) {
            var tokenizer = SentencePiece.read(Base64.getDecoder().decode(c.text("model")));
            var ids = c.intMatrix("ids");
            assertThat(ids.length).isEqualTo(texts.size());
            var json = TokenizerPipeline.read(tokenizer.toJson());
            for (int i = 0; i < ids.length; i++) {
                assertThat(tokenizer.ids(texts.get(i))).as(c.text("name") + ": <" + texts.get(i) + ">").isEqualTo(ids[i]);
                assertThat(json.ids(texts.get(i))).as(c.text("name") + " as JSON: <" + texts.get(i) + ">").isEqualTo(ids[i]);
            }
        }
    }

    @Test void whatAModelFileCannotSayIsNotWritten() {
        var tokenizer = new UnigramTrainer(300).train(Given.verses().subList(0, 200));
        var spec = tokenizer.spec();
        int free = tokenizer.vocabulary().size();
        var others = Map.of("pre-tokenizer", spec.withPreTokenizer(new PreTokenizer.Whitespace()), "post-processor",
                spec.withPostProcessor(new PostProcessor.Templated(Template.bos(spec.specials()))), "decoder",
                spec.withDecoder(new TokenDecoder.Fuse()), "padding", spec.withPadding(new Padding(0, "<unk>")), "truncation",
                spec.withTruncation(new Truncation(5, 0, Truncation.Strategy.LONGEST_FIRST, false)), "added tokens",
                spec.withSpecials(spec.specials().with(AddedToken.word("own", free))), "normalizer",
                spec.withNormalizer(new TextNormalizer.Sequence(
                        List.of(new TextNormalizer.Prepend("x"), new TextNormalizer.Replace(TextPattern.literal(" "), Texts.MARK)))));
        others.forEach((what, other) -> assertThatThrownBy(() -> SentencePiece.write(new TokenizerPipeline(other)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("cannot say the " + what));
        assertThatThrownBy(() -> SentencePiece.write(UnigramTrainer.spaced(600).train(Given.verses().subList(0, 200))))
                .hasMessageContaining("cannot say the pre-tokenizer");
    }

    @Test void unusedPiecesAreNotUsed() {
        var builder = new Vocabulary.Builder().addScored("abc", -1).reserved().addScored("<unk>", -1);
        for (var piece : List.of("ab", "a", "b", "c")) builder.addScored(piece, -2 - builder.size());
        var normalizer = new TextNormalizer.Sequence(List.of(new TextNormalizer.Replace(TextPattern.literal(" "), Texts.MARK)));
        var model = new Unigram(builder.unknown("<unk>").build(), "<unk>", false);
        var tokenizer = new TokenizerPipeline(
                new TokenizerSpec(normalizer, Texts.MARKED, model, null, Texts.pieces(normalizer, false), SpecialTokens.NONE, null, null));
        byte[] file = SentencePiece.write(tokenizer);
        for (var each : List.of(tokenizer, SentencePiece.read(file), TokenizerPipeline.read(tokenizer.toJson()))) {
            assertThat(each.ids("abc")).containsExactly(2, 5);
            assertThat(each.vocabulary().token(0)).isEqualTo("abc");
            assertThat(each.vocabulary().isReserved(0)).isTrue();
        }
        int at = 0;
        while (file[at] != 3 << 3 || file[at + 1] != 1 || file[at + 2] != (byte) 0x98) at++; // the model's type
        file[at + 1] = 2;
        assertThatThrownBy(() -> SentencePiece.read(file)).isInstanceOf(FormatException.class)
                .hasMessageContaining("\"abc\" of its BPE is unused");
    }

    @Test void userDefinedPiecesOfBpeStandWhole() {
        var bpe = new Bpe(Vocabulary.of("a", "b", "c", "ab", "bc", "abc"), List.of(new Bpe.Merge("a", "b"), new Bpe.Merge("ab", "c")))
                .withUserDefined(Set.of("bc"));
        var tokenizer = new TokenizerPipeline(new TokenizerSpec(bpe));
        assertThat(tokenizer.ids("abcab")).containsExactly(0, 4, 3);
        assertThat(tokenizer.ids("a".repeat(60) + "bc")).hasSize(61).endsWith(4);
        assertThat(new TokenizerPipeline(new TokenizerSpec(bpe.withUserDefined(Set.of()))).ids("abcab")).containsExactly(5, 3);
        assertThatThrownBy(() -> bpe.withUserDefined(Set.of("x"))).hasMessageContaining("user-defined piece \"x\"");
    }

    @Test void refusesBrokenModels() {
        byte[] model = SentencePiece.write(new UnigramTrainer(300).train(Given.verses().subList(0, 200)));
        assertThatThrownBy(() -> SentencePiece.read(Arrays.copyOf(model, 5))).isInstanceOf(FormatException.class)
                .hasMessageContaining("byte");
        assertThatThrownBy(() -> SentencePiece.read("no model".getBytes(StandardCharsets.UTF_8))).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> SentencePiece.write(Given.byteLevel8000())).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Bpe");
    }
}
