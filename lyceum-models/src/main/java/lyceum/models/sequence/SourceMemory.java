package lyceum.models.sequence;

import lyceum.nn.RecurrentState;
import lyceum.tensor.Tensor;

/**
 * What an encoder hands over: a state for each place of the source, and, if it is recurrent, the state that it ended with.
 *
 * @param states (batch, places, width)
 * @param lengths places of each source that are no padding; null if all are full
 * @param last {@code h} (and {@code c}) of each layer, both directions side by side; null if there is none
 */
public record SourceMemory(Tensor states, int[] lengths, RecurrentState last) {
    /** BOOL (batch, places), false where padding stands; null if there is none. */
    public Tensor seen() { return lengths == null ? null : Tensor.arange(states.size(1)).lt(Tensor.of(lengths).unsqueeze(1)); }
}
