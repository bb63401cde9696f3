package lyceum.serve.speculate;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
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
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.GenerationRequest;
import lyceum.llm.generate.LogitRow;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.llm.generate.WrittenText;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class MedusaEagleTest {
    private static final String TOPIC = "medusa-eagle";
    private static final TreePlan PLAN = TreePlan.of(3, 2, 2), DYNAMIC = new TreePlan(List.of(4, 4, 4, 4), 3, 10);

    private static void scramble(Module module, double deviation, long seed) {
        var rng = Rng.of(seed);
        Autograd.noGrad(() -> module.parameters().forEach((name, w) -> w.copy_(Tensor.randn(rng, w.shape().toArray()).mul(deviation))));
    }

    private static MedusaHeads heads(DecoderLM model, TreePlan plan) { return new MedusaHeads(model, plan.widths().size(), plan); }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void greedyTextsArePlainOnesAndDrawsFollowTheModel() {
        var model = KnownModels.transformer(40, 2, 8);
        int[][] prompts = KnownModels.prompts(200, 40, 1);
        var plain = new CausalGenerator(model).withSampling(SamplingOptions.greedy()).withStop(new StopCriteria(12))
                .generate(Arrays.asList(prompts), 1, Rng.of(1));
        int different = 0;
        long accepted = 0;
        var eagle = new EagleDraft(model, DYNAMIC, Rng.of(3));
        for (var source : List.of(heads(model, PLAN), eagle)) {
            var decoder = new TreeDecoder(model, source).withSampling(SamplingOptions.greedy()).withStop(new StopCriteria(12));
            for (int i = 0; i < 200; i++) {
                var round = decoder.run(
                        List.of(new GenerationRequest(prompts[i], SamplingOptions.greedy(), new StopCriteria(12), Rng.of(i))),
                        Progress.SILENT);
                if (!Arrays.equals(round.texts().getFirst().ids(), plain.get(i).ids())) different++;
                accepted += round.statistics().accepted();
            }
        }
        Evidence.of("texts of heads and draft that differ from plain greedy, of 400", different, exactly(0));
        Evidence.of("guesses taken", accepted, above(200));

        var small = KnownModels.transformer(8, 2, 3);
        double worst = 1;
        int seed = 0;
        for (var source : List.of(heads(small, PLAN), new EagleDraft(small, DYNAMIC, Rng.of(4)))) {
            var session = source.start(small);
            var decoding = new TreeDecoding(small);
            session.advance(new int[] {1, 5}, kept(decoding, 1, 5), 2, null, null);
            var tree = session.propose(2, 10);
            double[][] logits = decoding.read(tree).logits().toRows();
            var seen = new double[64];
            var row = new LogitRow(8);
            var behind = new double[8][];
            for (int a = 0; a < 8; a++)
                behind[a] = small.logits(Tensor.of(new int[] {1, 5, 2, a}, 1, 4), Pass.inference()).get(0, 3).toDoubleArray();
            seed++;
            for (int i = 0; i < 20_000; i++) {
                var text = new WrittenText(0, small, null,
                        new GenerationRequest(new int[] {1, 5, 2}, SamplingOptions.DEFAULT, new StopCriteria(9), Rng.of(seed).split(i)));
                TreeDecoder.walk(text, row, tree, logits, null, 0);
                int[] drawn = text.history().generated();
                if (drawn.length == 1) { // the tree had no such child: the next pass draws from the model behind it
                    text.prepare(row.load(behind[drawn[0]]));
                    seen[8 * drawn[0] + row.draw(text.stream())]++;
                } else seen[8 * drawn[0] + drawn[1]]++;
            }
            worst = Math.min(worst, KnownModels.chiSquare(seen, pairs(small, 1, 5, 2), 20_000));
        }
        Evidence.of("p of pairs of ids, 20,000 draws, the worse of heads and draft", worst, above(0.01));
    }

    private static Tensor kept(TreeDecoding decoding, int... ids) {
        var hidden = decoding.read(TokenTree.chain(ids)).hidden();
        decoding.keep(0, 1);
        return hidden;
    }

    /** Probabilities of the next two ids by plain forwards. */
    private static double[] pairs(DecoderLM model, int... prompt) {
        var p = new double[64];
        double[] first = model.logits(Tensor.of(prompt, 1, 3), Pass.inference()).get(0, 2).softmax(-1).toDoubleArray();
        for (int a = 0; a < 8; a++) {
            double[] second = model.logits(Tensor.of(new int[] {prompt[0], prompt[1], prompt[2], a}, 1, 4), Pass.inference()).get(0, 3)
                    .softmax(-1).toDoubleArray();
            for (int b = 0; b < 8; b++) p[8 * a + b] = first[a] * second[b];
        }
        return p;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void logitsOfATreeAreThoseOfItsBranches() {
        double worst = 0, shuffled = 0;
        var rng = Rng.of(2);
        for (int run = 0; run < 20; run++) {
            var config = run % 2 == 0 ? DecoderConfig.llama(40, 96, 2, 16, 4, 2, 24) : DecoderConfig.llama(40, 64, 3, 24, 6, 3, 32);
            var model = new DecoderLM(config.withDeviation(0.2), Rng.of(run)); // logits of a few units, so that 1e-5 is above the rounding of F32
            var decoding = new TreeDecoding(model);
            var prompt = new int[1 + rng.nextInt(9)];
            for (int t = 0; t < prompt.length; t++) prompt[t] = rng.nextInt(40);
            decoding.read(TokenTree.chain(prompt));
            decoding.keep(IntStream.range(0, prompt.length).toArray());
            var text = new ArrayList<Integer>();
            for (int id : prompt) text.add(id);
            for (int pass = 0; pass < 3; pass++) { // what is kept is right behind earlier trees too
                int n = 2 + rng.nextInt(12);
                int[] ids = new int[n], parents = new int[n];
                for (int i = 0; i < n; i++) {
                    ids[i] = rng.nextInt(40);
                    parents[i] = i == 0 ? -1 : rng.nextInt(i + 1) - 1;
                }
                var tree = new TokenTree(ids, parents);
                var logits = decoding.read(tree).logits();
                for (int node = 0; node < n; node++) {
                    var branch = new ArrayList<>(text);
                    for (int id : tree.ids(tree.path(node))) branch.add(id);
                    var alone = plain(model, branch);
                    worst = Math.max(worst, alone.sub(logits.get(node)).abs().max().item());
                    var other = new ArrayList<>(text);
                    for (int i = 0; i <= node; i++) other.add(ids[i]);
                    if (tree.depth(node) < node)
                        shuffled = Math.max(shuffled, plain(model, other).sub(logits.get(node)).abs().max().item());
                }
                int[] path = tree.path(n - 1);
                decoding.keep(path);
                for (int id : tree.ids(path)) text.add(id);
            }
        }
        Evidence.of("largest difference of a node's logits to its branch's own forward", worst, below(1e-5));
        Evidence.of("difference to the nodes before it as a chain", shuffled, above(0.1));
    }

    private static Tensor plain(DecoderLM model, List<Integer> ids) {
        return Autograd
                .noGrad(() -> model.logits(Tensor.of(ids.stream().mapToInt(Integer::intValue).toArray(), 1, ids.size()), Pass.inference())
                        .get(0, ids.size() - 1));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void trainedHeadsAndDraftsGainTokens() {
        var model = BibleLetters.target();
        var before = model.embedding().weight().toFloatArray();
        var medusa = heads(model, PLAN);
        var eagle = new EagleDraft(model, PLAN, Rng.of(5));
        double untrained = Math.max(tokens(model, eagle), tokens(model, medusa));
        BibleLetters.train(medusa, 150, 2e-3, Rng.of(6), (ids, rng) -> medusa.loss(model, ids));
        BibleLetters.train(eagle, 150, 4e-3, Rng.of(6), (ids, rng) -> eagle.loss(model, ids));
        double byHeads = tokens(model, medusa), byDraft = tokens(model, eagle);
        Evidence.of("the model's loss on letters unseen, nats", BibleLetters.loss(model), below(2));
        Evidence.of("tokens a pass, Medusa", byHeads, atLeast(1.5));
        Evidence.of("tokens a pass, EAGLE", byDraft, atLeast(1.5));
        Evidence.of("EAGLE's over Medusa's", byDraft / byHeads, atLeast(1));
        Evidence.of("before training, the better of both", untrained, below(1.5));
        assertThat(model.embedding().weight().toFloatArray()).isEqualTo(before);
    }

    /** Drawn texts: greedy ones of so small a model go in circles, which are easily guessed. */
    private static double tokens(DecoderLM model, TreeSource source) {
        var requests = new ArrayList<GenerationRequest>();
        for (var prompt : BibleLetters.prompts(20, 30, 1))
            requests.add(new GenerationRequest(prompt, SamplingOptions.DEFAULT, new StopCriteria(60), Rng.of(requests.size() + 1)));
        return new TreeDecoder(model, source).run(requests, Progress.SILENT).statistics().tokensPerPass();
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void randomHeadsCostPassesAndChangeNothing() {
        var model = BibleLetters.target();
        int[][] prompts = BibleLetters.prompts(20, 30, 2);
        var plain = new CausalGenerator(model).withSampling(SamplingOptions.greedy()).withStop(new StopCriteria(60))
                .generate(Arrays.asList(prompts), 1, Rng.of(1));
        var medusa = heads(model, PLAN);
        scramble(medusa, 1, 1);
        var eagle = new EagleDraft(model, PLAN, Rng.of(5));
        scramble(eagle, 1, 2);
        int different = 0;
        double least = 9, most = 0;
        for (var source : List.of(medusa, eagle)) {
            long tokens = 0, passes = 0;
            for (int i = 0; i < prompts.length; i++) {
                var round = new TreeDecoder(model, source).run(
                        List.of(new GenerationRequest(prompts[i], SamplingOptions.greedy(), new StopCriteria(60), Rng.of(1))),
                        Progress.SILENT);
                if (!Arrays.equals(round.texts().getFirst().ids(), plain.get(i).ids())) different++;
                tokens += round.statistics().tokens();
                passes += round.statistics().passes();
            }
            least = Math.min(least, (double) tokens / passes);
            most = Math.max(most, (double) tokens / passes);
        }
        Evidence.of("texts that differ from plain greedy, of 40", different, exactly(0));
        Evidence.of("fewest tokens a pass", least, atLeast(1));
        Evidence.of("most tokens a pass", most, atMost(1.2));
    }

    @Test void treesGrowStaticallyOrByConfidence() {
        double[] logs = {Math.log(0.1), Math.log(0.6), Math.log(0.3)};
        TreePlan.Level same = (level, nodes) -> {
            var all = new double[nodes.size()][];
            Arrays.fill(all, logs);
            return all;
        };
        var fixed = TreePlan.of(2, 2).grow(7, 9, same);
        assertThat(fixed.size()).isEqualTo(7);
        assertThat(fixed.ids()).containsExactly(7, 1, 2, 1, 2, 1, 2);
        assertThat(fixed.parents()).containsExactly(-1, 0, 0, 1, 1, 2, 2);
        assertThat(TreePlan.of(2, 2).grow(7, 1, same).size()).isEqualTo(3);
        var dynamic = new TreePlan(List.of(3, 3, 3), 2, 4).grow(7, 9, same); // 0.6, 0.36, 0.3, 0.216 of 0.6^i 0.3^j
        assertThat(dynamic.ids()).containsExactly(7, 1, 2, 1, 1);
        assertThat(dynamic.parents()).containsExactly(-1, 0, 0, 1, 3);
        assertThatThrownBy(() -> TreePlan.of(0)).hasMessageContaining("[0]");
        assertThatThrownBy(() -> new TokenTree(new int[] {1, 2}, new int[] {-1, 1})).hasMessageContaining("node 1");
    }

    @Test void typicalAcceptanceTakesWhatIsLikelyEnough() {
        var rule = new TreeDecoder.Typical(0.3, 0.5);
        assertThat(rule.takes(new double[] {0.4, 0.6}, 0)).isTrue(); // above epsilon
        double[] flat = {0.25, 0.25, 0.25, 0.25};
        assertThat(rule.takes(flat, 0)).isTrue(); // delta exp(-H) = 0.125
        assertThat(rule.takes(new double[] {0.04, 0.95, 0.01}, 0)).isFalse();
        var model = BibleLetters.target();
        var heads = heads(model, PLAN);
        var requests = List
                .of(new GenerationRequest(BibleLetters.prompts(1, 30, 3)[0], SamplingOptions.DEFAULT, new StopCriteria(60), Rng.of(1)));
        double exact = new TreeDecoder(model, heads).run(requests, Progress.SILENT).statistics().tokensPerPass();
        double easy = new TreeDecoder(model, heads).withTypical(new TreeDecoder.Typical(0.01, 0.01)).run(requests, Progress.SILENT)
                .statistics().tokensPerPass();
        assertThat(easy).isGreaterThan(exact);
        assertThatThrownBy(() -> new TreeDecoder.Typical(0, 1)).hasMessageContaining("epsilon 0");
    }

    @Test void headsAreSavedAndRefusedWhereTheyDoNotFit() {
        var model = KnownModels.transformer(40, 2, 8);
        var heads = heads(model, PLAN);
        scramble(heads, 0.5, 3);
        var other = heads(model, PLAN);
        other.load(heads.state());
        var x = Tensor.randn(Rng.of(1), 2, 16);
        assertThat(other.forward(x, Pass.inference()).toFloatArray()).isEqualTo(heads.forward(x, Pass.inference()).toFloatArray());
        assertThatThrownBy(() -> heads.start(KnownModels.transformer(41, 2, 8))).hasMessageContaining("41");
        assertThatThrownBy(() -> new MedusaHeads(model, 2, PLAN)).hasMessageContaining("3 levels");
        var learned = new DecoderLM(DecoderConfig.gpt2(40, 32, 1, 16, 2), Rng.of(1));
        assertThatThrownBy(() -> new TreeDecoding(learned)).hasMessageContaining("rotary");
        var decoding = new TreeDecoding(model);
        assertThatThrownBy(() -> decoding.read(TokenTree.chain(new int[97]))).hasMessageContaining("97").hasMessageContaining("96");
    }
}
