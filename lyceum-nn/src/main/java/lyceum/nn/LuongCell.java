package lyceum.nn;

import java.util.LinkedHashMap;
import lyceum.tensor.Tensor;

/**
 * A decoder's step with Luong's attention: the state after the step looks at the source, and what comes of both goes out, and back in with the next input.
 *
 * <pre>
 * s' = cell([x; h], s)     h' = tanh(W_c [attention(s', source); s'])
 * </pre>
 *
 * <p>Without input feeding the cell sees x alone; then a whole target may as well be run through the cell, and {@link LuongAttention#read} be asked once.
 * The source travels in the state as it does in a {@link BahdanauCell}'s; {@code weights} (batch, places) are those of the last step.
 *
 * @see <a href="https://arxiv.org/abs/1508.04025">Luong, Pham and Manning (2015), section 3.3</a>
 */
public final class LuongCell extends RecurrentCell {
    private final RecurrentCell cell;
    private final LuongAttention attention;
    private final boolean feeding;

    /** @param feeding whether the cell's inputs are x and the attentional state before it, or x alone */
    public LuongCell(RecurrentCell cell, LuongAttention attention, boolean feeding) {
        super(cell.inputs() - (feeding ? attention.config().outputs() : 0), attention.config().outputs());
        if (cell.outputs() != attention.config().queryWidth()) throw new IllegalArgumentException(
                "LuongCell: a cell of " + cell.outputs() + " outputs for queries of width " + attention.config().queryWidth());
        this.cell = cell;
        this.attention = attention;
        this.feeding = feeding;
    }

    /** The cell within. */
    public RecurrentCell cell() { return cell; }

    /**
     * The state in which a sequence begins.
     *
     * @param first of the {@linkplain #cell cell within}, such as its {@code initial(batch)} or what an encoder ended with
     * @param source (batch, places, width)
     * @param seen BOOL (batch, places), false where padding stands; or null
     */
    public RecurrentState begin(RecurrentState first, Tensor source, Tensor seen) {
        var all = new LinkedHashMap<String, Tensor>();
        all.put("h", Tensor.zeros(source.dtype(), source.size(0), outputs()));
        all.put("step", Tensor.zeros(source.dtype(), source.size(0), 1));
        all.put("weights", Tensor.zeros(source.dtype(), source.size(0), source.size(1)));
        all.put("source", source);
        if (seen != null) all.put("seen", seen);
        first.tensors().forEach((name, t) -> all.put("cell." + name, t));
        return RecurrentState.of(all);
    }

    /** @throws IllegalStateException always: what is read must be given to {@link #begin} */
    @Override public RecurrentState initial(long batch) {
        throw new IllegalStateException("LuongCell: there is no state without a source; give one to begin(..)");
    }

    @Override protected Tensor project(Tensor x) { return x; }

    @Override protected RecurrentState next(Tensor x, RecurrentState state, Pass pass) {
        var after = cell.step(feeding ? Tensor.concat(1, x, state.get("h")) : x, state.part("cell"), pass);
        var read = attention.read(after.get("h").unsqueeze(1), state.get("source"), state.tensors().get("seen"), state.get("step"), pass);
        var all = new LinkedHashMap<>(state.tensors());
        all.put("h", read.hidden().squeeze(1));
        all.put("step", state.get("step").add(1));
        all.put("weights", read.weights().squeeze(1));
        after.tensors().forEach((name, t) -> all.put("cell." + name, t));
        return RecurrentState.of(all);
    }
}
