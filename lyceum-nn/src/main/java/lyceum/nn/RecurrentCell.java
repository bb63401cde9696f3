package lyceum.nn;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * What is done at every step of a sequence, with the same weights: {@code state' = f(x, state)}. What an {@link Rnn} is made of.
 *
 * <p>A step has two halves. {@link #project} is all that does not need the state, and is computed for the whole sequence at once; {@link #next} is the
 * rest, with one product for all gates. A cell whose states need no loop at all overrides {@link #run}. The state's tensor {@code h} is what goes out.
 */
public abstract class RecurrentCell extends Module {
    private final int inputs, outputs;

    /** All outputs (T, batch, outputs), and the state after each example's last step. */
    public record Sequence(Tensor outputs, RecurrentState state) {}

    protected RecurrentCell(int inputs, int outputs) {
        if (inputs < 1 || outputs < 1) throw new IllegalArgumentException(
                getClass().getSimpleName() + ": " + inputs + " inputs and " + outputs + " outputs; both are at least 1");
        this.inputs = inputs;
        this.outputs = outputs;
    }

    /** Width of x. */
    public final int inputs() { return inputs; }

    /** Width of {@code h}. */
    public final int outputs() { return outputs; }

    /** Where a sequence begins. */
    public abstract RecurrentState initial(long batch);

    /** What the input adds, (.., inputs) to (.., gates): for one step or for all. */
    protected abstract Tensor project(Tensor x);

    /** One step from what {@link #project} gave, (batch, gates). */
    protected abstract RecurrentState next(Tensor projected, RecurrentState state, Pass pass);

    /** One step. @param x (batch, inputs) */
    public final RecurrentState step(Tensor x, RecurrentState state, Pass pass) {
        if (x.rank() != 2 || x.size(1) != inputs)
            throw new ShapeException(getClass().getSimpleName() + ".step: input " + x.shape() + "; it is (batch, " + inputs + ")");
        return next(project(x), state, pass);
    }

    /** {@code h} after one step from the initial state. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return step(x, initial(x.size(0)), pass).get("h"); }

    /**
     * A whole sequence.
     *
     * @param x (T, batch, inputs)
     * @param lengths steps of each example, or null for T; beyond them outputs are zero and the state stands still
     * @param backward from the last step to the first
     */
    protected Sequence run(Tensor x, RecurrentState initial, int[] lengths, boolean backward, Pass pass) {
        int steps = (int) x.size(0);
        int shortest = lengths == null ? steps : Arrays.stream(lengths).min().orElse(steps);
        var projected = project(x);
        var outputs = new Tensor[steps];
        var state = initial;
        for (int i = 0; i < steps; i++) {
            int t = backward ? steps - 1 - i : i;
            var after = next(projected.select(0, t), state, pass);
            if (t < shortest) {
                state = after;
                outputs[t] = after.get("h");
                continue;
            }
            var live = live(lengths, t);
            state = after.where(live, state);
            outputs[t] = live.unsqueeze(1).where(after.get("h"), after.get("h").zerosLike());
        }
        return new Sequence(Tensor.stack(0, outputs), state);
    }

    private static Tensor live(int[] lengths, int t) {
        var live = new boolean[lengths.length];
        for (int i = 0; i < live.length; i++) live[i] = t < lengths[i];
        return Tensor.of(live);
    }

    /** A parameter that is uniform within {@code 1 / sqrt(units)}, as PyTorch draws all of a recurrent layer's. */
    protected static Tensor parameter(Rng rng, DType dtype, long units, long... shape) {
        return Init.torchLinear(units).sample(rng, dtype, shape).compute().requiresGrad();
    }
}
