package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.BahdanauAttention;
import lyceum.nn.BahdanauCell;
import lyceum.nn.Embedding;
import lyceum.nn.Gru;
import lyceum.nn.GruCell;
import lyceum.nn.Hooks;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.RecurrentState;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Strings are said backwards, once by a decoder that looks at the encoder's states, once by one that was told everything in one vector. */
@Lab(topics = "bahdanau-attention", title = "Reading it again, or remembering all of it")
final class BahdanauLab implements LabBody {
    private static final int SYMBOLS = 8, WIDTH = 16, UNITS = 24;

    @Override public void run(LabContext lab) {
        int longest = lab.param("longest string", 6, 3, 16), updates = lab.param("updates", 120, 20, 3000);
        Plot accuracy = Figure.plot("Symbols right, by the length of the string");
        var right = new double[2][longest];
        for (int way : lab.progress("decoders", 2)) {
            var network = new Reverser(way == 0, lab.rng(1));
            var optimizer = new Adam(0.02).over(network.parameters()).clippedBy(Clip.norm(1));
            for (int i = 0; i < updates; i++) {
                try (var step = Scope.open("update")) {
                    var x = Tensor.randint(lab.rng(100 + i), 0, SYMBOLS, 32, 1 + i % longest).compute();
                    optimizer.zeroGrad();
                    Loss.crossEntropy(network.forward(x).reshape(-1, SYMBOLS), x.flip(1).reshape(-1)).backward();
                    optimizer.step();
                }
            }
            for (int n = 1; n <= longest; n++) {
                var x = Tensor.randint(lab.rng(n), 0, SYMBOLS, 100, n).compute();
                right[way][n - 1] = Autograd.noGrad(() -> network.forward(x).argmax(-1).eq(x.flip(1)).to(DType.F64).mean().item());
            }
            accuracy = accuracy.line(way == 0 ? "with attention" : "one vector", 1, right[way]);
            if (way == 0) alignment(lab, network, Tensor.randint(lab.rng(9), 0, SYMBOLS, 1, longest).compute());
        }
        lab.figure(accuracy.axes("length", "share of symbols right").describedAs(
                "With equal training the decoder that looks stays ahead on the longer strings; one vector has to hold the whole string."));
        lab.say("At length %d the decoder with attention has %.0f%% of the symbols right, the other %.0f%%.", longest,
                100 * right[0][longest - 1], 100 * right[1][longest - 1]);
        lab.shows("with attention: share right at the longest", right[0][longest - 1], above(0.3));
    }

    private static void alignment(LabContext lab, Reverser network, Tensor x) {
        var hooks = Hooks.of(network);
        var rows = new ArrayList<Tensor>();
        hooks.on("*.weights", (name, in, w) -> {
            rows.add(w.detach().flatten().compute());
            return w;
        });
        Autograd.noGrad(() -> network.forward(x, Pass.inference().with(hooks)).compute());
        lab.figure(Figure.heatmap("Where the decoder looks while it says a string backwards", Tensor.stack(0, rows.toArray(Tensor[]::new)))
                .axes("place in the source", "step").describedAs(
                        "A row is a step of the decoder and its weights over the source: read backwards, the bright places run against the string."));
    }

    /** The right symbols are given step by step. */
    private static final class Reverser extends Module {
        private final Embedding words;
        private final Rnn encoder, decoder;
        private final Linear bridge, head;

        Reverser(boolean looks, Rng rng) {
            words = new Embedding(SYMBOLS + 1, WIDTH, rng);
            encoder = new Gru(new RnnConfig(WIDTH, UNITS).withBidirectional(true), rng);
            decoder = !looks ? new Gru(new RnnConfig(WIDTH, UNITS), rng)
                    : new Rnn(new RnnConfig(WIDTH, UNITS),
                            (inputs, r) -> new BahdanauCell(new GruCell(inputs + 2 * UNITS, UNITS, true, true, DType.F32, r),
                                    new BahdanauAttention(UNITS, 2 * UNITS, UNITS, r)),
                            rng);
            bridge = new Linear(2 * UNITS, UNITS, rng);
            head = new Linear(decoder.outputs(), SYMBOLS, rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            var source = encoder.run(words.forward(x), null, pass);
            var state = RecurrentState.of("h", bridge.forward(encoder.last(source.state()), pass).tanh());
            if (decoder.cell("l0") instanceof BahdanauCell cell) state = cell.begin(state, source.outputs(), null);
            var given = Tensor.concat(1, Tensor.full(DType.I64, (long) SYMBOLS, x.size(0), 1), x.flip(1).narrow(1, 0, x.size(1) - 1));
            var begin = RecurrentState.join(new LinkedHashMap<>(Map.of("l0", state)));
            return head.forward(decoder.run(words.forward(given), begin, pass).outputs(), pass);
        }
    }
}
