package lyceum.nn;

import lyceum.tensor.Tensor;

/**
 * What carries knowledge from one position of a sequence to others, (batch, T, width) to the same: attention, or what stands in its place in a
 * {@link TransformerBlock}. A whole sequence, and the same in parts with a {@link #start state} between them, give the same numbers.
 *
 * {@snippet :
 * var state = mixer.start();
 * Tensor y = mixer.forward(prompt, state, pass), next = mixer.forward(token, state, pass);
 * }
 */
public abstract class SequenceMixer extends Module {
    /** Of no positions. @throws UnsupportedOperationException if a position sees what comes after it */
    public abstract MixerState start();

    /** The positions x (batch, T, width) that follow those of the state, which then knows them as well. @param state from {@link #start} */
    public abstract Tensor forward(Tensor x, MixerState state, Pass pass);

    /** @throws IllegalArgumentException if a state is of another kind */
    protected static <S extends MixerState> S state(Class<S> kind, MixerState state) {
        if (kind.isInstance(state)) return kind.cast(state);
        throw new IllegalArgumentException("a state of kind " + (state == null ? "null" : state.getClass().getSimpleName())
                + "; this layer goes on from a " + kind.getSimpleName() + ", which start() gives");
    }
}
