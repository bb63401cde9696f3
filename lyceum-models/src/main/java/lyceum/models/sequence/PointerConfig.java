package lyceum.models.sequence;

import java.util.Objects;
import lyceum.nn.RnnConfig;
import lyceum.nn.TransformerConfig;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of a {@link PointerNetwork}.
 *
 * @param inputs numbers of an element: 1 to sort numbers, 2 for points in the plane
 * @param width of its embedding, of the encoder and of the decoder
 * @param reader what reads the elements
 * @param layers of the reader
 * @param once whether an element may be pointed at once only
 */
@Withers
public record PointerConfig(int inputs, int width, Reader reader, int layers, boolean once) implements PointerConfigWithers {

    /** What reads the elements. */
    public enum Reader {
        /** An LSTM, in their order (Vinyals et al. 2015). */
        LSTM,
        /** Attention without positions: a set has no order. */
        SET
    }

    public PointerConfig {
        Objects.requireNonNull(reader, "reader");
        if (inputs < 1 || width < 4 || width % 4 != 0 || layers < 1) throw new IllegalArgumentException("PointerConfig: " + inputs
                + " inputs, width " + width + ", " + layers + " layers; at least 1, a multiple of 4, at least 1");
    }

    /** Reads a set with one layer and points at each element once. */
    public PointerConfig(int inputs, int width) { this(inputs, width, Reader.SET, 1, true); }

    SourceEncoder encoder(Rng rng) {
        return reader == Reader.LSTM ? SourceEncoder.Recurrent.lstm(new RnnConfig(width, width).withLayers(layers), rng)
                : new SourceEncoder.Attentive(
                        TransformerConfig.original(width, 4, 2 * width).withPlacement(TransformerConfig.Placement.PRE), layers, null, false,
                        rng);
    }
}
