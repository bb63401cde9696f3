package lyceum.models.sequence;

import java.util.LinkedHashMap;
import java.util.Objects;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.nn.BahdanauAttention;
import lyceum.nn.BahdanauCell;
import lyceum.nn.GruCell;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.LstmCell;
import lyceum.nn.LstmVariant;
import lyceum.nn.LuongAttention;
import lyceum.nn.LuongCell;
import lyceum.nn.LuongConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.PositionLayer;
import lyceum.nn.RecurrentCell;
import lyceum.nn.RecurrentState;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerDecoder;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** The half of an {@link EncoderDecoder} that writes: what follows embedded targets (batch, T, width), by what a {@link SourceMemory} holds. */
public abstract class TargetDecoder extends Module {

    /** What is known between steps. It changes with every step. For one thread. */
    public interface State {
        /** A state of its own that goes on from those rows; all of them if none is named. */
        State fork(int... rows);
    }

    /** A state that knows where its last step looked. */
    public interface Looking extends State {
        /** (batch, places); null without attention, or before the first step. */
        Tensor weights();
    }

    /** How a recurrent decoder looks at the source. */
    public enum Look {
        /** Not at all: it begins with what the encoder ended with. */
        NONE,
        /** {@code v . tanh(W s + U h)}, with the state before the step (Bahdanau). */
        ADDITIVE,
        /** {@code s . h}, with the state after the step (Luong). */
        DOT,
        /** {@code s . W h}, with the state after the step (Luong). */
        GENERAL
    }

    /** Width of what it gives. */
    public abstract int outputs();

    /** A whole target at once, to learn from. */
    public abstract Tensor whole(Tensor x, SourceMemory memory, Pass pass);

    /** A state that has read the source. */
    public abstract State start(SourceMemory memory, Pass pass);

    /** The positions x (batch, T, width) that follow those of the state. */
    public abstract Tensor forward(Tensor x, State state, Pass pass);

    /** @throws UnsupportedOperationException always: there is a source */
    @Override protected final Tensor compute(Tensor x, Pass pass) {
        throw new UnsupportedOperationException("TargetDecoder: what to write depends on a source; use whole(..) or start(..)");
    }

    /** Cells in layers, of which the lowest looks at the source. */
    public static final class Recurrent extends TargetDecoder {
        private final Rnn rnn;
        private final SequencedMap<String, Linear> bridges = new LinkedHashMap<>();

        /**
         * @param config layers, units and width of the input; one direction
         * @param lstm whether cells are LSTMs, else GRUs
         * @param sourceWidth of the encoder's states; where it is not the number of units, a layer {@code tanh(W h)} stands between
         * @param feeding with {@link Look#DOT} and {@link Look#GENERAL}: whether the last attentional state is input beside the next token
         */
        public Recurrent(RnnConfig config, boolean lstm, Look look, boolean feeding, int sourceWidth, Rng rng) {
            Objects.requireNonNull(look, "look");
            if (config.bidirectional() || !config.batchFirst())
                throw new IllegalArgumentException("TargetDecoder: a target is read in one direction, batch first");
            int units = config.units();
            var type = config.dtype();
            int[] made = {0};
            rnn = new Rnn(config, (inputs, r) -> {
                boolean lowest = made[0]++ == 0;
                if (!lowest || look == Look.NONE) return cell(lstm, inputs, config, r);
                if (look == Look.ADDITIVE) return new BahdanauCell(cell(lstm, inputs + sourceWidth, config, r),
                        new BahdanauAttention(units, sourceWidth, units, false, type, r));
                var luong = new LuongConfig(units, sourceWidth).withDtype(type)
                        .withScore(look == Look.DOT ? LuongConfig.Score.DOT : LuongConfig.Score.GENERAL);
                return new LuongCell(cell(lstm, feeding ? inputs + units : inputs, config, r), new LuongAttention(luong, r), feeding);
            }, rng);
            if (sourceWidth != units) for (int l = 0; l < config.layers(); l++) {
                bridges.put("bridge_h_l" + l, bridge(sourceWidth, units, type, rng));
                if (lstm) bridges.put("bridge_c_l" + l, bridge(sourceWidth, units, type, rng));
            }
        }

        private static RecurrentCell cell(boolean lstm, int inputs, RnnConfig c, Rng rng) {
            return lstm ? new LstmCell(inputs, c.units(), new LstmVariant(), c.bias(), c.dtype(), rng)
                    : new GruCell(inputs, c.units(), true, c.bias(), c.dtype(), rng);
        }

