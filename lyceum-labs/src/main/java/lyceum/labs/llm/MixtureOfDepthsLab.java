package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.util.Arrays;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.DepthConfig;
import lyceum.nn.Hooks;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Letters of the Bible through four blocks, of which two let a quarter of them in. */
@Lab(topics = "mixture-of-depths", title = "Not every letter is worth a layer")
final class MixtureOfDepthsLab implements LabBody {
    private static final int LAYERS = 4, WIDTH = 32, LENGTH = 64;

    @Override public void run(LabContext lab) {
        double capacity = lab.param("capacity", 0.25, 0.05, 1);
        int steps = lab.param("steps", 120, 20, 3000);
        var text = LetterDecoder.letters(Corpora.kingJames(), 120_000);
        var plain = DecoderConfig.llama(128, LENGTH, LAYERS, WIDTH, 4, 4, 2 * WIDTH).withTied(true);
        var model = new DecoderLM(plain.withDepth(new DepthConfig(capacity), 2), lab.rng(1));
        var adam = new Adam(5e-3).over(model.parameters());
        var rng = lab.rng(2);
        for (int step : lab.progress("steps", steps)) try (var scope = Scope.open("step")) {
            adam.zeroGrad();
            var ids = new int[8 * LENGTH];
            for (int r = 0; r < 8; r++) System.arraycopy(text, rng.nextInt(100_000), ids, r * LENGTH, LENGTH);
            model.loss(Tensor.of(ids, 8, LENGTH), Pass.training(rng.split(step))).backward();
            adam.step();
        }

        var held = new int[LENGTH];
        System.arraycopy(text, 110_000, held, 0, LENGTH);
        var ids = Tensor.of(held, 1, LENGTH);
        var hooks = Hooks.of(model);
        var seen = hooks.capture("*");
        Autograd.noGrad(() -> model.forward(ids, Pass.training(lab.rng(3)).with(hooks)));
        var map = new double[LAYERS][LENGTH];
        double agree = 0, chosen = 0;
        for (int b = 0; b < LAYERS; b++) {
            var depth = model.decoder().layers().get(b).depth();
            if (depth == null) {
                Arrays.fill(map[b], 1);
                continue;
            }
            var best = seen.get("decoder.layers." + b + ".depth.chosen").toBooleanArray();
            var said = depth.chosen(seen.get("decoder.layers." + b + ".resid_pre"), Pass.inference()).toBooleanArray();
            for (int t = 0; t < LENGTH; t++) {
                map[b][t] = best[t] ? 1 : 0;
                chosen += map[b][t];
                if (best[t] == said[t]) agree += 2.0 / LAYERS / LENGTH;
            }
        }
        String[] rows = {"block 0, all", "block 1, routed", "block 2, all", "block 3, routed"}, letters = new String[LENGTH];
        for (int t = 0; t < LENGTH; t++) letters[t] = t + " " + (held[t] > ' ' ? (char) held[t] : '_');
        lab.figure(Figure.heatmap("Who was computed where", map, rows, letters).axes("letter", "block").describedAs(
                "One row a block, one column a letter of a verse: dark where the block worked on it, light where it passed by."));
        long sparse = cost(model, ids), dense = cost(new DecoderLM(plain, lab.rng(1)), ids);
        lab.say("Of %d letters %.0f pass each routed block; products of a pass cost %.0f%% of the dense model's. The predictor agrees on %.0f%%.",
                LENGTH, chosen / 2, 100.0 * sparse / dense, 100 * agree);
        int expected = new DepthConfig(capacity).chosen(LENGTH);
        lab.shows("letters through the two routed blocks", chosen, equalTo(2 * expected, 0));
        lab.shows("operations over the dense model's", (double) sparse / dense, below(1.02));
        lab.shows("letters on which predictor and best agree", agree, above(1 - capacity)); // as much as saying no to all
    }

    private static long cost(DecoderLM model, Tensor ids) {
        return FlopCounter.count(() -> Autograd.noGrad(() -> model.forward(ids, Pass.training(Rng.of(1))).compute())).products();
    }
}
