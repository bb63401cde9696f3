package lyceum.nn;

import lyceum.random.Rng;
import lyceum.tensor.ShapesOnly;

/** The choices of a {@link SequenceMixer}: how a {@link TransformerConfig} names what its blocks mix positions with. */
public interface MixerConfig {
    /** Of the input and the output. */
    int width();

    /** A layer with first weights. */
    SequenceMixer build(Rng rng);

    /** Numbers in its parameters. */
    default long parameterCount() { return ShapesOnly.run(() -> build(Rng.of(0)).parameterCount()); }
}
