package lyceum.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Strings and their reversals: a bidirectional GRU reads, and a decoder looks at what was read, state and symbol side by side, or has the encoder's last state
 * at every step. In both, symbols come with sinusoids of their distance from the source's end, which is the step of the answer.
 */
final class Reversal extends Module {
    static final int SYMBOLS = 10, START = SYMBOLS;

    enum Looks {
        NOT, ADDITIVE, GLOBAL
    }

    private final Looks looks;
    private final Embedding words;
    private final Rnn encoder, decoder;
    private final Linear bridge, head;

    Reversal(Looks looks, int width, int sourceUnits, int units, Rng rng) {
        this.looks = looks;
        int context = looks == Looks.NOT ? 2 * sourceUnits : 2 * sourceUnits + width;
        words = new Embedding(SYMBOLS + 1, width, rng);
        encoder = new Gru(new RnnConfig(width, sourceUnits).withBidirectional(true), rng);
        decoder = switch (looks) {
            case NOT -> new Gru(new RnnConfig(width + context, units), rng);
            case ADDITIVE -> new Rnn(new RnnConfig(width, units),
                    (inputs, r) -> new BahdanauCell(new GruCell(inputs + context, units, true, true, DType.F32, r),
                            new BahdanauAttention(units, context, units, r)),
                    rng);
            case GLOBAL -> new Rnn(new RnnConfig(width, units),
                    (inputs, r) -> new LuongCell(new GruCell(inputs + units, units, true, true, DType.F32, r),
                            new LuongAttention(new LuongConfig(units, context), r), true),
                    rng);
        };
        bridge = new Linear(2 * sourceUnits, units, rng);
        head = new Linear(decoder.outputs(), SYMBOLS, rng);
    }

    /** What the decoder knows at first, and the vector that it gets at every step where it does not look. */
    private record Begun(RecurrentState state, Tensor context) {}

    private Begun begin(Tensor x) {
        var vectors = words.forward(x).add(places(x.size(1)).flip(0));
        var out = encoder.run(vectors, null, Pass.inference());
        var source = Tensor.concat(2, out.outputs(), vectors);
        var last = encoder.last(out.state());
        var first = RecurrentState.of("h",
                looks == Looks.NOT ? bridge.forward(last).tanh() : Tensor.zeros(x.size(0), bridge.weight().size(0)));
        var begun = switch (decoder.cell("l0")) {
            case BahdanauCell cell -> cell.begin(first, source, null);
            case LuongCell cell -> cell.begin(first, source, null);
            default -> first;
        };
        return new Begun(RecurrentState.join(new LinkedHashMap<>(Map.of("l0", begun))), looks == Looks.NOT ? last : null);
    }

    private Tensor input(Tensor ids, int step, Tensor context) {
        var x = words.forward(ids).add(places(step + 1).get(step));
        return context == null ? x : Tensor.concat(1, x, context);
    }

    private Tensor places(long n) { return new SinusoidalPositions((int) words.config().width()).table(0, n, DType.F32); }

    /** Logits (batch, T, symbols) where the right answers are given step by step. @param x (batch, T) */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        var begun = begin(x);
        long n = x.size(1), batch = x.size(0);
        var given = words.forward(Tensor.concat(1, Tensor.full(DType.I64, (long) START, batch, 1), x.flip(1).narrow(1, 0, n - 1)))
                .add(places(n));
        if (begun.context != null) given = Tensor.concat(2, given, begun.context.unsqueeze(1).expand(batch, n, begun.context.size(1)));
        return head.forward(decoder.run(given, begun.state, pass).outputs());
    }

    /** What the network says by itself: symbols (batch, T), and where it looked (batch, T, places), if it looks. */
    record Said(Tensor symbols, Tensor weights) {}

    Said say(Tensor x) {
        return Autograd.noGrad(() -> {
            var begun = begin(x);
            int n = (int) x.size(1);
            var state = begun.state;
            var ids = Tensor.full(DType.I64, (long) START, x.size(0));
            Tensor[] symbols = new Tensor[n], weights = new Tensor[n];
            for (int t = 0; t < n; t++) {
                var out = decoder.step(input(ids, t, begun.context), state, Pass.inference());
                state = out.state();
                ids = head.forward(out.outputs()).argmax(-1).compute();
                symbols[t] = ids;
                if (looks != Looks.NOT) weights[t] = state.get("l0.weights");
            }
            return new Said(Tensor.stack(1, symbols), looks == Looks.NOT ? null : Tensor.stack(1, weights));
        });
    }

    static Tensor draw(Rng rng, int batch, int length) { return Tensor.randint(rng, 0, SYMBOLS, batch, length).compute(); }

    /** Adam on strings of lengths uniform in {@code shortest .. longest}, a fresh batch each time. */
    Reversal train(int updates, int batch, double rate, int shortest, int longest, Rng rng) {
        var optimizer = new Adam(rate).over(parameters()).clippedBy(Clip.norm(1)).scheduledBy(new Schedule.Linear(updates, 1, 0.02));
        for (int i = 0; i < updates; i++) {
            try (var scope = Scope.open("update")) {
                var x = draw(rng, batch, shortest + rng.nextInt(longest - shortest + 1));
                optimizer.zeroGrad();
                Loss.crossEntropy(forward(x).reshape(-1, SYMBOLS), x.flip(1).reshape(-1)).backward();
                optimizer.step();
            }
        }
        return this;
    }

    /** Shares of symbols and of whole strings that are right, of the argmax of weights that are on the anti-diagonal. */
    record Score(double symbols, double strings, double mirrored) {}

    Score score(int length, int strings, Rng rng) {
        var x = draw(rng, strings, length);
        var said = say(x);
        var right = said.symbols.eq(x.flip(1)).to(DType.F64);
        var mirrored = said.weights == null ? Double.NaN
                : said.weights.argmax(-1).eq(Tensor.arange(length).flip(0)).to(DType.F64).mean().item();
        return new Score(right.mean().item(), right.min(1, false).mean().item(), mirrored);
    }
}
