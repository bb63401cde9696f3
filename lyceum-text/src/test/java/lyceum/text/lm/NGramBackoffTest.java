package lyceum.text.lm;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Recipe;
import lyceum.text.count.NGramTrie;
import lyceum.text.lm.NGramSmoothing.AddK;
import lyceum.text.lm.NGramSmoothing.Katz;
import lyceum.text.lm.NGramSmoothing.StupidBackoff;
import org.junit.jupiter.api.Test;

class NGramBackoffTest {
    private static final String TOPIC = "ngram-backoff";

    /** Katz (1987), equations as printed, on maps. */
    private static final class Printed {
        final int words, k;
        final Map<List<Integer>, Integer> counts = new HashMap<>();

        Printed(List<int[]> texts, int words, int k) {
            this.words = words;
            this.k = k;
            for (var text : texts)
                for (int i = 0; i < text.length; i++)
                    for (int n = 1; n <= 3 && i + n <= text.length; n++)
                        counts.merge(Arrays.stream(text, i, i + n).boxed().toList(), 1, Integer::sum);
        }

        double numberSeen(int n, int r) {
            return counts.entrySet().stream().filter(e -> e.getKey().size() == n && e.getValue() == r).count();
        }

        double discount(int n, int r) {
            if (r > k) return 1;
            double star = (r + 1) * numberSeen(n, r + 1) / numberSeen(n, r), g = (k + 1) * numberSeen(n, k + 1) / numberSeen(n, 1);
            return (star / r - g) / (1 - g);
        }

        double p(List<Integer> h, int w) {
            double total = 0, left = 1, below = 1;
            for (int v = 0; v < words; v++) total += count(h, v);
            if (total == 0) return p(h.subList(1, h.size()), w);
            if (count(h, w) > 0) return discount(h.size() + 1, count(h, w)) * count(h, w) / total;
            for (int v = 0; v < words; v++) {
                if (count(h, v) == 0) continue;
                left -= discount(h.size() + 1, count(h, v)) * count(h, v) / total;
                below -= shorter(h, v);
            }
            return left / below * shorter(h, w);
        }

        double shorter(List<Integer> h, int w) { return h.isEmpty() ? 1.0 / words : p(h.subList(1, h.size()), w); }

