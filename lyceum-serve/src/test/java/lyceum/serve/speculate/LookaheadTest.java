package lyceum.serve.speculate;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.GenerationRequest;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LookaheadTest {
    private static final String TOPIC = "lookahead-decoding";

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void textsAreGreedyWhateverTheWindow() {
        var model = KnownModels.transformer(20, 1, 8);
        int[][] prompts = KnownModels.prompts(200, 20, 1);
        var plain = new CausalGenerator(model).withSampling(SamplingOptions.greedy()).withStop(new StopCriteria(8))
                .generate(Arrays.asList(prompts), 1, Rng.of(1));
        int different = 0, texts = 0;
        long accepted = 0;
        for (int w : new int[] {1, 3, 7}) for (int n : new int[] {2, 3, 5}) for (int g : new int[] {1, 2, 6}) {
            var decoder = new TreeDecoder(model, new LookaheadSource(w, n, g)).withSampling(SamplingOptions.greedy())
                    .withStop(new StopCriteria(8));
            var requests = Arrays.stream(prompts)
                    .map(p -> new GenerationRequest(p, SamplingOptions.greedy(), new StopCriteria(8), Rng.of(1))).toList();
            var round = decoder.run(requests, Progress.SILENT);
            accepted += round.statistics().accepted();
            for (int i = 0; i < 200; i++, texts++) if (!Arrays.equals(round.texts().get(i).ids(), plain.get(i).ids())) different++;
        }
        Evidence.of("texts", texts, exactly(27 * 200));
        Evidence.of("texts that differ from greedy", different, exactly(0));
        Evidence.of("guesses taken", accepted, above(3000));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void jacobiStandsAfterAsManyPassesAsIds() {
        var model = KnownModels.transformer(40, 2, 8);
        int[][] prompts = KnownModels.prompts(50, 40, 3);
        int n = 16, different = 0, most = 0, behind = 0;
        var greedy = new CausalGenerator(model).withSampling(SamplingOptions.greedy()).withStop(new StopCriteria(n))
                .generate(Arrays.asList(prompts), 1, Rng.of(1));
        for (int i = 0; i < 50; i++) {
            var guess = new int[n];
            for (int t = 0; t < n; t++) guess[t] = Rng.of(i).split(t).nextInt(40);
            var jacobi = JacobiDecoding.run(model, prompts[i], guess);
            if (!Arrays.equals(jacobi.ids(), greedy.get(i).ids())) different++;
            most = Math.max(most, jacobi.passes());
            for (int pass = 1; pass < jacobi.guesses().size(); pass++) // so many ids have settled at least
                for (int t = 0; t < Math.min(n, pass); t++) if (jacobi.guesses().get(pass)[t] != greedy.get(i).ids()[t]) behind++;
        }
        Evidence.of("fixed points that are not greedy's, of 50", different, exactly(0));
        Evidence.of("most passes for 16 ids", most, atMost(n));
        Evidence.of("ids not settled by the pass of their number", behind, exactly(0));
        assertThatThrownBy(() -> JacobiDecoding.run(model, new int[0], 1)).hasMessageContaining("prompt of 0");
    }

    private static double passesPerToken(DecoderLM model, int[][] prompts, LookaheadSource source, int length) {
        var requests = Arrays.stream(prompts)
                .map(p -> new GenerationRequest(p, SamplingOptions.greedy(), new StopCriteria(length), Rng.of(1))).toList();
        var s = new TreeDecoder(model, source).run(requests, Progress.SILENT).statistics();
        return (double) s.passes() / s.tokens();
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void passesAreSavedOnTheBibleAndOnLists() {
        var source = new LookaheadSource(8, 4, 8);
        double bible = passesPerToken(BibleLetters.target(), BibleLetters.prompts(6, 30, 1), source, 60);
        var words = "- wheat\n- barley\n- oil\n- wine\n- figs\n".repeat(8).chars().toArray();
        var model = new DecoderLM(DecoderConfig.llama(128, 256, 1, 32, 4, 4, 64).withTied(true), Rng.of(1));
        BibleLetters.train(model, 80, 1e-2, Rng.of(2), (ids, rng) -> {
            int from = rng.nextInt(40);
            var rows = Tensor.of(Arrays.copyOfRange(words, from, from + 64), 1, 64);
            return new CausalLmLoss().of(model.forward(rows, Pass.training(rng)), rows);
        });
        double list = passesPerToken(model, new int[][] {Arrays.copyOf(words, 60), Arrays.copyOf(words, 75)}, source, 120);
        double bare = passesPerToken(model, new int[][] {Arrays.copyOf(words, 60)}, new LookaheadSource(1, 2, 0), 120);
        Evidence.of("the model's loss on letters unseen, nats", BibleLetters.loss(BibleLetters.target()), below(2));
        Evidence.of("passes a token on the Bible", bible, atMost(0.8));
        Evidence.of("passes a token on a list", list, atMost(0.5));
        Evidence.of("without window and pool", bare, exactly(1));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void theWindowsMaskIsABranchForEachPlace() {
        double worst = 0, between = 0;
        for (int seed = 1; seed <= 5; seed++) {
            var model = KnownModels.transformer(20, 2, seed);
            int w = 4 + seed % 3, n = 3 + seed % 2;
            var session = new LookaheadSource(w, n, 5).start(model);
            var decoding = new TreeDecoding(model);
            int[] prompt = {3, 1, 4, 1, 5, 1, 4, 1, 2};
            decoding.read(TokenTree.chain(prompt));
            decoding.keep(IntStream.range(0, prompt.length).toArray());
            session.advance(prompt, null, 1, null, null);
            var tree = session.propose(1, 50);
            var output = decoding.read(tree);
            // the window, place by place, by what the paper says of it: row 0 up to the column, then down the column
            int[][] window = new int[n - 1][w];
            int at = tree.size() - (n - 1) * w + 1;
            window[0][0] = 1;
            for (int r = 0; r < n - 1; r++) for (int c = r == 0 ? 1 : 0; c < w; c++) window[r][c] = tree.ids()[at++];
            at = tree.size() - (n - 1) * w + 1;
            for (int r = 0; r < n - 1; r++) for (int c = r == 0 ? 1 : 0; c < w; c++, at++) {
                var branch = new ArrayList<Integer>();
                for (int id : prompt) branch.add(id);
                for (int i = 0; i <= c; i++) branch.add(window[0][i]);
                for (int i = 1; i <= r; i++) branch.add(window[i][c]);
                worst = Math.max(worst, gap(model, branch, output.logits().get(at)));
            }
            int branches = 0;
            for (int node = 1; node < tree.size() - (n - 1) * w + 1; node += n - 1, branches++) { // runs of the pool
                var branch = new ArrayList<Integer>();
                for (int id : prompt) branch.add(id);
                branch.add(1);
                for (int i = 0; i < n - 1; i++) {
                    branch.add(tree.ids()[node + i]);
                    worst = Math.max(worst, gap(model, branch, output.logits().get(node + i)));
                }
            }
            assertThat(branches).isEqualTo(3); // 1 4 1, 1 5 1, 1 2 .. begin with the last id; the last is too short for n = 4
            between = Math.max(between, output.logits().get(tree.size() - 1).sub(output.logits().get(tree.size() - 2)).abs().max().item());
        }
        Evidence.of("largest difference to a branch computed alone", worst, below(1e-5));
        Evidence.of("difference of neighbouring places", between, above(0.1));
    }

    private static double gap(DecoderLM model, List<Integer> ids, Tensor logits) {
        return Autograd
                .noGrad(() -> model.logits(Tensor.of(ids.stream().mapToInt(Integer::intValue).toArray(), 1, ids.size()), Pass.inference())
                        .get(0, ids.size() - 1).sub(logits).abs().max().item());
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void extraOperationsAreThoseOfTheFormula() {
        double worst = 0;
        int[][] cases = {{5, 3, 4, 7}, {2, 4, 1, 12}, {8, 2, 8, 3}};
        for (var c : cases) {
            var config = DecoderConfig.llama(40, 96, 2, 16, 4, 2, 24);
            var model = new DecoderLM(config, Rng.of(1));
            long one = counted(model, c[3], 1), many = counted(model, c[3], (c[0] + c[2]) * (c[1] - 1));
            worst = Math.max(worst, Math.abs(many - one - LookaheadSource.extraFlops(config, c[3], (long) (c[0] + c[2]) * (c[1] - 1))));
        }
        Evidence.of("largest gap between counted and stated operations", worst, exactly(0));
        var session = new LookaheadSource(5, 3, 4).start(KnownModels.transformer(40, 1, 1));
        var many = new int[40];
        for (int i = 0; i < 40; i++) many[i] = i % 2 == 0 ? 6 : i / 2;
        session.advance(many, null, 6, null, null);
        Evidence.of("ids of a pass with a full pool, W = 5, N = 3, G = 4", session.propose(6, 90).size(), exactly((5 + 4) * 2));
    }

    private static long counted(DecoderLM model, int cached, int ids) {
        var decoding = new TreeDecoding(model);
        decoding.read(TokenTree.chain(new int[cached]));
        decoding.keep(IntStream.range(0, cached).toArray());
        return FlopCounter.count(() -> decoding.read(TokenTree.chain(new int[ids]))).products();
    }

    @Test void drawsAreTheModelsToo() {
        var model = KnownModels.transformer(6, 1, 3);
        var seen = new double[36];
        var requests = new ArrayList<GenerationRequest>();
        for (int i = 0; i < 4000; i++)
            requests.add(
                    new GenerationRequest(new int[] {1, 2, 1, 3, 1}, SamplingOptions.DEFAULT, new StopCriteria(2), Rng.of(1).split(i)));
        for (var text : new TreeDecoder(model, new LookaheadSource(2, 3, 2)).run(requests, Progress.SILENT).texts())
            seen[6 * text.ids()[0] + text.ids()[1]]++;
        var p = new double[36];
        double[] first = Autograd.noGrad(
                () -> model.logits(Tensor.of(new int[] {1, 2, 1, 3, 1}, 1, 5), Pass.inference()).get(0, 4).softmax(-1).toDoubleArray());
        for (int a = 0; a < 6; a++) {
            int id = a;
            double[] second = Autograd.noGrad(() -> model.logits(Tensor.of(new int[] {1, 2, 1, 3, 1, id}, 1, 6), Pass.inference()).get(0, 5)
                    .softmax(-1).toDoubleArray());
            for (int b = 0; b < 6; b++) p[6 * a + b] = first[a] * second[b];
        }
        assertThat(KnownModels.chiSquare(seen, p, 4000)).isGreaterThan(0.01);
        assertThatThrownBy(() -> new LookaheadSource(0, 2, 1)).hasMessageContaining("window of 0");
    }
}
