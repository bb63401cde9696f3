package lyceum.nn;

import java.util.LinkedHashMap;
import lyceum.tensor.Tensor;

/**
 * A decoder's step with additive attention: the state before the step looks at the source, and what it reads is input beside x.
 *
 * <pre>
 * c = attention(s, source)     s' = cell([x; c], s)     h = [s'; c]
 * </pre>
 *
 * {@snippet :
 * var decoder = new Rnn(new RnnConfig(32, 64),
 *         (inputs, r) -> new BahdanauCell(new GruCell(inputs + 128, 64, true, true, DType.F32, r), new BahdanauAttention(64, 128, 64, r)), rng);
 * var cell = (BahdanauCell) decoder.cell("l0");
 * var begin = RecurrentState.join(new TreeMap<>(Map.of("l0", cell.begin(cell.cell().initial(batch), states, seen))));
 * Tensor y = decoder.run(words, begin, pass).outputs();             // (batch, T, 64 + 128)
 * }
 *
 * <p>The source travels in the state, so that a beam search may pick rows of it; {@code weights} (batch, places) are those of the last step.
 *
 * @see <a href="https://arxiv.org/abs/1409.0473">Bahdanau, Cho and Bengio (2015)</a>
 */
public final class BahdanauCell extends RecurrentCell {
    private final RecurrentCell cell;
    private final BahdanauAttention attention;

    /** @param cell its inputs are those of this one and a context; what it puts out is the query */
    public BahdanauCell(RecurrentCell cell, BahdanauAttention attention) {
        super(cell.inputs() - attention.sourceWidth(), cell.outputs() + attention.sourceWidth());
        if (cell.outputs() != attention.queryWidth()) throw new IllegalArgumentException(
                "BahdanauCell: a cell of " + cell.outputs() + " outputs for queries of width " + attention.queryWidth());
        this.cell = cell;
        this.attention = attention;
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
        var ready = attention.source(source, seen);
        var all = new LinkedHashMap<String, Tensor>();
        all.put("h", Tensor.zeros(source.dtype(), source.size(0), outputs()));
        all.put("weights", Tensor.zeros(source.dtype(), source.size(0), source.size(1)));
        all.put("source", ready.values());
        all.put("projected", ready.projected());
        if (seen != null) all.put("seen", seen);
        if (attention.hasCoverage()) all.put("coverage", Tensor.zeros(source.dtype(), source.size(0), 1, source.size(1)));
        first.tensors().forEach((name, t) -> all.put("cell." + name, t));
        return RecurrentState.of(all);
    }

    /** @throws IllegalStateException always: what is read must be given to {@link #begin} */
    @Override public RecurrentState initial(long batch) {
        throw new IllegalStateException("BahdanauCell: there is no state without a source; give one to begin(..)");
    }

    @Override protected Tensor project(Tensor x) { return x; }

    @Override protected RecurrentState next(Tensor x, RecurrentState state, Pass pass) {
        var before = state.part("cell");
        var source = new BahdanauAttention.Source(state.get("source"), state.get("projected"), state.tensors().get("seen"));
        var read = attention.read(before.get("h").unsqueeze(1), source, state.tensors().get("coverage"), pass);
        var context = read.context().squeeze(1);
        var after = cell.step(Tensor.concat(1, x, context), before, pass);
        var all = new LinkedHashMap<>(state.tensors());
        all.put("h", Tensor.concat(1, after.get("h"), context));
        all.put("weights", read.weights().squeeze(1));
        if (read.coverage() != null) all.put("coverage", read.coverage());
        after.tensors().forEach((name, t) -> all.put("cell." + name, t));
        return RecurrentState.of(all);
    }
}
