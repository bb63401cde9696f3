package lyceum.llm.generate;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class PenaltiesTest {
    private static final String FREQUENCY = "frequency-penalty", PRESENCE = "presence-penalty", REPETITION = "repetition-penalty";
    private static final int V = 30;

    /** A prompt, what was said behind it, and logits of both signs. */
    private record History(int[] prompt, int[] said, double[] logits) {
        static History of(int i) {
            var rng = Rng.of(300 + i);
            int[] prompt = ids(rng, rng.nextInt(20)), said = ids(rng, rng.nextInt(60));
            var logits = new double[V];
            for (int j = 0; j < V; j++) logits[j] = 3 * rng.nextGaussian();
            return new History(prompt, said, logits);
        }

        private static int[] ids(Rng rng, int n) {
            var ids = new int[n];
            for (int t = 0; t < n; t++) ids[t] = rng.nextInt(V);
            return ids;
        }

        int[] all() {
            var all = Arrays.copyOf(prompt, prompt.length + said.length);
            System.arraycopy(said, 0, all, prompt.length, said.length);
            return all;
        }

        /** The logits after one step; incrementally, the step saw every shorter history before. */
        double[] penalised(Penalties penalties, boolean incremental) {
            var sampler = new TokenSampler(SamplingOptions.DEFAULT.withPenalty(penalties), Rng.of(1), prompt);
            var row = new LogitRow(V);
            for (int id : said) {
                if (incremental) sampler.process(row.load(logits));
                sampler.history().add(id);
            }
            sampler.process(row.load(logits));
            var z = new double[V];
            for (int j = 0; j < V; j++) z[j] = row.logit(j);
            return z;
        }
    }

    private static int count(int[] ids, int id) { return (int) Arrays.stream(ids).filter(i -> i == id).count(); }

    @Acceptance(topic = FREQUENCY, clause = 1)
    @Test void frequencyTakesAlphaForEveryTime() {
        Gap gap = Gap.absolute(), incremental = Gap.absolute();
        for (int i = 0; i < 1000; i++) {
            var h = History.of(i);
            double alpha = -1 + i % 31 * 0.1;
            var penalties = Penalties.frequency(alpha).withPrompt(i % 2 == 0);
            int[] counted = i % 2 == 0 ? h.all() : h.said;
            double[] once = h.penalised(penalties, false), each = h.penalised(penalties, true);
            for (int id = 0; id < V; id++) {
                gap.see("history " + i + ", id " + id, once[id], h.logits[id] - alpha * count(counted, id));
                incremental.see("history " + i + ", id " + id, each[id], once[id]);
            }
        }
        Evidence.of("logits", gap.seen(), exactly(30_000));
        Evidence.of("logits less l - alpha count", gap, atMost(1e-7));
        Evidence.of("incremental less recomputed", incremental, exactly(0));
    }

    @Acceptance(topic = FREQUENCY, clause = 2)
    @Test void repeatedTokensFallWithAlpha() {
        var model = LoopingModel.of(7, 1);
        double before = Double.POSITIVE_INFINITY, leastFall = Double.POSITIVE_INFINITY, first = 0;
        for (double alpha : new double[] {0, 0.2, 0.5, 1, 2}) {
            double repeated = LoopingModel.texts(model, SamplingOptions.DEFAULT.withPenalty(Penalties.frequency(alpha)), 40, 100).stream()
                    .mapToInt(c -> 100 - LoopingModel.types(c.ids())).average().orElseThrow();
            if (alpha == 0) first = repeated;
            leastFall = Math.min(leastFall, before - repeated);
            before = repeated;
        }
        Evidence.of("tokens repeated per 100 without a penalty", first, above(50));
        Evidence.of("least fall from one alpha to the next", leastFall, above(0));
    }

    @Acceptance(topic = FREQUENCY, clause = 3)
    @Test void alphaZeroIsOffToTheBit() {
        var model = Toys.transformer(40, 2);
        var generator = new CausalGenerator(model).withStop(new StopCriteria(30));
        var prompts = IntStream.range(0, 20).mapToObj(i -> new int[] {i}).toList();
        var off = generator.generate(prompts, 1, Rng.of(1));
        var zero = generator.withSampling(SamplingOptions.DEFAULT.withPenalty(Penalties.frequency(0))).generate(prompts, 1, Rng.of(1));
        // the step itself, were it not left out of the chain
        var run = generator.withSampling(SamplingOptions.DEFAULT.withOwn(List.of(() -> Penalties.frequency(0).processor())))
                .generate(prompts, 1, Rng.of(1));
        int tokens = 0, different = 0;
        for (int i = 0; i < 20; i++) {
            var plain = off.get(i);
            tokens += plain.ids().length;
            for (var other : List.of(zero.get(i), run.get(i)))
                if (!Arrays.equals(plain.ids(), other.ids()) || !Arrays.equals(plain.logProbabilities(), other.logProbabilities())
                        || !Arrays.equals(plain.drawnLogProbabilities(), other.drawnLogProbabilities()))
                    different++;
        }
        Evidence.of("tokens", tokens, exactly(600));
        Evidence.of("texts in which a bit of ids or log-probabilities differs", different, exactly(0));
    }

    @Acceptance(topic = PRESENCE, clause = 1)
    @Test void presenceTakesAlphaOnce() {
        var gap = Gap.absolute();
        for (int i = 0; i < 1000; i++) {
            var h = History.of(i);
            double alpha = -1 + i % 31 * 0.1;
            double[] z = h.penalised(Penalties.presence(alpha).withPrompt(i % 2 == 0), i % 4 < 2);
            for (int id = 0; id < V; id++)
                gap.see("history " + i + ", id " + id, z[id], h.logits[id] - (count(i % 2 == 0 ? h.all() : h.said, id) > 0 ? alpha : 0));
        }
        Evidence.of("logits", gap.seen(), exactly(30_000));
        Evidence.of("logits less l - alpha [count > 0]", gap, atMost(1e-7));
    }

    @Acceptance(topic = PRESENCE, clause = 2)
    @Test void onceAndFiftyTimesCostTheSame() {
        int different = 0, ids = 0;
        for (int id = 0; id < V; id++, ids++) {
            var logits = History.of(id).logits;
            int[] once = {id}, often = new int[50];
            Arrays.fill(often, id);
            var penalties = Penalties.presence(0.6);
            double a = new History(new int[0], once, logits).penalised(penalties, true)[id],
                    b = new History(new int[0], often, logits).penalised(penalties, true)[id];
            if (a != b || a == logits[id]) different++;
        }
        Evidence.of("ids", ids, exactly(V));
        Evidence.of("ids that pay another amount, or nothing", different, exactly(0));
    }

    @Acceptance(topic = PRESENCE, clause = 3)
    @Test void togetherTheyPayTheSum() {
        var gap = Gap.absolute();
        for (int i = 0; i < 1000; i++) {
            var h = History.of(i);
            double presence = -1 + i % 7 * 0.5, frequency = -0.5 + i % 11 * 0.2;
            double[] one = h.penalised(Penalties.presence(presence).withFrequency(frequency), true);
            for (int id = 0; id < V; id++) {
                int c = count(h.said, id);
                gap.see("history " + i + ", id " + id, one[id], h.logits[id] - (c > 0 ? presence : 0) - frequency * c);
            }
        }
        Evidence.of("logits", gap.seen(), exactly(30_000));
        Evidence.of("logits less the sum of both formulas", gap, atMost(1e-12));
    }

    @Acceptance(topic = PRESENCE, clause = 4)
    @Test void typesRiseWithAlpha() {
        var model = LoopingModel.of(6, 1);
        double before = 0, leastRise = Double.POSITIVE_INFINITY;
        for (double alpha : new double[] {0, 0.5, 1, 2}) {
            double types = LoopingModel.texts(model, SamplingOptions.DEFAULT.withPenalty(Penalties.presence(alpha)), 40, 200).stream()
                    .mapToInt(c -> LoopingModel.types(c.ids())).average().orElseThrow();
            if (alpha > 0) leastRise = Math.min(leastRise, types - before);
            before = types;
        }
        Evidence.of("least rise of types in 200 tokens from one alpha to the next", leastRise, above(0));
        Evidence.of("types at the largest alpha", before, below(200));
    }

    @Acceptance(topic = REPETITION, clause = 1)
    @Test void seenTokensAreDividedOrMultiplied() {
        int wrong = 0, positive = 0, negative = 0, untouched = 0;
        for (int i = 0; i < 1000; i++) {
            var h = History.of(i);
            double theta = 0.8 + i % 13 * 0.1;
            double[] z = h.penalised(Penalties.repetition(theta).withPrompt(i % 2 == 0), i % 4 < 2);
            for (int id = 0; id < V; id++) {
                double l = h.logits[id];
                boolean seen = count(i % 2 == 0 ? h.all() : h.said, id) > 0;
                if (!seen) untouched++;
                else if (l > 0) positive++;
                else negative++;
                if (z[id] != (!seen ? l : l > 0 ? l / theta : l * theta)) wrong++;
            }
        }
        Evidence.of("positive, seen", positive, above(5000));
        Evidence.of("others, seen", negative, above(5000));
        Evidence.of("not seen", untouched, above(5000));
        Evidence.of("logits that are not exactly so", wrong, exactly(0));
    }

    @Acceptance(topic = REPETITION, clause = 2)
    @Test void noTrigramComesTwice() {
        var model = Toys.bigram(Toys.bigrams(8, 1.5, Rng.of(3)), -1, -1);
        var generator = new CausalGenerator(model).withStop(new StopCriteria(40));
        int[] prompt = {1, 2, 3, 1, 2};
        int texts = 0, repeated = 0, without = 0;
        for (var text : generator.withSampling(SamplingOptions.DEFAULT.withNoRepeat(3)).generate(List.of(prompt), 1000, Rng.of(4))) {
            texts++;
            if (LoopingModel.repeatedRuns(behind(prompt, text.ids()), 3) > 0) repeated++;
        }
        for (var text : generator.generate(List.of(prompt), 100, Rng.of(4))) if (LoopingModel.repeatedRuns(text.ids(), 3) > 0) without++;
        Evidence.of("generations", texts, exactly(1000));
        Evidence.of("of 100 without the rule, those with a trigram twice", without, above(90));
        Evidence.of("with the rule", repeated, exactly(0));
    }

    private static int[] behind(int[] prompt, int[] ids) {
        var all = Arrays.copyOf(prompt, prompt.length + ids.length);
        System.arraycopy(ids, 0, all, prompt.length, ids.length);
        return all;
    }

    @Acceptance(topic = REPETITION, clause = 3)
    @Test void loopsAndLikelihoodFallWithTheta() {
        var model = LoopingModel.of(7, 1);
        double loops = Double.POSITIVE_INFINITY, likelihood = Double.POSITIVE_INFINITY, leastFall = Double.POSITIVE_INFINITY,
                leastCost = Double.POSITIVE_INFINITY;
        for (double theta : new double[] {1, 1.1, 1.3, 1.5}) {
            var texts = LoopingModel.texts(model, SamplingOptions.DEFAULT.withPenalty(Penalties.repetition(theta)), 60, 100);
            double rate = texts.stream().mapToDouble(c -> LoopingModel.repeatedRuns(c.ids(), 4)).average().orElseThrow();
            double mean = texts.stream().mapToDouble(c -> c.logProbability() / c.ids().length).average().orElseThrow();
            leastFall = Math.min(leastFall, loops - rate);
            leastCost = Math.min(leastCost, likelihood - mean);
            loops = rate;
            likelihood = mean;
        }
        Evidence.of("least fall of the loop rate from one theta to the next", leastFall, above(0));
        Evidence.of("least fall of the mean log-probability", leastCost, above(0));
    }

    @Acceptance(topic = REPETITION, clause = 4)
    @Test void theIndexBansWhatARescanBans() {
        int different = 0, bans = 0, asked = 0;
        for (int i = 0; i < 300; i++) {
            var rng = Rng.of(i);
            int n = 1 + i % 5, v = 2 + rng.nextInt(4);
            var prompt = History.ids(rng, rng.nextInt(8));
            for (int t = 0; t < prompt.length; t++) prompt[t] %= v;
            var history = new TokenHistory(prompt);
            boolean whole = i % 2 == 0;
            var index = new NoRepeatNGram(n, whole);
            for (int t = 0; t < (i < 290 ? 60 : 700); t++) {
                var row = new LogitRow(v);
                index.apply(row, history, rng);
                for (int id = 0; id < v; id++, asked++) {
                    boolean banned = row.logit(id) == Double.NEGATIVE_INFINITY;
                    if (banned) bans++;
                    if (banned != completes(history.toArray(), whole ? 0 : prompt.length, n, id)) different++;
                }
                history.add(rng.nextInt(v));
            }
        }
        Evidence.of("ids asked about", asked, above(50_000));
        Evidence.of("bans", bans, above(10_000));
        Evidence.of("ids on which index and rescan differ", different, exactly(0));
    }

    /** Whether the last n - 1 ids and this one stand somewhere already. */
    private static boolean completes(int[] ids, int from, int n, int id) {
        if (ids.length - from < n - 1) return false;
        for (int start = from; start + n <= ids.length; start++) {
            boolean same = ids[start + n - 1] == id;
            for (int j = 0; j < n - 1; j++) same &= ids[start + j] == ids[ids.length - n + 1 + j];
            if (same) return true;
        }
        return false;
    }

    /** DRY's runs by their definition: the longest end of the text that also ends before an earlier copy of the token. */
    @Test void dryFollowsTheLongestRepeatedRun() {
        for (int i = 0; i < 60; i++) {
            var rng = Rng.of(i);
            int[] prompt = History.ids(rng, 1 + rng.nextInt(80));
            for (int t = 0; t < prompt.length; t++) prompt[t] %= 3;
            int window = i % 3 == 0 ? 20 : Integer.MAX_VALUE;
            var row = new LogitRow(3);
            new TokenSampler(SamplingOptions.DEFAULT.withDry(new Dry(0.8, 1.75, 2, window, Set.of())), Rng.of(1), prompt).process(row);
            int[] seen = Arrays.copyOfRange(prompt, Math.max(0, prompt.length - Math.min(window, 1000)), prompt.length);
            for (int id = 0; id < 3; id++) {
                int longest = 0;
                for (int place = 1; place < seen.length; place++) {
                    if (seen[place] != id) continue;
                    int run = 0;
                    while (run < place && seen[place - 1 - run] == seen[seen.length - 1 - run]) run++;
                    longest = Math.max(longest, run);
                }
                assertThat(row.logit(id)).isCloseTo(longest < 2 ? 0 : -0.8 * Math.pow(1.75, longest - 2), within(1e-9));
            }
        }
    }

    @Test void windowsForgetAndPenaltiesFade() {
        var h = new History(new int[0], new int[] {1, 2, 2, 3}, new double[V]);
        Arrays.fill(h.logits, 2);
        double[] z = h.penalised(Penalties.frequency(0.5).withWindow(2), true);
        assertThat(new double[] {z[1], z[2], z[3]}).containsExactly(2, 1.5, 1.5);
        double[] faded = h.penalised(Penalties.repetition(2).withDecay(0.5), true);
        assertThat(faded[3]).isEqualTo(1);
        assertThat(faded[2]).isEqualTo(2 / 1.5);
        assertThat(faded[1]).isEqualTo(2 / 1.125);
    }

    /** A listener to a batch may stop it. */
    @Test void cancelled() {
        var generator = new CausalGenerator(LoopingModel.of(5, 1));
        var steps = new int[1];
        Progress progress = _ -> steps[0]++;
        assertThatThrownBy(() -> generator.generate(List.of(new int[] {0}), 2, Rng.of(1), progress.stoppedBy(() -> steps[0] == 3)))
                .isInstanceOf(CancelledException.class).hasMessageContaining("stopped at step 3");
    }
}
