package lyceum.nn;

import lyceum.random.Rng;

/**
 * Gated recurrent units over sequences: an {@link Rnn} of {@link GruCell}s.
 *
 * @see <a href="https://arxiv.org/abs/1406.1078">Cho et al. (2014)</a>
 */
public final class Gru extends Rnn {
    /** Reset after the product, as in PyTorch. */
    public Gru(RnnConfig config, Rng rng) { this(config, true, rng); }

    /** @param resetAfter false for the paper's form, which resets the state before the product */
    public Gru(RnnConfig config, boolean resetAfter, Rng rng) {
        super(config, (inputs, r) -> new GruCell(inputs, config.units(), resetAfter, config.bias(), config.dtype(), r), rng);
    }
}
