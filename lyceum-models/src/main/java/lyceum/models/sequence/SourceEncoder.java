package lyceum.models.sequence;

import java.util.LinkedHashMap;
import lyceum.DType;
import lyceum.nn.Gru;
import lyceum.nn.Layer;
import lyceum.nn.LayerNorm;
import lyceum.nn.Lstm;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.PositionLayer;
import lyceum.nn.RecurrentState;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerEncoder;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** The half of an {@link EncoderDecoder} that reads: embedded sources (batch, places, width) to a {@link SourceMemory}. */
public abstract class SourceEncoder extends Module {

    /** @param lengths places of each source that are no padding; null if all are full */
    public abstract SourceMemory encode(Tensor x, int[] lengths, Pass pass);

    /** Width of a place's state. */
    public abstract int outputs();

    /** The states of full sources. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return encode(x, null, pass).states(); }

    /** An {@link Rnn}, in one direction or both; what it ended with is handed over as well. */
    public static final class Recurrent extends SourceEncoder {
        private final Rnn rnn;

        public Recurrent(Rnn rnn) { this.rnn = rnn; }

        /** Gated recurrent units. */
        public static Recurrent gru(RnnConfig config, Rng rng) { return new Recurrent(new Gru(config, rng)); }

        /** Long short-term memories. */
        public static Recurrent lstm(RnnConfig config, Rng rng) { return new Recurrent(new Lstm(config, rng)); }

        @Override public int outputs() { return rnn.outputs(); }

        @Override public SourceMemory encode(Tensor x, int[] lengths, Pass pass) {
            var out = rnn.run(x, null, lengths, pass);
            var last = new LinkedHashMap<String, Tensor>();
            for (int l = 0; l < rnn.config().layers(); l++) {
                var there = out.state().part("l" + l);
                var back = rnn.config().bidirectional() ? out.state().part("l" + l + "_reverse") : null;
                for (var name : there.tensors().keySet())
                    last.put("l" + l + "." + name, back == null ? there.get(name) : Tensor.concat(1, there.get(name), back.get(name)));
            }
            return new SourceMemory(emit(x, out.outputs(), pass), lengths, RecurrentState.of(last));
        }
    }

    /** A {@link TransformerEncoder}. */
    public static final class Attentive extends SourceEncoder {
        private final TransformerEncoder encoder;
        private final PositionLayer positions;
        private final Layer norm;
        private final Attention attention;
        private final int width;

        /**
         * @param positions added to the input; null for none, or where the configuration's attention tells them
         * @param lastNorm whether a {@link LayerNorm} follows a stack whose blocks end in norms, as torch.nn.Transformer has it and the paper has not
         */
        public Attentive(TransformerConfig config, int layers, PositionLayer positions, boolean lastNorm, Rng rng) {
            encoder = new TransformerEncoder(config, layers, rng);
            this.positions = positions;
            norm = lastNorm && !config.placement().leavesStream()
                    ? new LayerNorm(config.epsilon(), config.attention().dtype(), config.width()) : null;
            attention = config.attention().attention();
            width = config.width();
        }

        @Override public int outputs() { return width; }

        @Override public SourceMemory encode(Tensor x, int[] lengths, Pass pass) {
            var placed = positions == null ? x : positions.forward(x, 0, pass);
            var y = encoder.forward(placed, lengths == null ? null : attention.withKeyLengths(Tensor.of(lengths).to(DType.I64)), pass);
            return new SourceMemory(emit(x, norm == null ? y : norm.forward(y, pass), pass), lengths, null);
        }
    }
}
