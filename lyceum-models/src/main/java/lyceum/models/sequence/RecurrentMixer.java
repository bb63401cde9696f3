package lyceum.models.sequence;

import lyceum.ShapeException;
import lyceum.nn.MixerState;
import lyceum.nn.MixerSummary;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.nn.SequenceMixer;
import lyceum.tensor.Tensor;

/**
 * A {@link SequenceMixer} that knows what came before by a state of one size: whole sequences at once to learn, and step by step, or in chunks, to predict,
 * with the same numbers. A {@link lyceum.nn.TransformerConfig#mixer} may build one.
 *
 * {@snippet :
 * var first = layer.run(early, null, pass);
 * first.state().save(path);                                         // and RecurrentState.load(path) later
 * Tensor y = layer.run(late, first.state(), pass).y();              // as if both had been one sequence
 * }
 */
public abstract class RecurrentMixer extends SequenceMixer {
    private final int width;

    /** What comes out, (batch, T, width), and what to go on from. */
    public record Output(Tensor y, RecurrentState state) {}

    protected RecurrentMixer(int width) { this.width = width; }

    /** Of input and output. */
    public final int width() { return width; }

    /** Where a sequence begins. */
    public abstract RecurrentState initial(long batch);

    /** From a state, which is never null. */
    protected abstract Output through(Tensor x, RecurrentState before, Pass pass);

    /**
     * The positions x (batch, T, width) after a state; gradients go back through the state.
     *
     * @param before null for the beginning
     */
    public final Output run(Tensor x, RecurrentState before, Pass pass) {
        var out = checked(x, before, pass);
        return new Output(emit(x, out.y, pass), out.state);
    }

    private Output checked(Tensor x, RecurrentState before, Pass pass) {
        if (x.rank() != 3 || x.size(2) != width || x.size(0) == 0 || x.size(1) == 0) throw new ShapeException(
                getClass().getSimpleName() + ": input " + x.shape() + "; it is (batch, T, " + width + ") and not empty");
        if (before != null && before.batch() != x.size(0)) throw new ShapeException(
                getClass().getSimpleName() + ": a state of " + before.batch() + " sequences for an input of " + x.size(0));
        return through(x, before == null ? initial(x.size(0)) : before, pass);
    }

    @Override protected final Tensor compute(Tensor x, Pass pass) { return checked(x, null, pass).y; }

    @Override public final MixerSummary start() { return new MixerSummary(); }

    @Override public final Tensor forward(Tensor x, MixerState state, Pass pass) {
        var summary = state(MixerSummary.class, state);
        var out = run(x, summary.tensors(), pass);
        summary.follow(out.state, x.size(1));
        return out.y;
    }
}
