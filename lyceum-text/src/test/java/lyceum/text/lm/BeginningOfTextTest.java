package lyceum.text.lm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.AddedToken;
import lyceum.text.SpecialTokens;
import org.junit.jupiter.api.Test;

/** What a start mark does to counts; how tokenizers put it is the test of {@code SpecialTokens}. */
class BeginningOfTextTest {
    private static final String TOPIC = "bos-token";

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void aBigramModelWithAStartMarkKnowsFirstWords() {
        var verses = Verses.WORDS;
        List<int[]> all = new ArrayList<>(verses.train());
        var first = new double[verses.words().size()];
        var single = new double[first.length];
        double words = 0;
        for (var verse : all) {
            first[verse[0]]++;
            for (int id : verse) single[id]++;
            words += verse.length;
        }
        var estimator = new NGramEstimator(2, first.length).withSmoothing(new NGramSmoothing.AddK(0.01));
        var specials = new SpecialTokens(List.of(AddedToken.control("<s>", Verses.START))).with(SpecialTokens.Role.BOS, "<s>");
        var with = estimator.withStartMark(specials.bos()).fit(all).start();
        var without = estimator.fit(all).start();
        double divergence = 0, divergenceWithout = 0, fromUnigram = 0;
        for (int id = 0; id < first.length; id++) {
            fromUnigram = Math.max(fromUnigram,
                    Math.abs(Math.exp(without.logProbability(id)) - (single[id] + 0.01) / (words + 0.01 * first.length)));
            if (first[id] == 0) continue;
            double p = first[id] / all.size();
            divergence += p * (Math.log(p) - with.logProbability(id));
            divergenceWithout += p * (Math.log(p) - without.logProbability(id));
        }
        Evidence.of("verses", all.size(), exactly(27_992));
        Evidence.of("KL from first words, with the mark", divergence, atMost(0.01));
        Evidence.of("KL from first words, without", divergenceWithout, atLeast(0.5));
        Evidence.of("first word without the mark less the unigram", fromUnigram, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void aSequenceHasATermForEachTokenOnlyWithAStartMark() {
        var verses = Verses.WORDS;
        var with = verses.estimator(2).fit(verses.train().subList(0, 2000));
        var without = new NGramEstimator(2, verses.words().size()).withUnknown(Verses.UNKNOWN).fit(verses.train().subList(0, 2000));
        int wrong = 0;
        double worst = 0;
        var texts = verses.heldOut().subList(0, 200);
        for (var ids : texts) {
            if (with.logProbabilities(ids).length != ids.length || without.logProbabilities(ids).length != ids.length - 1) wrong++;
            double sum = Math.log(with.probability(ids[0], Verses.START)), rest = 0;
            for (int t = 1; t < ids.length; t++) {
                sum += Math.log(with.probability(ids[t], ids[t - 1]));
                rest += Math.log(without.probability(ids[t], ids[t - 1]));
            }
            worst = Math.max(worst, Math.max(Math.abs(sum - with.score(ids)), Math.abs(rest - without.score(ids))));
        }
        Evidence.of("texts", texts.size(), exactly(200));
        Evidence.of("texts without n terms, or n - 1 without the mark", wrong, exactly(0));
        Evidence.of("score less the sum of those terms, nats", worst, atMost(1e-9));
        double tokens = with.evaluate(List.of(texts.getFirst())).tokens();
        Evidence.of("terms evaluated, the end mark among them, less n", tokens - texts.getFirst().length, exactly(1));
    }
}
