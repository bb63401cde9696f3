package lyceum.llm.generate;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lyceum.llm.CausalLM;
import lyceum.nn.BeamSearch;
import lyceum.nn.BeamSearch.Found;
import lyceum.nn.BeamSearch.Normalisation;
import lyceum.nn.BeamSearch.Rule;
import lyceum.nn.BeamSearch.Stopping;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class BeamSearchTest {
    private static final String TOPIC = "beam-search";

    private static int[] ids(List<Integer> tokens) { return tokens.stream().mapToInt(Integer::intValue).toArray(); }

    private static List<Found> search(BeamSearch search, CausalLM model, int end, int... prompt) {
        return search.search(new CausalBeams(model, prompt), end).getFirst();
    }

    /** Log-probabilities of their own behind every beginning; the prompt's id 0 is the first of it. */
    private static CausalLM random(int vocabulary, long seed, double sharpness) {
        var known = new HashMap<List<Integer>, double[]>();
        return Toys.model(vocabulary, -1, -1, ids -> known.computeIfAbsent(Arrays.stream(ids).boxed().toList(), prefix -> {
            var rng = Rng.of(seed * 1_000_003 + prefix.hashCode());
            var p = new double[vocabulary];
            for (int i = 0; i < vocabulary; i++) p[i] = Math.exp(sharpness * rng.nextGaussian());
            return Toys.logs(p);
        }));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void oneBeamIsGreedy() {
        int different = 0, texts = 0, ended = 0;
        var models = new ArrayList<CausalLM>();
        for (int i = 0; i < 60; i++) models.add(random(6, i, 1));
        for (int i = 0; i < 10; i++) models.add(Toys.transformer(40, i));
        for (var model : models) {
            for (int end : new int[] {-1, 2}) {
                var stop = new StopCriteria(12);
                var greedy = new CausalGenerator(model).withSampling(SamplingOptions.greedy())
                        .withStop(end < 0 ? stop : stop.withEnds(Set.of(end))).generate(new int[] {0}, Rng.of(1)).ids();
                if (greedy.length < 12) ended++;
                texts++;
                for (var stopping : Stopping.values())
                    if (!Arrays.equals(greedy,
                            ids(search(new BeamSearch(1, 0.6, 12).withStopping(stopping), model, end, 0).getFirst().tokens()))
                            && (stopping != Stopping.NEVER || end < 0))
                        different++;
            }
        }
        Evidence.of("texts", texts, exactly(140));
        Evidence.of("of which ended before the limit", ended, above(20));
        Evidence.of("searches that differ from greedy decoding", different, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void asManyBeamsAsBeginningsIsExhaustive() {
        int models = 0, different = 0, ended = 0;
        double worst = 0;
        for (int seed = 0; seed < 200; seed++, models++) {
            var model = random(4, seed, 1.5);
            int end = seed % 2 == 0 ? -1 : 3;
            double alpha = seed % 4 < 2 ? 0 : 0.8;
            var best = new Best();
            everything(model, new int[] {0}, 0, end, alpha, best);
            var found = search(new BeamSearch(256, alpha, 5).withResults(1), model, end, 0).getFirst();
            if (!found.tokens().equals(best.tokens)) different++;
            if (found.tokens().size() < 5) ended++;
            worst = Math.max(worst, Math.abs(found.score() - best.score));
        }
        Evidence.of("models", models, exactly(200));
        Evidence.of("of which the best sequence ends early", ended, above(20));
        Evidence.of("searches that find another than the best", different, exactly(0));
        Evidence.of("scores less those of all sequences", worst, atMost(1e-12));
    }

    private static final class Best {
        List<Integer> tokens;
        double score = Double.NEGATIVE_INFINITY;
    }

    private static void everything(CausalLM model, int[] ids, double log, int end, double alpha, Best best) {
        int said = ids.length - 1;
        if (said == 5 || said > 0 && ids[said] == end) {
            double score = log / Math.pow((5.0 + said) / 6, alpha);
            if (score > best.score) {
                best.score = score;
                best.tokens = Arrays.stream(ids).skip(1).boxed().toList();
            }
            return;
        }
        double[] logs = model.logits(Tensor.of(ids, 1, ids.length), Pass.inference()).get(0, said).toDoubleArray();
        for (int id = 0; id < 4; id++) {
            var longer = Arrays.copyOf(ids, ids.length + 1);
            longer[ids.length] = id;
            everything(model, longer, log + logs[id], end, alpha, best);
        }
    }

    /**
     * First a 0.5, b 0.3, c 0.2. Behind a thirds, behind b 0.9, behind c 0.96; then a half behind a and b, certainty behind c. By hand: two beams drop c at the first step
     * and find b, 0.3 0.9 0.5; three keep it and find 0.2 0.96 1; greedy ends at 0.5 0.34 0.5.
     */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void widerBeamsFindWhatNarrowerOnesMiss() {
        double[][] second = {{0.34, 0.33, 0.33}, {0.9, 0.05, 0.05}, {0.02, 0.02, 0.96}},
                third = {{0.5, 0.25, 0.25}, {0.5, 0.25, 0.25}, {0, 0, 1}};
        var model = Toys.model(4, 3, -1, ids -> Toys.logs(Arrays.copyOf(switch (ids.length) {
            case 0 -> new double[] {0.5, 0.3, 0.2};
            case 1 -> second[ids[0]];
            default -> third[ids[0]];
        }, 4)));
        var by = new double[] {0.5 * 0.34 * 0.5, 0.3 * 0.9 * 0.5, 0.2 * 0.96 * 1};
        List<List<Integer>> texts = List.of(List.of(0, 0, 0), List.of(1, 0, 0), List.of(2, 2, 2));
        for (int width = 1; width <= 3; width++) {
            var found = search(new BeamSearch(width, 0, 3), model, -1).getFirst();
            Evidence.that("width " + width + " says " + texts.get(width - 1), found.tokens().equals(texts.get(width - 1)));
            Evidence.of("its probability less that by hand", Math.abs(Math.exp(found.logProbability()) - by[width - 1]), atMost(1e-12));
        }
        Evidence.of("probability found by width 2 over width 1", by[1] / by[0], above(1));
        Evidence.of("probability found by width 3 over width 2", by[2] / by[1], above(1));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void scoresAreThoseOfScoringTheFound() {
        double worst = 0, worstScore = 0;
        int sequences = 0;
        for (int seed = 0; seed < 10; seed++) {
            var model = Toys.transformer(40, seed);
            for (var normalisation : Normalisation.values()) {
                for (var found : search(new BeamSearch(6, 0.7, 12).withNormalisation(normalisation).withGroups(2).withDiversity(0.5), model,
                        5, 1, seed)) {
                    int[] tokens = ids(found.tokens()), all = new int[tokens.length + 2];
                    all[0] = 1;
                    all[1] = seed;
                    System.arraycopy(tokens, 0, all, 2, tokens.length);
                    double[][] logs = model.logits(Tensor.of(all, 1, all.length), Pass.inference()).get(0).logSoftmax(1).toRows();
                    double log = 0, n = tokens.length;
                    for (int t = 0; t < n; t++) log += logs[t + 1][tokens[t]];
                    worst = Math.max(worst, Math.abs(log - found.logProbability()));
                    worstScore = Math.max(worstScore,
                            Math.abs(found.score() - log / Math.pow(normalisation == Normalisation.LENGTH ? n : (5 + n) / 6, 0.7)));
                    sequences++;
                }
            }
        }
        Evidence.of("sequences", sequences, exactly(120));
        Evidence.of("log-probability less that of the whole text, nats", worst, atMost(1e-5));
        Evidence.of("normalised score less its formula", worstScore, atMost(1e-5));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void groupsPartAndWithoutPenaltyAreAllTheSame() {
        int shared = 0, steps = 0, different = 0, groups = 0, sharedWithout = 0;
        for (int seed = 0; seed < 50; seed++) {
            var model = random(6, seed, 1);
            int g = 2 + seed % 5;
            var found = search(new BeamSearch(g, 0, 8).withGroups(g).withDiversity(100), model, -1, 0); // logs differ by less than 20
            var without = search(new BeamSearch(g, 0, 8).withGroups(g), model, -1, 0);
            for (int t = 0; t < 8; t++, steps++) {
                int step = t;
                if (found.stream().map(f -> f.tokens().get(step)).distinct().count() < g) shared++;
                if (without.stream().map(f -> f.tokens().get(step)).distinct().count() < g) sharedWithout++;
            }
            if (new HashSet<>(found.stream().map(Found::group).toList()).size() != g) shared++;
            int width = 1 + seed % 3;
            var plain = search(new BeamSearch(width, 0.6, 8), model, 5, 0).stream().map(Found::tokens).toList();
            var grouped = search(new BeamSearch(g * width, 0.6, 8).withGroups(g), model, 5, 0);
            for (int i = 0; i < g; i++, groups++) {
                int group = i;
                if (!grouped.stream().filter(f -> f.group() == group).map(Found::tokens).toList().equals(plain)) different++;
            }
        }
        Evidence.of("steps", steps, exactly(400));
        Evidence.of("steps at which groups without a penalty share a token", sharedWithout, exactly(400));
        Evidence.of("steps at which groups with one share a token", shared, exactly(0));
        Evidence.of("groups", groups, exactly(200));
        Evidence.of("groups without a penalty that differ from the plain beam", different, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void batchesFindWhatSinglesFind() {
        int different = 0, results = 0;
        double worst = 0;
        var rng = Rng.of(6);
        for (int seed = 0; seed < 4; seed++) {
            var model = Toys.transformer(40, seed);
            var prompts = new int[8][];
            for (int i = 0; i < 8; i++) {
                prompts[i] = new int[1 + i];
                for (int t = 0; t <= i; t++) prompts[i][t] = rng.nextInt(40);
            }
            for (var search : List.of(new BeamSearch(4, 0.6, 12),
                    new BeamSearch(4, 0, 12).withGroups(2).withDiversity(1).withStopping(Stopping.FIRST))) {
                var together = search.search(new CausalBeams(model, prompts), 7);
                for (int i = 0; i < 8; i++) {
                    var alone = search.search(new CausalBeams(model, prompts[i]), 7).getFirst();
                    for (int r = 0; r < alone.size(); r++, results++) {
                        if (!alone.get(r).tokens().equals(together.get(i).get(r).tokens())) different++;
                        worst = Math.max(worst, Math.abs(alone.get(r).score() - together.get(i).get(r).score()));
                    }
                }
            }
        }
        Evidence.of("results", results, exactly(256));
        Evidence.of("results that differ", different, exactly(0));
        Evidence.of("scores that differ", worst, atMost(1e-5));
    }

    @Test void rulesBanAndForce() {
        var model = random(5, 1, 1);
        var rule = Rule.banning(1).then(Rule.forcing(3, 2)).then(Rule.ending(4, 0));
        for (var found : search(new BeamSearch(3, 0, 7).withRule(rule), model, 0, 0)) {
            assertThat(found.tokens()).startsWith(3, 2).doesNotContain(1);
            assertThat(found.tokens().subList(0, 4)).doesNotContain(0);
            assertThat(found.logProbability())
                    .isCloseTo(Arrays.stream(new CausalGenerator(model).scores(new int[] {0}, ids(found.tokens()))).sum(), within(1e-9));
        }
    }

    @Test void whatIsWrongIsNamed() {
        assertThatThrownBy(() -> new BeamSearch(0, 0, 5)).hasMessageContaining("beams 0");
        assertThatThrownBy(() -> new BeamSearch(4, 0, 5).withGroups(3)).hasMessageContaining("4 beams in 3 groups");
    }
}
