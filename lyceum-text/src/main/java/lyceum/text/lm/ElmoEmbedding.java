package lyceum.text.lm;

import java.util.Objects;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * Words in their context as the first layer of a task's network: ids (batch, T) to vectors (batch, T, 2 width), the {@link ElmoMix} of an {@link Elmo}'s
 * layers. {@code freeze("elmo.*")} keeps the language model as it is, so that the mix alone learns with the task.
 */
public final class ElmoEmbedding extends Module {
    private final Elmo elmo;
    private final ElmoMix mix;

    /** With a mix of its own. */
    public ElmoEmbedding(Elmo elmo) {
        this.elmo = Objects.requireNonNull(elmo, "elmo");
        mix = new ElmoMix(elmo.depth());
    }

    public Elmo elmo() { return elmo; }

    public ElmoMix mix() { return mix; }

    @Override protected Tensor compute(Tensor ids, Pass pass) { return mix.forward(elmo.forward(ids, pass), pass); }

    /** Texts of several lengths; see {@link Elmo#layers(Tensor, int[], Pass)}. */
    public Tensor forward(Tensor ids, int[] lengths, Pass pass) {
        return emit(ids, mix.forward(elmo.layers(ids, lengths, pass), pass), pass);
    }
}
