package lyceum.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A recurrent network: layers of {@link RecurrentCell}s over sequences, in one direction or both. With {@link RnnCell}s it is the simple one; {@link Lstm},
 * {@link Gru} and {@link MinLstm} are others.
 *
 * {@snippet :
 * var rnn = new Rnn(new RnnConfig(8, 64).withLayers(2), Rng.of(1));
 * Tensor all = rnn.forward(x);                                      // (batch, T, 8) to (batch, T, 64)
 * var out = rnn.run(x, null, lengths, Pass.training(rng));          // sequences of several lengths; out.state() is that after the last step of each
 * Tensor verdict = rnn.last(out.state());                           // (batch, 64): one answer for a whole sequence
 * for (var step : stream) out = rnn.step(step, out.state(), Pass.inference());   // step by step, in constant memory
 * }
 *
 * <p>Parameters are named and laid out as PyTorch's: {@code weight_ih_l0}, {@code weight_hh_l0}, {@code bias_ih_l0}, {@code bias_hh_l0}, then
 * {@code ..._l0_reverse} and {@code ..._l1}. Modules, for hooks, are {@code l0}, {@code l0_reverse}, {@code l1}. The state's tensors are {@code l0.h} and
 * so on, each (batch, width); {@link RecurrentState#stacked} gives PyTorch's {@code h_n}.
 *
 * @see <a href="https://doi.org/10.1207/s15516709cog1402_1">Elman (1990)</a>
 */
public class Rnn extends Module {
    private static final String REVERSE = "_reverse";
    private final RnnConfig config;
    private final SequencedMap<String, RecurrentCell> cells = new LinkedHashMap<>();

    /** Makes the cell of a layer and direction. */
    @FunctionalInterface
    public interface Cells {
        RecurrentCell make(int inputs, Rng rng);
    }

    /** The outputs of all steps in the network's layout, or of one step (batch, width), and the state to go on from. */
    public record Output(Tensor outputs, RecurrentState state) {}

    /** With tanh. */
    public Rnn(RnnConfig config, Rng rng) { this(config, Activation.TANH, rng); }

    /** With another activation: {@link Activation#RELU}, or {@link Activation#IDENTITY} for a linear recurrence. */
    public Rnn(RnnConfig config, Activation activation, Rng rng) {
        this(config, (inputs, r) -> new RnnCell(inputs, config.units(), activation, config.bias(), config.dtype(), r), rng);
    }

    /** Of any cell. */
    public Rnn(RnnConfig config, Cells cells, Rng rng) {
        this.config = Objects.requireNonNull(config, "config");
        int inputs = config.inputs();
        for (int l = 0; l < config.layers(); l++) {
            for (int d = 0; d < config.directions(); d++) this.cells.put("l" + l + (d == 0 ? "" : REVERSE), cells.make(inputs, rng));
            inputs = config.directions() * cell("l" + l).outputs();
        }
    }

    /**
     * Elman's simple recurrent network of 1990: hidden units, copied one to one into context units that are input at the next step.
     *
     * @param activation {@link Activation#SIGMOID} as in the paper, or TANH
     * @param full whether gradients flow through the copies, back to the start; false for the paper's plain backpropagation at each step
     */
    public static Rnn elman(RnnConfig config, Activation activation, boolean full, Rng rng) {
        return new Rnn(config, (inputs, r) -> new RnnCell(inputs, config.units(), activation, !full, config.bias(), config.dtype(), r),
                rng);
    }

    public final RnnConfig config() { return config; }

    /** Width of an output: of both directions. */
    public final int outputs() { return config.directions() * cells.lastEntry().getValue().outputs(); }

    /** The cells by name, first layer first. */
    public final SequencedMap<String, RecurrentCell> cells() { return Collections.unmodifiableSequencedMap(cells); }

    /** @throws IllegalArgumentException if there is none of that name */
    public final RecurrentCell cell(String name) {
        var cell = cells.get(name);
        if (cell == null) throw new IllegalArgumentException("Rnn: there is no cell " + name + "; there are " + cells.keySet());
        return cell;
    }

    /** Where sequences begin: zeros. */
    public final RecurrentState initial(long batch) {
        var parts = new LinkedHashMap<String, RecurrentState>();
        cells.forEach((name, cell) -> parts.put(name, cell.initial(batch)));
        return RecurrentState.join(parts);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return sequences(x, null, null, pass).outputs; }

    /** Whole sequences of one length. @param initial null for zeros */
    public final Output run(Tensor x, RecurrentState initial, Pass pass) { return run(x, initial, null, pass); }

    /**
     * Whole sequences.
     *
     * @param x in the network's layout
     * @param initial null for zeros
     * @param lengths steps of each example, or null if all are full; what stands beyond is not read, outputs there are zero, and each direction sees
     *        an example's own steps only: as PyTorch's packed sequences, in any order
     */
    public final Output run(Tensor x, RecurrentState initial, int[] lengths, Pass pass) {
        var out = sequences(x, initial, lengths, pass);
        return new Output(emit(x, out.outputs, pass), out.state);
    }

    private Output sequences(Tensor x, RecurrentState initial, int[] lengths, Pass pass) {
        if (x.rank() != 3 || x.size(2) != config.inputs() || x.size(0) == 0 || x.size(1) == 0) throw new ShapeException("Rnn: input "
                + x.shape() + "; it is " + (config.batchFirst() ? "(batch, T, " : "(T, batch, ") + config.inputs() + ") and not empty");
        var y = config.batchFirst() ? x.transpose(0, 1) : x;
        check(lengths, y);
        if (lengths != null) y = withoutPadding(y, lengths);
        var before = initial == null ? initial(y.size(1)) : initial;
        if (before.batch() != y.size(1))
            throw new ShapeException("Rnn: the initial state is of " + before.batch() + " examples, the input of " + y.size(1));
        var after = new LinkedHashMap<String, RecurrentState>();
        for (int l = 0; l < config.layers(); l++) {
            if (l > 0) y = new Dropout(config.dropout()).forward(y, pass);
            var sides = new ArrayList<Tensor>();
            for (int d = 0; d < config.directions(); d++) {
                var name = "l" + l + (d == 0 ? "" : REVERSE);
                var done = cell(name).run(y, before.part(name), lengths, d == 1, pass);
                sides.add(done.outputs());
                after.put(name, done.state());
            }
            y = sides.size() == 1 ? sides.getFirst() : Tensor.concat(2, sides.toArray(Tensor[]::new));
        }
        return new Output(config.batchFirst() ? y.transpose(0, 1) : y, RecurrentState.join(after));
    }

    private static void check(int[] lengths, Tensor x) {
        if (lengths == null) return;
        if (lengths.length != x.size(1)) throw new ShapeException("Rnn: " + lengths.length + " lengths for " + x.size(1) + " examples");
        for (int n : lengths)
            if (n < 1 || n > x.size(0)) throw new IllegalArgumentException("Rnn: a length of " + n + "; it lies in 1 .. " + x.size(0));
    }

    /** Padding may hold anything, NaN included, and its gradient is zero. */
    private static Tensor withoutPadding(Tensor x, int[] lengths) {
        var beyond = Tensor.arange(x.size(0)).reshape(-1, 1).ge(Tensor.of(lengths).reshape(1, -1));
        return x.maskedFill(beyond.unsqueeze(2), 0);
    }

    /** One step of every layer. @param x (batch, inputs) @throws IllegalStateException if a direction reads from the end */
    public final Output step(Tensor x, RecurrentState state, Pass pass) {
        if (config.bidirectional()) throw new IllegalStateException("step: a bidirectional network needs the whole sequence; use run");
        var after = new LinkedHashMap<String, RecurrentState>();
        var y = x;
        for (var entry : cells.entrySet()) {
            if (y != x) y = new Dropout(config.dropout()).forward(y, pass);
            var next = entry.getValue().step(y, state.part(entry.getKey()), pass);
            after.put(entry.getKey(), next);
            y = next.get("h");
        }
        return new Output(y, RecurrentState.join(after));
    }

    /** The last layer's {@code h}, of both directions: (batch, width). Each direction has seen the whole of its example. */
    public final Tensor last(RecurrentState state) {
        var top = "l" + (config.layers() - 1);
        var forward = state.part(top).get("h");
        return config.bidirectional() ? Tensor.concat(1, forward, state.part(top + REVERSE).get("h")) : forward;
    }

    /** The mean of each example's outputs: (batch, width). @param lengths null if all are full */
    public final Tensor mean(Tensor outputs, int[] lengths) {
        int axis = config.batchFirst() ? 1 : 0;
        if (lengths == null) return outputs.mean(axis);
        return outputs.sum(axis).div(Tensor.of(lengths).to(outputs.dtype()).unsqueeze(1));
    }

    /**
     * One to many: from a first input, each later input is made of the output before it.
     *
     * @param first (batch, inputs)
     * @param feedback an output (batch, width) to the next input
     * @return the outputs of all steps in the network's layout
     */
    public final Output unroll(Tensor first, RecurrentState initial, int steps, UnaryOperator<Tensor> feedback, Pass pass) {
        if (steps < 1) throw new IllegalArgumentException("unroll: " + steps + " steps; at least 1");
        var outputs = new Tensor[steps];
        var x = first;
        var state = initial == null ? initial(first.size(0)) : initial;
        for (int t = 0; t < steps; t++) {
            if (t > 0) x = feedback.apply(outputs[t - 1]);
            var out = step(x, state, pass);
            outputs[t] = out.outputs;
            state = out.state;
        }
        return new Output(Tensor.stack(config.batchFirst() ? 1 : 0, outputs), state);
    }

    /**
     * The gates of a cell at every step of a run, by name: of an {@link LstmCell} {@code input}, {@code forget}, {@code candidate}, {@code output} and
     * {@code memory}, of a {@link GruCell} {@code reset}, {@code update} and {@code candidate}, of a {@link MinLstmCell} {@code forget}, {@code input} and {@code candidate}. Each is (T, batch, units), in the order of time.
     *
     * @param cell {@code l0}, {@code l0_reverse}, ...
     */
    public final SequencedMap<String, Tensor> gates(Tensor x, String cell) {
        cell(cell);
        var seen = new LinkedHashMap<String, List<Tensor>>();
        var hooks = Hooks.of(this);
        hooks.on(cell + ".*", (name, in, out) -> {
            var steps = seen.computeIfAbsent(name.substring(cell.length() + 1), n -> new ArrayList<>());
            if (cell.endsWith(REVERSE)) steps.addFirst(out.rank() == 3 ? out.flip(0) : out); // stretches of a scan run backward, too
            else steps.add(out);
            return out;
        });
        run(x, null, Pass.inference().with(hooks));
        var gates = new LinkedHashMap<String, Tensor>();
        seen.forEach((name, steps) -> gates.put(name, steps.getFirst().rank() == 3 ? Tensor.concat(0, steps.toArray(Tensor[]::new))
                : Tensor.stack(0, steps.toArray(Tensor[]::new))));
        return gates;
    }

    @Override protected String nameOf(String field) { return field.equals("cells") ? "" : super.nameOf(field); }

    @Override protected String nameOf(String child, String tensor) {
        return cells.containsKey(child) ? tensor + "_" + child : super.nameOf(child, tensor);
    }
}
