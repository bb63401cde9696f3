package lyceum.models.sequence;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.nn.BeamSearch;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * Any encoder and any autoregressive decoder, over token numbers: {@code p(y | x) = product of p(y_t | y before t, encode(x))}.
 *
 * {@snippet :
 * var table = new Embedding(96, 64, rng);                                            // shared by source, target and output
 * var model = new EncoderDecoder(table, table, SourceEncoder.Recurrent.gru(new RnnConfig(64, 64).withBidirectional(true), rng),
 *         new TargetDecoder.Recurrent(new RnnConfig(64, 32), false, TargetDecoder.Look.ADDITIVE, false, 128, rng), new Linear(160, 96, rng));
 * Tensor logits = model.forward(source, lengths, target, pass);                      // teacher forcing: target begins with the begin mark
 * var state = model.start(source, lengths, pass);                                    // the source is read once
 * Tensor next = model.forward(token, state, pass);                                   // (batch, 1, tokens)
 * var best = new BeamSearch(4, 1, 40).search(model.steps(source, lengths, begin), end);
 * }
 *
 * <p>Children: {@code source_embedding}, {@code target_embedding}, {@code encoder}, {@code decoder}, {@code head}; a table that serves twice has its first name.
 *
 * @see <a href="https://arxiv.org/abs/1406.1078">Cho et al. (2014)</a>
 * @see <a href="https://arxiv.org/abs/1409.3215">Sutskever, Vinyals and Le (2014)</a>
 */
public final class EncoderDecoder extends Module {
    private final Embedding source_embedding, target_embedding;
    private final SourceEncoder encoder;
    private final TargetDecoder decoder;
    private final Linear head;

    /** What a decoder knows between steps: how far it is, and the source. For one thread. */
    public static final class State {
        private final TargetDecoder.State decoder;

        private State(TargetDecoder.State decoder) { this.decoder = decoder; }

        /** A state of its own that goes on from those rows. */
        public State fork(int... rows) { return new State(decoder.fork(rows)); }

        /** The decoder's own. */
        public TargetDecoder.State decoder() { return decoder; }
    }

    /** @param head null for the table of the target's embeddings, which is then as wide as the decoder's outputs */
    public EncoderDecoder(Embedding source, Embedding target, SourceEncoder encoder, TargetDecoder decoder, Linear head) {
        if (head == null && target.weight().size(1) != decoder.outputs()) throw new ShapeException("EncoderDecoder: embeddings "
                + target.weight().shape() + " cannot be the head of a decoder of " + decoder.outputs() + " outputs");
        source_embedding = source;
        target_embedding = target;
        this.encoder = encoder;
        this.decoder = decoder;
        this.head = head;
    }

    public SourceEncoder encoder() { return encoder; }

    public TargetDecoder decoder() { return decoder; }

    /** What the encoder makes of sources (batch, places). @param lengths of each; null if all are full */
    public SourceMemory encode(Tensor source, int[] lengths, Pass pass) {
        if (source.rank() != 2 || lengths != null && lengths.length != source.size(0)) throw new ShapeException("EncoderDecoder: sources "
                + source.shape() + " and lengths " + Arrays.toString(lengths) + "; they are (batch, places), and a length each");
        return encoder.encode(source_embedding.forward(source, pass), lengths, pass);
    }

    /** Source and target alike: logits of an auto-encoder. */
    @Override protected Tensor compute(Tensor ids, Pass pass) { return logits(ids, encode(ids, null, pass), pass); }

    /** Logits (batch, T, tokens) of what follows each position of the targets (batch, T). */
    public Tensor forward(Tensor source, int[] lengths, Tensor target, Pass pass) {
        return emit(source, logits(target, encode(source, lengths, pass), pass), pass);
    }

    /** As above, of sources that have been read. */
    public Tensor forward(Tensor target, SourceMemory memory, Pass pass) { return emit(target, logits(target, memory, pass), pass); }

    private Tensor logits(Tensor target, SourceMemory memory, Pass pass) {
        if (target.rank() != 2 || target.size(0) != memory.states().size(0)) throw new ShapeException(
                "EncoderDecoder: targets " + target.shape() + " for " + memory.states().size(0) + " sources; they are (batch, T)");
        return headed(decoder.whole(target_embedding.forward(target, pass), memory, pass), pass);
    }

    private Tensor headed(Tensor y, Pass pass) {
        return head == null ? y.matmul(target_embedding.weight().transpose()) : head.forward(y, pass);
    }

    /** A state that has read the sources. */
    public State start(Tensor source, int[] lengths, Pass pass) { return new State(decoder.start(encode(source, lengths, pass), pass)); }

    /** Logits (batch, T, tokens) after targets that follow those of the state. */
    public Tensor forward(Tensor target, State state, Pass pass) {
        return headed(decoder.forward(target_embedding.forward(target, pass), state.decoder, pass), pass);
    }

    /** For a {@link BeamSearch} over all sources at once. @param begin the token before the first */
    public BeamSearch.Steps steps(Tensor sources, int[] lengths, int begin) {
        return new BeamSearch.Steps() {
            private State state;

            @Override public double[][] begin() {
                state = start(sources, lengths, Pass.inference());
                var first = new int[(int) sources.size(0)];
                Arrays.fill(first, begin);
                return read(first);
            }

            @Override public double[][] next(int[] parents, int[] tokens) {
                state = state.fork(parents);
                return read(tokens);
            }

            private double[][] read(int[] tokens) {
                return forward(Tensor.of(tokens, tokens.length, 1), state, Pass.inference()).squeeze(1).logSoftmax(-1).toRows();
            }
        };
    }
}
