package lyceum.text.compare;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class BleuTest {
    private static final String TOPIC = "bleu";
    private static final Bleu PLAIN = new Bleu().withTokens(Bleu.Tokens.NONE);

    private static List<String> tokens(Recipe r, int letters, int least, int most) {
        int length = least + r.below(most - least + 1);
        return IntStream.of(r.belows(letters, length)).mapToObj(c -> String.valueOf((char) ('a' + c))).toList();
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void equalsNltkWithFiveSmoothings() {
        var golden = Golden.load("golden/bleu.json");
        double[][] sentences = golden.named("sentences").matrix("expected.smoothed0to4"),
                corpora = golden.named("corpora").matrix("expected.smoothed0to4");
        var r = new Recipe(341);
        double worst = 0, worstCorpus = 0;
        int seen = 0;
        for (int i = 0; i < sentences.length; i++) {
            int letters = 3 + i % 6;
            var references = new ArrayList<List<String>>();
            for (int k = 1 + r.below(3); k > 0; k--) references.add(tokens(r, letters, 4, 15));
            List<String> candidate = new ArrayList<>(references.getFirst());
            if (i % 3 != 0) {
                for (int k = r.below(4); k > 0; k--) {
                    var letter = String.valueOf((char) ('a' + r.below(letters)));
                    candidate.set(r.below(candidate.size()), letter);
                }
            }
            if (i % 3 == 2) candidate = tokens(r, letters, 4, 15);
            for (var smoothing : Bleu.Smoothing.values()) {
                double own = PLAIN.withSmoothing(smoothing).ofTokens(List.of(candidate), List.of(references)).value();
                worst = Math.max(worst, Math.abs(own - sentences[i][smoothing.ordinal()]));
            }
            if (i % 5 != 4) continue;
            int count = 2 + r.below(5);
            var candidates = new ArrayList<List<String>>();
            for (int k = 0; k < count; k++) candidates.add(tokens(r, 3, 4, 12));
            var others = new ArrayList<List<List<String>>>();
            for (int k = 0; k < count; k++) {
                var each = new ArrayList<List<String>>();
                for (int n = 1 + r.below(2); n > 0; n--) each.add(tokens(r, 3, 4, 12));
                others.add(each);
            }
            for (var smoothing : Bleu.Smoothing.values()) {
                double own = PLAIN.withSmoothing(smoothing).ofTokens(candidates, others).value();
                worstCorpus = Math.max(worstCorpus, Math.abs(own - corpora[seen][smoothing.ordinal()]));
            }
            seen++;
        }
        Evidence.of("sentences and corpora", sentences.length + seen, exactly(600));
        Evidence.of("sentence scores less nltk's, five smoothings", worst, atMost(1e-12));
        Evidence.of("corpus scores less nltk's, five smoothings", worstCorpus, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void sevenTimesTheIsClipped() {
        var score = PLAIN.sentence("the the the the the the the", "the cat is on the mat", "there is a cat on the mat");
        Evidence.of("clipped matches", score.matches()[0], exactly(2));
        Evidence.of("unigrams", score.totals()[0], exactly(7));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Acceptance(topic = TOPIC, clause = 4)
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void extremes() {
        double least = 1, mostShort = 0, leastCut = 1, brevity = 0;
        int pairs = 0;
        var rng = Rng.of(5);
        for (int n = 1; n <= 20; n++) {
            var text = IntStream.range(0, n).mapToObj(_ -> "w" + rng.nextInt(3)).toList();
            double value = PLAIN.ofTokens(List.of(text), List.of(List.of(text))).value();
            if (n >= 4) least = Math.min(least, value);
            else mostShort = Math.max(mostShort, value);
            if (n < 4) {
                var cut = PLAIN.withWeights(Collections.nCopies(n, 1.0 / n));
                leastCut = Math.min(leastCut, cut.ofTokens(List.of(text), List.of(List.of(text))).value());
            }
            for (int c = 1; c < n; c++, pairs++) {
                var score = PLAIN.withWeights(1).ofTokens(List.of(text.subList(0, c)), List.of(List.of(text)));
                brevity = Math.max(brevity, Math.abs(score.brevity() - Math.exp(1 - (double) n / c)));
                brevity = Math.max(brevity, Math.abs(score.value() - Math.exp(1 - (double) n / c)));
            }
        }
        Evidence.of("identical texts of 4 to 20 tokens, least", least, exactly(1));
        Evidence.of("identical texts of 1 to 3 tokens, most", mostShort, exactly(0));
        Evidence.of("the same with weights cut to their length, least", leastCut, exactly(1));
        Evidence.of("pairs of lengths c below r", pairs, exactly(190));
        Evidence.of("brevity factor less exp(1 - r / c), most", brevity, atMost(1e-15));
        var paraphrase = PLAIN.sentence("he went home by train", "by train he went home");
        Evidence.of("4-grams in common", paraphrase.matches()[3], exactly(0));
        Evidence.of("paraphrase without a common 4-gram", paraphrase.value(), exactly(0));
        assertThat(paraphrase.precision(1)).isEqualTo(1);
    }

    @Test void theArticlesTable() {
        var candidates = List.of("the cat sat on the mat today", "he went home by train");
        var references = List.of(List.of("the cat sat on the red mat"), List.of("by train he went home"));
        assertThat(100 * PLAIN.corpus(candidates, references).value()).isCloseTo(57.2, within(0.05));
        assertThat(100 * PLAIN.sentence(candidates.getFirst(), references.getFirst().getFirst()).value()).isCloseTo(64.3, within(0.05));
        assertThat(PLAIN.corpus(candidates, references).toString()).contains("matches [11, 7, 4, 2] of [12, 10, 8, 6]", "tokens none");
    }

    @Test void tokensAsWmtSplitsThem() {
        assertThat(Bleu.Tokens.V13A.split("Hello, world! It's 3.14 (or 1,000) &quot;x-ray&quot; 10-fold.")).containsExactly("Hello", ",",
                "world", "!", "It's", "3.14", "(", "or", "1,000", ")", "\"", "x-ray", "\"", "10", "-", "fold", ".");
        assertThat(Bleu.Tokens.CHARACTERS.split("a b\uD83D\uDE00")).containsExactly("a", "b", "\uD83D\uDE00");
        assertThat(Bleu.Tokens.NONE.split(" ")).isEmpty();
    }

    @Test void badInputIsNamed() {
        assertThatThrownBy(() -> PLAIN.corpus(List.of("a"), List.of())).hasMessageContaining("1 candidates and references for 0");
        assertThatThrownBy(() -> PLAIN.corpus(List.of("a"), List.of(List.of()))).hasMessageContaining("candidate 0 has no reference");
        assertThatThrownBy(() -> PLAIN.withWeights(-1)).hasMessageContaining("weights are [-1.0]");
        assertThat(PLAIN.sentence("", "a b").value()).isZero();
    }
}
