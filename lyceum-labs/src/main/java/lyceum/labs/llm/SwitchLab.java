package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.SwitchTransformer;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A text in four secret alphabets: eight experts share the work, each token pays for one. */
@Lab(topics = "switch-transformer", title = "Eight for the price of one")
final class SwitchLab implements LabBody {
    private static final int DIALECTS = 4, EXPERTS = 8, LENGTH = 64, WIDTH = 32;
    private final int[][] ciphers = new int[DIALECTS][];
    private int[] text;

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 55, 50, 4000);
        double factor = lab.param("capacity factor", 1.5, 0.25, 8);
        text = LetterDecoder.letters(Corpora.kingJames(), 200_000);
        for (int i = 0; i < text.length; i++) {
            int letter = Character.toLowerCase(text[i]) - 'a';
            text[i] = letter >= 0 && letter < 26 ? letter : 26;
        }
        for (int d = 0; d < DIALECTS; d++) ciphers[d] = lab.rng(d).permutation(27);
        // The router's price, as hidden units of the dense model's second block.
        var base = DecoderConfig.gpt2(27, LENGTH, 2, WIDTH, 4).eachBlock(b -> b.withHidden(2 * WIDTH));
        var recipe = new SwitchTransformer(base, EXPERTS).withCapacityFactor(factor).withInitScale(0.3);
        var first = base.blocks().getFirst();
        var dense = new DecoderLM(base.withBlocks(List.of(first, first.withHidden(2 * WIDTH + EXPERTS / 2))), lab.rng(9));
        var sparse = recipe.create(lab.rng(9));
        double cost = cost(dense, batch(2, 0, lab.rng(10))), own = cost(sparse, batch(2, 0, lab.rng(10)));
        double[] slow = train(lab, dense, steps), fast = train(lab, sparse, steps), at = new double[slow.length];
        var spent = new double[at.length];
        for (int i = 0; i < at.length; i++) {
            at[i] = 10.0 * (i + 1);
            spent[i] = at[i] * 3 * cost * LENGTH * 16 / 1e9;
        }
        lab.figure(Figure.line("Loss while learning", at, slow).named("dense").line("8 experts, 1 at work", at, fast)
                .axes("step", "nats a letter").describedAs(
                        "Means over ten steps: the sparse model holds four times the feed-forward weights and pays the same a token."));
        lab.figure(Figure.line("The same against arithmetic", spent, slow).named("dense").line("8 experts, 1 at work", spent, fast)
                .axes("billions of operations", "nats a letter")
                .describedAs("Operations are equal by construction, so that the order stays: what differs is memory."));
        var share = new double[DIALECTS][EXPERTS];
        for (int d = 0; d < DIALECTS; d++) {
            var gates = recipe.gates(sparse, batch(8, d, lab.rng(20 + d))).getFirst();
            var used = gates.gt(0).to(gates.dtype()).mean(0, false).toDoubleArray();
            System.arraycopy(used, 0, share[d], 0, EXPERTS);
        }
        lab.figure(Figure.heatmap("Who reads which alphabet", share).axes("expert", "alphabet")
                .describedAs("Share of each alphabet's letters that an expert works on."));
        double lost = recipe.dropped(sparse, batch(16, -1, lab.rng(30)))[0];
        lab.say("The dense model has %,d parameters, the sparse one %,d. %.1f%% of the letters found no room at their expert.",
                dense.parameterCount(), sparse.parameterCount(), 100 * lost);
        lab.shows("operations, sparse over dense", own / cost, atMost(1));
        lab.shows("parameters, sparse over dense", (double) sparse.parameterCount() / dense.parameterCount(), above(2));
    }

    private static double cost(DecoderLM model, Tensor ids) {
        return FlopCounter.count(() -> Autograd.noGrad(() -> model.forward(ids, Pass.inference()).compute())).products()
                / (double) ids.count();
    }

    /** @param dialect -1 for any */
    private Tensor batch(int rows, int dialect, Rng rng) {
        var ids = new int[rows * LENGTH];
        for (int r = 0; r < rows; r++) {
            int from = rng.nextInt(text.length - LENGTH);
            int[] cipher = ciphers[dialect < 0 ? rng.nextInt(DIALECTS) : dialect];
            for (int t = 0; t < LENGTH; t++) ids[r * LENGTH + t] = cipher[text[from + t]];
        }
        return Tensor.of(ids, rows, LENGTH);
    }

    private double[] train(LabContext lab, DecoderLM model, int steps) {
        var means = new double[steps / 10];
        var adam = new Adam(5e-3).over(new ArrayList<>(model.parameters().values()));
        var rng = lab.rng(40);
        for (int step : lab.progress("steps", means.length * 10)) try (var scope = Scope.open("step")) {
            adam.zeroGrad();
            var loss = model.loss(batch(16, -1, rng), Pass.training(rng.split(step)));
            loss.backward();
            adam.step();
            means[step / 10] += loss.item() / 10;
        }
        return means;
    }
}
