package lyceum.models.sequence;

import java.util.Objects;
import lyceum.DType;
import lyceum.nn.Embedding;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.RnnConfig;
import lyceum.nn.SinusoidalPositions;
import lyceum.nn.TransformerConfig;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of a {@link Seq2Seq}.
 *
 * @param sourceTokens different source tokens, the three marks among them
 * @param targetTokens different target tokens
 * @param body what encoder and decoder are made of
 * @param look how a recurrent decoder looks at the source; a transformer always does
 * @param width of embeddings; of the whole stream in a transformer
 * @param units of a recurrent layer (each direction has as many), or hidden units of a transformer's feed-forward half
 * @param layers of the encoder, and of the decoder
 * @param bidirectional whether a recurrent encoder reads both ways
 * @param feeding whether a Luong decoder's attentional state is input beside the next token
 * @param reversed whether sources are read from their end (Sutskever)
 * @param heads of a transformer
 * @param dropout between layers, in [0, 1)
 * @param shared whether source, target and output have one table of embeddings; tokens are then as many, and the decoder as wide as it
 * @param pad fills up short sequences, {@code begin} stands before a target's first token, {@code end} after its last
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record Seq2SeqConfig(int sourceTokens, int targetTokens, Body body, TargetDecoder.Look look, int width, int units, int layers,
        boolean bidirectional, boolean feeding, boolean reversed, int heads, double dropout, boolean shared, int pad, int begin, int end,
        DType dtype) implements Seq2SeqConfigWithers {

    /** What encoder and decoder are made of. */
    public enum Body {
        GRU, LSTM, TRANSFORMER
    }

    public Seq2SeqConfig {
        Objects.requireNonNull(body, "body");
        Objects.requireNonNull(look, "look");
        if (sourceTokens < 1 || targetTokens < 3 || width < 1 || units < 1 || layers < 1 || heads < 1)
            throw new IllegalArgumentException("Seq2SeqConfig: " + sourceTokens + " and " + targetTokens + " tokens, width " + width
                    + ", units " + units + ", layers " + layers + ", heads " + heads + "; each is at least 1, target tokens 3");
        if (pad == begin || pad == end || begin == end || Math.min(pad, Math.min(begin, end)) < 0 || Math.max(begin, end) >= targetTokens)
            throw new IllegalArgumentException("Seq2SeqConfig: pad " + pad + ", begin " + begin + " and end " + end + " are three of "
                    + targetTokens + " target tokens");
        if (shared && sourceTokens != targetTokens) throw new IllegalArgumentException(
                "Seq2SeqConfig: " + sourceTokens + " source tokens and " + targetTokens + " cannot share a table");
    }

    /** A GRU of one layer that reads both ways and looks additively; marks are 0, 1 and 2; F32. */
    public Seq2SeqConfig(int sourceTokens, int targetTokens, int width, int units) {
        this(sourceTokens, targetTokens, Body.GRU, TargetDecoder.Look.ADDITIVE, width, units, 1, true, false, false, 4, 0, false, 0, 1, 2,
                DType.F32);
    }

    /** A model with first weights. */
    public EncoderDecoder build(Rng rng) {
        var table = table(sourceTokens, rng);
        var target = shared ? table : table(targetTokens, rng);
        boolean attentive = body == Body.TRANSFORMER;
        var encoder = attentive ? reader(rng) : recurrent(rng);
        var decoder = attentive
                ? new TargetDecoder.Attentive(transformer(), layers, new SinusoidalPositions(width, 10_000, true, 1, dropout), false, rng)
                : new TargetDecoder.Recurrent(rnn(width).withBidirectional(false), body == Body.LSTM, look, feeding, encoder.outputs(),
                        rng);
        var head = shared ? null : new Linear(decoder.outputs(), targetTokens, true, dtype, Init.torchLinear(decoder.outputs()), rng);
        return new EncoderDecoder(table, target, encoder, decoder, head);
    }

    private Embedding table(int tokens, Rng rng) {
        return new Embedding(Init.normal(shared ? 1 / Math.sqrt(width) : 1).sample(rng, dtype, tokens, width));
    }

    private SourceEncoder reader(Rng rng) {
        return new SourceEncoder.Attentive(transformer(), layers, new SinusoidalPositions(width, 10_000, true, 1, dropout), false, rng);
    }

    private SourceEncoder recurrent(Rng rng) {
        return body == Body.LSTM ? SourceEncoder.Recurrent.lstm(rnn(width), rng) : SourceEncoder.Recurrent.gru(rnn(width), rng);
    }

    private RnnConfig rnn(int inputs) {
        return new RnnConfig(inputs, units).withLayers(layers).withBidirectional(bidirectional).withDropout(dropout).withDtype(dtype);
    }

    private TransformerConfig transformer() {
        var config = TransformerConfig.original(width, heads, units).withPlacement(TransformerConfig.Placement.PRE).withDropout(dropout);
        return config.withAttention(config.attention().withDtype(dtype));
    }
}
