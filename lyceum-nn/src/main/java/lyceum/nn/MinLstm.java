package lyceum.nn;

import lyceum.random.Rng;

/**
 * minLSTM and minGRU over sequences: an {@link Rnn} of {@link MinLstmCell}s, trained in about {@code 2 log2 T} dependent rounds instead of T.
 *
 * {@snippet :
 * var network = new MinLstm(new RnnConfig(64, 128).withLayers(3), Rng.of(1));
 * Tensor y = network.forward(x);                                   // all steps by a scan
 * var out = network.step(x_t, state, Pass.inference());            // the same, step by step
 * }
 *
 * @see <a href="https://arxiv.org/abs/2410.01201">Feng et al. (2024)</a>
 */
public final class MinLstm extends Rnn {
    /** minLSTM with a plain scan of the whole sequence. */
    public MinLstm(RnnConfig config, Rng rng) { this(config, new MinLstmVariant(), rng); }

    public MinLstm(RnnConfig config, MinLstmVariant variant, Rng rng) {
        super(config, (inputs, r) -> new MinLstmCell(inputs, config.units(), variant, config.bias(), config.dtype(), r), rng);
    }
}
