package lyceum.llm.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.data.corpus.Corpora;
import lyceum.llm.TinyBible;
import lyceum.llm.eval.AdditionTask;
import lyceum.llm.eval.SpelledLM;
import lyceum.llm.eval.TokenizationFigures;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.BpeTrainer;
import lyceum.text.ByteTokenizer;
import lyceum.text.PreTokenizer;
import lyceum.text.SubwordLattice;
import lyceum.text.Tokenizer;
import lyceum.text.Vocabulary;
import lyceum.text.lm.LanguageModel;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TokenizationStudyTest {
    private static final String TOPIC = "tokenization-as-representation";
    private static final Trainer TRAINER = new Trainer(new AdamW(4e-3), 1).withBatchSize(32).withClip(Clip.norm(1));

    /** Sum over all segmentations by trying every first piece, and the best of them. */
    private static double[] brute(Map<String, Double> pieces, String word) {
        if (word.isEmpty()) return new double[] {1, 1};
        double sum = 0, best = 0;
        for (var piece : pieces.entrySet()) if (word.startsWith(piece.getKey())) {
            double[] rest = brute(pieces, word.substring(piece.getKey().length()));
            sum += piece.getValue() * rest[0];
            best = Math.max(best, piece.getValue() * rest[1]);
        }
        return new double[] {sum, best};
    }

    /** A model of bytes whose every conditional is another: drawn from what was read. */
    private static final class HashedBytes implements LanguageModel {
        @Override public int vocabulary() { return 257; }

        @Override public int startMark() { return 256; }

        @Override public int endMark() { return -1; }

        @Override public State start() { return state(1); }

        private static State state(long key) {
            return new State() {
                @Override public double[] logProbabilities() {
                    var rng = Rng.of(key);
                    var p = new double[257];
                    double sum = 0;
                    for (int i = 0; i < 256; i++) sum += p[i] = 0.01 + rng.nextDouble();
                    for (int i = 0; i < 257; i++) p[i] = Math.log(p[i] / sum);
                    return p;
                }

                @Override public State next(int id) { return state(key * 31 + id + 7); }
            };
        }
    }

    private static List<String> verses(int from, int count) {
        var all = new ArrayList<String>();
        try (var documents = Corpora.kingJames().open()) {
            int seen = 0;
            for (var d = documents.next(); d != null && all.size() < count; d = documents.next()) for (var line : d.text().split("\n")) {
                var bare = line.strip();
                if (bare.length() < 30 || bare.length() > 90 || !bare.chars().allMatch(c -> c < 128)) continue;
                if (seen++ >= from && all.size() < count) all.add(bare);
            }
        }
        return all;
    }

    /** Clause 1. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void theMarginalIsTheSumOverAllWaysAndBytesAreTheYardstick() {
        var rng = Rng.of(1);
        double gap = 0, least = Double.POSITIVE_INFINITY, more = 0;
        int strings = 0;
        for (int t = 0; t < 3; t++) { // toy tokenisers of some 20 pieces over three letters
            var pieces = new LinkedHashMap<String, Double>();
            for (var letter : List.of("a", "b", "c")) pieces.put(letter, 0.2 + rng.nextDouble());
            while (pieces.size() < 20) pieces.putIfAbsent(letters(2 + rng.nextInt(3), rng), rng.nextDouble());
            double sum = pieces.values().stream().mapToDouble(v -> v).sum();
            pieces.replaceAll((piece, p) -> p / sum);
            var builder = new Vocabulary.Builder();
            pieces.forEach((piece, p) -> builder.addScored(piece, Math.log(p)));
            var vocabulary = builder.build();
            for (int s = 0; s < 100; s++, strings++) {
                var word = letters(1 + rng.nextInt(12), rng);
                double[] all = brute(pieces, word);
                var lattice = SubwordLattice.of(vocabulary, word);
                double marginal = lattice.logSum(1);
                gap = Math.max(gap, Math.abs(marginal - Math.log(all[0])));
                gap = Math.max(gap, Math.abs(lattice.best().score() - Math.log(all[1])));
                least = Math.min(least, marginal - lattice.best().score());
                if (marginal > lattice.best().score() + 1e-6) more++;
            }
        }
        Evidence.of("strings", strings, exactly(300));
        Evidence.of("marginal less the sum over all segmentations, log", gap, atMost(1e-9));
        Evidence.of("marginal less the best segmentation, least", least, atLeast(-1e-12));
        Evidence.of("share of strings of which it is more", more / strings, atLeast(0.5));

        var texts = new ArrayList<>(verses(100, 20));
        texts.add("naïve café, 数 und 12345");
        double bytes = 0, apart = 0;
        var model = new HashedBytes();
        double nats = 0;
        for (var text : texts) {
            byte[] spelled = text.getBytes(StandardCharsets.UTF_8);
            var state = model.start();
            for (byte b : spelled) {
                nats -= state.logProbabilities()[b & 255];
                state = state.next(b & 255);
            }
            bytes += spelled.length;
        }
        double direct = nats / bytes / Math.log(2);
        var tokenizers = List.of(new ByteTokenizer(), BpeTrainer.byteLevel(400, PreTokenizer.GPT4).train(verses(0, 300)),
                BpeTrainer.byteLevel(700, PreTokenizer.GPT2).train(verses(300, 300)));
        for (var tokenizer : tokenizers)
            apart = Math.max(apart, Math.abs(TokenizationFigures.bitsPerByte(new SpelledLM(model, tokenizer), tokenizer, texts) - direct));
        Evidence.of("tokenisers", tokenizers.stream().map(t -> t.ids(texts.getFirst()).length).distinct().count(), exactly(3));
        Evidence.of("bits per byte less the direct ones", apart, atMost(1e-9));
    }

    private static String letters(int count, Rng rng) {
        var text = new StringBuilder();
        for (int i = 0; i < count; i++) text.append((char) ('a' + rng.nextInt(3)));
        return text.toString();
    }

    /** Clause 2: sums of three digits, written from the last digit on; whole sums are held out. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Tag("heavy")
    @Test void digitsOneByOneAddAndMergedNumbersDoNot() {
        var study = new AdditionStudy();
        double ahead = 0, least = 1, digits = 1, pieces = 0;
        for (long seed = 1; seed <= 3; seed++) {
            var outcome = study.run(Rng.of(seed), Progress.SILENT);
            ahead += outcome.ahead() / 3;
            least = Math.min(least, outcome.ahead());
            digits = Math.min(digits, outcome.digits().accuracy());
            pieces = Math.max(pieces, (double) tokens(outcome.merged()) / tokens(outcome.digits()));
        }
        Evidence.of("points of accuracy by which digits are ahead", 100 * ahead, atLeast(20));
        Evidence.of("in the worst seed", 100 * least, atLeast(0));
        Evidence.of("accuracy of digits, the worst seed's", digits, atLeast(0.5));
        Evidence.of("tokens of merged numbers over those of digits", pieces, below(0.8));
    }

    private static int tokens(AdditionStudy.Learned learned) { return learned.tokenizer().ids("123+456=975\n").length; }

    /** Clauses 3 and 4 on one pair of models. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Acceptance(topic = TOPIC, clause = 4)
    @Tag("slow")
    @Test void aTypoCostsTheByteModelLess() {
        List<String> train = verses(2000, 4000), held = verses(0, 500);
        var tokenizers = new LinkedHashMap<String, Tokenizer>();
        tokenizers.put("bytes", new ByteTokenizer());
        tokenizers.put("BPE", BpeTrainer.byteLevel(768, PreTokenizer.GPT4).train(train));
        var study = new TokenizationStudy(v -> TokenizationStudy.fitting(45_000, 2, 96, v), TRAINER.withBatchSize(16), 250, 96);
        var results = study.run(tokenizers, train, held, Rng.of(1), Progress.SILENT);
        long differing = 0;
        for (var each : results.entrySet()) {
            long tokens = 0, bytes = 0;
            for (var text : held) {
                tokens += tokenizers.get(each.getKey()).encode(text).size();
                bytes += text.getBytes(StandardCharsets.UTF_8).length;
            }
            var counts = each.getValue().counts();
            differing += Math.abs(counts.tokens() - tokens) + Math.abs(counts.bytes() - bytes);
        }
        Evidence.of("tokens and bytes reported that encoders do not count", differing, exactly(0));
        Evidence.of("tokens of the byte model over those of BPE",
                (double) results.get("bytes").counts().tokens() / results.get("BPE").counts().tokens(), atLeast(1.5));

        var rng = Rng.of(9);
        var typos = held.stream().map(t -> TokenizationFigures.withTypo(t, rng)).toList();
        var costs = new double[2][];
        int n = 0;
        for (var each : results.values()) costs[n++] = TokenizationFigures.typoCosts(each.model(), each.tokenizer(), held, typos);
        double mean = 0, square = 0;
        for (int i = 0; i < 500; i++) mean += (costs[0][i] - costs[1][i]) / 500;
        for (int i = 0; i < 500; i++) square += Math.pow(costs[0][i] - costs[1][i] - mean, 2) / 499;
        Evidence.of("sentences", held.size(), exactly(500));
        Evidence.of("mean cost of a typo, bytes less BPE, nats", mean, below(0));
        Evidence.of("upper end of its 95% interval", mean + 1.965 * Math.sqrt(square / 500), below(0));
    }

    @Test void figuresAreThoseOfTheDefinitions() {
        var bytes = new ByteTokenizer();
        assertThat(TokenizationFigures.boundaryAgreement(bytes, List.of("a|b|c", "d|e"))).isEqualTo(1);
        assertThat(TokenizationFigures.boundaryAgreement(bytes, List.of("ab|cd"))).isCloseTo(2.0 / (3 + 1), within(1e-12));
        var rng = Rng.of(1);
        for (int i = 0; i < 200; i++) {
            var typo = TokenizationFigures.withTypo("Ab, 12 z", rng);
            int changed = 0;
            for (int c = 0; c < 8; c++) if (typo.charAt(c) != "Ab, 12 z".charAt(c)) {
                changed++;
                assertThat(List.of(0, 1, 7)).contains(c);
                assertThat(Character.isUpperCase(typo.charAt(c))).isEqualTo(c == 0);
            }
            assertThat(changed).isEqualTo(1);
        }
        var sums = new AdditionTask(3, true).draw(50, Rng.of(1));
        for (var sum : sums) {
            var parts = sum.question().replace("=", "").split("\\+");
            int a = Integer.parseInt(new StringBuilder(parts[0]).reverse().toString()),
                    b = Integer.parseInt(new StringBuilder(parts[1]).reverse().toString());
            assertThat(sum.answer()).isEqualTo(new StringBuilder(String.valueOf(a + b)).reverse().toString());
        }
        assertThat(sums.stream().map(AdditionTask.Sum::question).distinct()).hasSize(50);
        assertThat(TokenizationStudy.fitting(45_000, 2, 96, 769).parameterCount()).isBetween(30_000L, 45_000L);
        assertThatThrownBy(() -> TokenizationStudy.fitting(1000, 2, 96, 769)).hasMessageContaining("769");
        assertThatThrownBy(() -> TokenizationFigures.withTypo("12", rng)).hasMessageContaining("no letter");
        assertThatThrownBy(() -> new AdditionTask(0, true)).hasMessageContaining("0 digits");
        assertThatThrownBy(() -> new AdditionStudy().withVocabulary(256)).hasMessageContaining("a vocabulary of 256");
        assertThatThrownBy(() -> new AdditionStudy().withAsked(0)).hasMessageContaining("and 0 to ask");
    }
}
