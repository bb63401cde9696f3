package lyceum.llm.generate;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import lyceum.data.corpus.Corpora;
import lyceum.llm.SteppedLM;
import lyceum.nn.BeamSearch;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.Vocabulary;
import lyceum.text.lm.NGramEstimator;
import org.junit.jupiter.api.Test;

class GreedyDecodingTest {
    private static final String TOPIC = "greedy-decoding";

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void idsAreThoseOfRecomputingEverything() {
        var model = Toys.transformer(40, 8);
        var rng = Rng.of(227);
        var prompts = new ArrayList<int[]>();
        for (int i = 0; i < 100; i++) {
            var prompt = new int[1 + i / 10];
            for (int t = 0; t < prompt.length; t++) prompt[t] = rng.nextInt(40);
            prompts.add(prompt);
        }
        var generator = new CausalGenerator(model).withSampling(SamplingOptions.greedy()).withStop(new StopCriteria(32));
        var cached = generator.generate(prompts, 1, Rng.of(1));
        int different = 0, tokens = 0, composition = 0;
        for (int from = 0; from < 100; from += 10) { // ten of one length
            int length = prompts.get(from).length;
            var ids = Tensor.of(prompts.subList(from, from + 10).stream().flatMapToInt(Arrays::stream).toArray(), 10, length);
            for (int step = 0; step < 32; step++) {
                double[][] logits = model.logits(ids, Pass.inference()).select(1, length + step - 1).toRows();
                var next = new int[10];
                for (int r = 0; r < 10; r++) {
                    for (int id = 1; id < 40; id++) if (logits[r][id] > logits[r][next[r]]) next[r] = id;
                    tokens++;
                    if (cached.get(from + r).ids()[step] != next[r]) different++;
                }
                ids = Tensor.concat(1, ids, Tensor.of(next, 10, 1));
            }
        }
        int[] order = Rng.of(2).permutation(100);
        for (int from = 0; from < 100; from += 9) { // others beside them, in other numbers
            var some = new ArrayList<int[]>();
            for (int i = from; i < Math.min(100, from + 9); i++) some.add(prompts.get(order[i]));
            var texts = generator.generate(some, 1, Rng.of(9));
            for (int i = 0; i < some.size(); i++) if (!Arrays.equals(texts.get(i).ids(), cached.get(order[from + i]).ids())) composition++;
        }
        Evidence.of("tokens", tokens, exactly(3200));
        Evidence.of("tokens that differ from the loop without a cache", different, exactly(0));
        Evidence.of("prompts that say something else in other company", composition, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theBroaderPathEndsAtALowerProbability() {
        // A 0.5, B 0.4, C 0.1; behind A 0.4, 0.35, 0.25; behind B 0.9, 0.06, 0.04; behind C thirds
        double[][] second = {{0.4, 0.35, 0.25}, {0.9, 0.06, 0.04}, {1, 1, 1}};
        var model = Toys.model(4, 3, -1, ids -> {
            var p = Arrays.copyOf(ids.length == 0 ? new double[] {0.5, 0.4, 0.1} : second[ids[ids.length - 1]], 4);
            return Toys.logs(p);
        });
        var greedy = new CausalGenerator(model).withSampling(SamplingOptions.greedy()).withStop(new StopCriteria(2)).generate(new int[0],
                Rng.of(1));
        double best = 0;
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++)
                best = Math.max(best, Math.exp(new CausalGenerator(model).scores(new int[0], new int[] {a, b})[0]
                        + new CausalGenerator(model).scores(new int[0], new int[] {a, b})[1]));
        Evidence.that("greedy says A, then the first", Arrays.equals(greedy.ids(), new int[] {0, 0}));
        Evidence.of("its probability less 0.5 * 0.4", Math.abs(Math.exp(greedy.logProbability()) - 0.2), atMost(1e-12));
        Evidence.of("the best of all nine less 0.4 * 0.9", Math.abs(best - 0.36), atMost(1e-12));
        Evidence.that("which two beams find", new BeamSearch(2, 0, 2).search(new CausalBeams(model, new int[0]), -1).getFirst().getFirst()
                .tokens().equals(List.of(1, 0)));
    }

    /** Trigrams of words of the King James Bible, Kneser and Ney's, and twenty beginnings. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void onTheBibleItRepeatsItselfMoreThanTopP() {
        var verses = Corpora.kingJames().stream().flatMap(d -> d.text().toLowerCase(Locale.ROOT).lines()).limit(4000)
                .map(line -> line.replaceAll("[^a-z ]", "").strip().split(" +")).toList();
        var words = Vocabulary.counting(verses.stream().flatMap(Arrays::stream).toList());
        int start = words.size(), end = start + 1;
        var texts = verses.stream().map(v -> Arrays.stream(v).mapToInt(words::id).toArray()).toList();
        var model = new SteppedLM(new NGramEstimator(3, words.size() + 2).withMarks(start, end).fit(texts));
        var generator = new CausalGenerator(model)
                .withStop(new StopCriteria(60, 60, Set.of(), List.of(), StopCriteria.FOREVER, _ -> false));
        var prompts = texts.subList(0, 20).stream().map(t -> new int[] {start, t[0], t[1]}).toList();
        double greedy = distinct(generator.withSampling(SamplingOptions.greedy()), prompts),
                nucleus = distinct(generator.withSampling(SamplingOptions.topP(0.9)), prompts);
        Evidence.of("distinct runs of four words over all, top-p", nucleus, above(0.8));
        Evidence.of("greedy less top-p", greedy - nucleus, below(0));
    }

    private static double distinct(CausalGenerator generator, List<int[]> prompts) {
        return generator.generate(prompts, 1, Rng.of(3)).stream().mapToDouble(c -> 1 - LoopingModel.repeatedRuns(c.ids(), 4)).average()
                .orElseThrow();
    }
}
