package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Embedding;
import lyceum.nn.Gru;
import lyceum.nn.Linear;
import lyceum.nn.LuongAttention;
import lyceum.nn.LuongConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Three small spellers learn to copy; each may look at the whole word, along the diagonal, or around a place that it predicts. */
@Lab(topics = "luong-attention", title = "Everywhere, side by side, or where one expects it")
final class LuongLab implements LabBody {
    private static final int SYMBOLS = 8;

    @Override public void run(LabContext lab) {
        int length = lab.param("length", 7, 3, 12), radius = lab.param("radius", 1, 1, 5), updates = lab.param("updates", 120, 20, 2000);
        var score = LuongConfig.Score.valueOf(lab.choice("score", "GENERAL", "DOT", "GENERAL", "CONCAT", "LOCATION"));
        var pair = Tensor.randint(lab.rng(9), 0, SYMBOLS, 1, length).compute();
        var panels = new Figure[LuongConfig.Scope.values().length];
        var right = new double[panels.length];
        double outside = 0;
        for (int k : lab.progress("scopes", panels.length)) {
            var scope = LuongConfig.Scope.values()[k];
            var speller = new Speller(new LuongConfig(24, 24).withScore(score).withScope(scope).withRadius(radius), lab.rng(1));
            var optimizer = new Adam(0.02).over(speller.parameters()).clippedBy(Clip.norm(1));
            for (int i = 0; i < updates; i++) {
                try (var step = Scope.open("update")) {
                    var x = Tensor.randint(lab.rng(100 + i), 0, SYMBOLS, 32, length).compute();
                    optimizer.zeroGrad();
                    Loss.crossEntropy(speller.forward(x).reshape(-1, SYMBOLS), x.flatten()).backward();
                    optimizer.step();
                }
            }
            var test = Tensor.randint(lab.rng(2), 0, SYMBOLS, 200, length).compute();
            right[k] = Autograd.noGrad(() -> speller.forward(test).argmax(-1).eq(test).to(DType.F64).mean().item());
            var weights = Autograd.noGrad(() -> speller.read(pair, Pass.inference()).weights().get(0).compute());
            panels[k] = Figure.heatmap(scope + ", " + Math.round(100 * right[k]) + "% right", weights).axes("place in the source", "step");
            if (scope == LuongConfig.Scope.LOCAL_M)
                outside = weights.triu(radius + 1L).sum().item() + weights.tril(-radius - 1L).sum().item();
        }
        lab.figure(Figure.row("Where each looks while it copies the same word", panels).describedAs(
                "A row of each map is one step of the decoder: global attention must find the diagonal, local-m is put on it, local-p predicts a centre."));
        lab.say("Symbols right: %.0f%% with global attention, %.0f%% with local-m, %.0f%% with local-p; one in %d by chance.",
                100 * right[0], 100 * right[1], 100 * right[2], SYMBOLS);
        lab.shows("local-m: weight outside of its window", outside, exactly(0));
        lab.shows("local-m: share of symbols right", right[1], above(0.3));
    }

    /** Encoder, decoder, and attention over all steps at once: nothing is fed back. */
    private static final class Speller extends Module {
        private final Embedding words;
        private final Rnn encoder, decoder;
        private final LuongAttention attention;
        private final Linear head;

        Speller(LuongConfig config, Rng rng) {
            words = new Embedding(SYMBOLS + 1, 16, rng);
            encoder = new Gru(new RnnConfig(16, config.sourceWidth()), rng);
            decoder = new Gru(new RnnConfig(16, config.queryWidth()), rng);
            attention = new LuongAttention(config, rng);
            head = new Linear(config.outputs(), SYMBOLS, rng);
        }

        LuongAttention.Read read(Tensor x, Pass pass) {
            var source = encoder.run(words.forward(x), null, pass);
            var given = Tensor.concat(1, Tensor.full(DType.I64, (long) SYMBOLS, x.size(0), 1), x.narrow(1, 0, x.size(1) - 1));
            var states = decoder.run(words.forward(given), source.state(), pass).outputs();
            return attention.read(states, source.outputs(), null, null, pass);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return head.forward(read(x, pass).hidden(), pass); }
    }
}