        int count(List<Integer> h, int w) {
            var gram = new ArrayList<>(h);
            gram.add(w);
            return counts.getOrDefault(gram, 0);
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void katzSumsToOneAndIsThePublishedFormula() {
        var model = Verses.WORDS.estimator(3).withSmoothing(new Katz()).fit(Verses.WORDS.train());
        var contexts = NGramLanguageModelTest.contexts();
        Evidence.of("contexts", contexts.size(), exactly(300));
        Evidence.of("largest |sum - 1|", NGramLanguageModelTest.worstSum(model, contexts), atMost(1e-9));

        var r = new Recipe(159);
        List<int[]> toy = List.of(draw(r, 500));
        var printed = new Printed(toy, 60, 2);
        for (int n = 1; n <= 3; n++) for (int c = 1; c <= 2; c++) assertThat(printed.discount(n, c)).isBetween(0.01, 0.99);
        var own = new NGramEstimator(3, 60).withSmoothing(new Katz(2, 1)).fit(toy);
        double worst = 0;
        int compared = 0;
        for (int i = 0; i < 60; i++) {
            int[] h = draw(r, i % 3);
            var context = Arrays.stream(h).boxed().toList();
            if (free(printed, context)) continue; // no mass is left there: clause 2
            for (int w = 0; w < 60; w++, compared++) worst = Math.max(worst, Math.abs(own.probability(w, h) - printed.p(context, w)));
        }
        Evidence.of("toy probabilities compared", compared, atLeast(2000));
        Evidence.of("largest difference from the printed formulas", worst, atMost(1e-12));
    }

    /** Whether some context on the way down has no count that is discounted. */
    private static boolean free(Printed p, List<Integer> h) {
        for (int from = 0; from <= h.size(); from++) {
            var context = h.subList(from, h.size());
            boolean seen = false, low = false;
            for (int w = 0; w < p.words; w++) {
                seen |= p.count(context, w) > 0;
                low |= p.count(context, w) > 0 && p.count(context, w) <= p.k;
            }
            if (seen && !low) return true;
        }
        return false;
    }

    private static int[] draw(Recipe r, int n) {
        var ids = new int[n];
        for (int i = 0; i < n; i++) {
            double u = r.uniform();
            ids[i] = (int) (60 * u * u * u);
        }
        return ids;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void frequentRunsKeepTheirShareAndNoContextIsClosed() {
        var verses = Verses.WORDS;
        var model = verses.estimator(3).withSmoothing(new Katz(5, 1)).fit(verses.train());
        var whole = verses.train().stream().map(v -> {
            var t = new int[v.length + 2];
            System.arraycopy(v, 0, t, 1, v.length);
            t[0] = Verses.START;
            t[t.length - 1] = Verses.END;
            return t;
        }).toList();
        var trie = NGramTrie.of(whole, 3);
        double worst = 0, worstClosed = 0, least = 1;
        int kept = 0, closed = 0;
        for (int n = 1; n <= 2; n++) {
            for (var h : trie.top(n, trie.distinct(n))) {
                var followers = trie.followers(h.gram());
                if (followers.isEmpty()) continue;
                double total = followers.stream().mapToInt(NGramTrie.Counted::count).sum();
                boolean low = followers.stream().anyMatch(f -> f.count() <= 5);
                if (low && h.count() <= 5) continue;
                var state = model.after(h.gram());
                for (var f : followers) {
                    if (f.count() <= 5) continue;
                    double p = Math.exp(state.logProbability(f.gram()[0])), share = f.count() / (total + (low ? 0 : 1));
                    if (low) worst = Math.max(worst, Math.abs(p - share));
                    else worstClosed = Math.max(worstClosed, Math.abs(p - share));
                    if (low) kept++;
                }
                if (low) continue;
                closed++;
                for (int w = 2; w < 40; w++) {
                    int id = w;
                    if (followers.stream().noneMatch(f -> f.gram()[0] == id)) least = Math.min(least, Math.exp(state.logProbability(w)));
                }
            }
        }
        Evidence.of("runs above k in contexts with a count up to k", kept, atLeast(5_000));
        Evidence.of("their probability less their share", worst, atMost(1e-12));
        Evidence.of("contexts without a count up to k", closed, atLeast(20));
        Evidence.of("probability there less the share of a denominator with 1 more", worstClosed, atMost(1e-12));
        Evidence.of("least probability of a word unseen there", least, above(0));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void stupidBackoffIsThatOfNltkAndNoDistribution() {
        double[] gap = NGramLanguageModelTest.gap("stupid", new StupidBackoff(0.4), false);
        Evidence.of("scores compared", gap[1], atLeast(1000));
        Evidence.of("scores less nltk's", gap[0], atMost(1e-10));
        var verses = Verses.WORDS;
        var model = verses.estimator(3).withSmoothing(new StupidBackoff()).fit(verses.train());
        double mass = 0, least = Double.POSITIVE_INFINITY;
        var contexts = NGramLanguageModelTest.contexts();
        for (var c : contexts) {
            if (c.length == 0) continue;
            double sum = Arrays.stream(model.after(c).logProbabilities()).map(Math::exp).sum();
            mass = Math.max(mass, sum);
            least = Math.min(least, Math.abs(sum - 1));
        }
        Evidence.of("least distance of the total mass from 1", least, above(0.01));
        assertThat(mass).isGreaterThan(1.2);
        boolean refused = false;
        try {
            model.evaluate(verses.heldOut());
        } catch (IllegalArgumentException e) {
            refused = e.getMessage().contains("do not add up to 1");
        }
        Evidence.of("refused a perplexity", refused ? 1 : 0, exactly(1));
        assertThat(model.score(verses.heldOut().getFirst())).isNegative();
        assertThatThrownBy(() -> model.pruned(0)).hasMessageContaining("does not hand");
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void noHeldOutTokenIsImpossibleAndKatzBeatsAddOne() {
        var verses = Verses.WORDS;
        var model = verses.estimator(3).withSmoothing(new Katz()).fit(verses.train());
        double least = 0;
        int tokens = 0;
        for (var verse : verses.heldOut()) for (double p : model.logProbabilities(verse)) {
            least = Math.min(least, p);
            tokens++;
        }
        double katz = model.evaluate(verses.heldOut()).perplexity();
        double one = verses.estimator(3).withSmoothing(new AddK(1)).fit(verses.train()).evaluate(verses.heldOut()).perplexity();
        Evidence.of("held-out tokens", tokens, atLeast(70_000));
        Evidence.of("least log-probability of one", least, above(Double.NEGATIVE_INFINITY));
        Evidence.of("perplexity of Katz " + katz + " over that of add-one " + one, katz / one, atMost(0.7));
    }

    @Test void ordersOfTokens() {
        var model = new NGramEstimator(3, 8).withMarks(0, 1).withSmoothing(new Katz()).fit(List.of(new int[] {3, 4, 5}, new int[] {4, 6}));
        assertThat(model.orders(3, 4, 5, 1)).containsExactly(2, 3, 3, 3);
        assertThat(model.orders(3, 6, 7)).containsExactly(2, 1, 0);
        assertThatThrownBy(() -> new Katz(5, 0)).hasMessageContaining("pseudo-count 0.0");
        assertThatThrownBy(() -> new StupidBackoff(2)).hasMessageContaining("alpha is 2.0");
    }
}