        private static Linear bridge(int from, int to, DType type, Rng rng) {
            return new Linear(from, to, true, type, Init.torchLinear(from), rng);
        }

        private static final class Held implements Looking {
            private RecurrentState state;

            private Held(RecurrentState state) { this.state = state; }

            @Override public State fork(int... rows) { return new Held(rows.length == 0 ? state : state.rows(rows)); }

            @Override public Tensor weights() { return state.tensors().get("l0.weights"); }
        }

        @Override public int outputs() { return rnn.outputs(); }

        private RecurrentState begin(SourceMemory memory, Pass pass) {
            var states = new LinkedHashMap<String, RecurrentState>();
            for (var name : rnn.cells().keySet()) {
                var first = inner(name).initial(memory.states().size(0));
                if (memory.last() != null && memory.last().tensors().containsKey(name + ".h")) {
                    var own = new LinkedHashMap<String, Tensor>();
                    memory.last().part(name).tensors().forEach((part, t) -> {
                        var bridge = bridges.get("bridge_" + part + "_" + name);
                        own.put(part, bridge == null ? t : bridge.forward(t, pass).tanh());
                    });
                    first = RecurrentState.of(own);
                }
                states.put(name, switch (rnn.cell(name)) {
                    case BahdanauCell c -> c.begin(first, memory.states(), memory.seen());
                    case LuongCell c -> c.begin(first, memory.states(), memory.seen());
                    default -> first;
                });
            }
            return RecurrentState.join(states);
        }

        private RecurrentCell inner(String name) {
            return switch (rnn.cell(name)) {
                case BahdanauCell c -> c.cell();
                case LuongCell c -> c.cell();
                case RecurrentCell c -> c;
            };
        }

        @Override public Tensor whole(Tensor x, SourceMemory memory, Pass pass) {
            return emit(x, rnn.run(x, begin(memory, pass), pass).outputs(), pass);
        }

        @Override public State start(SourceMemory memory, Pass pass) { return new Held(begin(memory, pass)); }

        @Override public Tensor forward(Tensor x, State state, Pass pass) {
            var held = (Held) state;
            var out = rnn.run(x, held.state, pass);
            held.state = out.state();
            return emit(x, out.outputs(), pass);
        }

        @Override protected String nameOf(String field) { return field.equals("bridges") ? "" : super.nameOf(field); }
    }

    /** A {@link TransformerDecoder}, whose keys and values are cached between steps. */
    public static final class Attentive extends TargetDecoder {
        private final TransformerDecoder decoder;
        private final PositionLayer positions;
        private final Layer norm;
        private final Attention attention;
        private final int width;

        /** @param positions and {@code lastNorm} as {@link SourceEncoder.Attentive} has them */
        public Attentive(TransformerConfig config, int layers, PositionLayer positions, boolean lastNorm, Rng rng) {
            decoder = new TransformerDecoder(config.withCross(true), layers, rng);
            this.positions = positions;
            norm = lastNorm && !config.placement().leavesStream()
                    ? new LayerNorm(config.epsilon(), config.attention().dtype(), config.width()) : null;
            attention = config.attention().attention();
            width = config.width();
        }

        private record Held(TransformerDecoder.State state) implements State {
            @Override public State fork(int... rows) { return new Held(state.fork(rows)); }
        }

        @Override public int outputs() { return width; }

        private Attention mask(SourceMemory memory) {
            return memory.lengths() == null ? null : attention.withKeyLengths(Tensor.of(memory.lengths()).to(DType.I64));
        }

        private Tensor placed(Tensor x, long start, Pass pass) { return positions == null ? x : positions.forward(x, start, pass); }

        private Tensor ended(Tensor x, Tensor y, Pass pass) { return emit(x, norm == null ? y : norm.forward(y, pass), pass); }

        @Override public Tensor whole(Tensor x, SourceMemory memory, Pass pass) {
            return ended(x, decoder.forward(placed(x, 0, pass), memory.states(), null, mask(memory), pass), pass);
        }

        @Override public State start(SourceMemory memory, Pass pass) {
            return new Held(decoder.start(memory.states(), mask(memory), pass));
        }

        @Override public Tensor forward(Tensor x, State state, Pass pass) {
            var held = ((Held) state).state;
            return ended(x, decoder.forward(placed(x, held.length(), pass), held, pass), pass);
        }
    }
}
