package lyceum.nn;

import lyceum.random.Rng;

/**
 * Long short-term memory over sequences: an {@link Rnn} of {@link LstmCell}s, with {@code l0.h} and {@code l0.c} in its state.
 *
 * {@snippet :
 * var lstm = new Lstm(new RnnConfig(8, 64).withLayers(2), new LstmVariant().withProjection(32).withZoneoutC(0.1), Rng.of(1));
 * var gates = lstm.gates(x, "l0");        // "input", "forget", "candidate", "output", "memory", each (T, batch, 64)
 * }
 *
 * @see <a href="https://doi.org/10.1162/neco.1997.9.8.1735">Hochreiter and Schmidhuber (1997)</a>
 */
public final class Lstm extends Rnn {
    /** The usual cell with a forget bias of 1. */
    public Lstm(RnnConfig config, Rng rng) { this(config, new LstmVariant(), rng); }

    public Lstm(RnnConfig config, LstmVariant variant, Rng rng) {
        super(config, (inputs, r) -> new LstmCell(inputs, config.units(), variant, config.bias(), config.dtype(), r), rng);
    }
}
