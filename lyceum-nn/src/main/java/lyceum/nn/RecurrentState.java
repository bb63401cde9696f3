package lyceum.nn;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.format.Safetensors;
import lyceum.tensor.Tensor;

/**
 * What a model carries from one step to the next: named tensors whose first axis is the batch. A recurrent network has {@code l0.h} and so on, an LSTM
 * {@code l0.c} as well, a state-space model its channels, an attention layer its keys and values; what is done with a state does not depend on which.
 *
 * {@snippet :
 * var first = lstm.run(early, null, Pass.inference());
 * first.state().save(path);                                        // and RecurrentState.load(path), in another JVM
 * var later = lstm.run(late, first.state().detach(), Pass.inference());   // as if both had been one sequence
 * state.rows(2, 2, 0);                                             // a beam search keeps hypotheses 2, 2 and 0
 * state.reset(false, true, false);                                 // example 1 starts a new document
 * }
 *
 * <p>Every operation treats all tensors alike, so that none can be forgotten. Immutable.
 */
public final class RecurrentState {
    private final SequencedMap<String, Tensor> tensors;

    private RecurrentState(SequencedMap<String, Tensor> tensors) { this.tensors = tensors; }

    /**
     * @param tensors by name, batch first
     * @throws ShapeException if there is none, or if their batches differ
     */
    public static RecurrentState of(SequencedMap<String, Tensor> tensors) {
        if (tensors.isEmpty()) throw new ShapeException("RecurrentState: no tensors");
        long batch = -1;
        for (var entry : tensors.entrySet()) {
            var t = entry.getValue();
            if (t.rank() == 0 || batch >= 0 && t.size(0) != batch) throw new ShapeException("RecurrentState: " + entry.getKey()
                    + " has shape " + t.shape() + "; its first axis is the batch" + (batch < 0 ? "" : " of " + batch));
            batch = t.size(0);
        }
        return new RecurrentState(Collections.unmodifiableSequencedMap(new LinkedHashMap<>(tensors)));
    }

    /** One tensor. */
    public static RecurrentState of(String name, Tensor value) { return of(new LinkedHashMap<>(Map.of(name, value))); }

    /** Two tensors. */
    public static RecurrentState of(String first, Tensor a, String second, Tensor b) {
        var both = new LinkedHashMap<String, Tensor>();
        both.put(first, a);
        both.put(second, b);
        return of(both);
    }

    /** The states of parts as one: {@code part.name}. */
    public static RecurrentState join(SequencedMap<String, RecurrentState> parts) {
        var all = new LinkedHashMap<String, Tensor>();
        parts.forEach((part, state) -> state.tensors.forEach((name, t) -> all.put(part + "." + name, t)));
        return of(all);
    }

    /** What {@link #join} put under that part's name. */
    public RecurrentState part(String part) {
        var own = new LinkedHashMap<String, Tensor>();
        tensors.forEach((name, t) -> { if (name.startsWith(part + ".")) own.put(name.substring(part.length() + 1), t); });
        if (own.isEmpty())
            throw new IllegalArgumentException("RecurrentState: no part is named " + part + "; there are " + tensors.keySet());
        return new RecurrentState(own);
    }

    /** All tensors by name. */
    public SequencedMap<String, Tensor> tensors() { return tensors; }

    /** @throws IllegalArgumentException if there is none of that name */
    public Tensor get(String name) {
        var t = tensors.get(name);
        if (t == null) throw new IllegalArgumentException("RecurrentState: there is no " + name + "; there are " + tensors.keySet());
        return t;
    }

    /** The tensors whose name ends so ({@code h}, {@code c}), stacked as PyTorch's {@code h_n} and {@code c_n} are: (layers directions, batch, width). */
    public Tensor stacked(String end) {
        var parts = tensors.entrySet().stream().filter(e -> e.getKey().equals(end) || e.getKey().endsWith("." + end))
                .map(Map.Entry::getValue).toArray(Tensor[]::new);
        if (parts.length == 0)
            throw new IllegalArgumentException("RecurrentState: no name ends in " + end + "; there are " + tensors.keySet());
        return Tensor.stack(0, parts);
    }

    /** Examples. */
    public long batch() { return tensors.firstEntry().getValue().size(0); }

    /** Numbers held for one example. */
    public long size() { return tensors.values().stream().mapToLong(t -> t.count() / Math.max(1, t.size(0))).sum(); }

    /** The same change of every tensor. */
    public RecurrentState map(UnaryOperator<Tensor> change) {
        var changed = new LinkedHashMap<String, Tensor>();
        tensors.forEach((name, t) -> changed.put(name, change.apply(t)));
        return of(changed);
    }

    /** Without the history: gradients end here. */
    public RecurrentState detach() { return map(Tensor::detach); }

    /** Those examples, in that order; one may come twice. */
    public RecurrentState rows(int... rows) { return map(t -> t.rows(rows)); }

    /** All batches in a row. @throws ShapeException if their names differ */
    public static RecurrentState concat(RecurrentState... states) {
        var first = states[0];
        for (var s : states)
            if (!s.tensors.keySet().equals(first.tensors.keySet()))
                throw new ShapeException("concat: a state of " + first.tensors.keySet() + " and one of " + s.tensors.keySet());
        var all = new LinkedHashMap<String, Tensor>();
        for (var name : first.tensors.keySet())
            all.put(name, Tensor.concat(0, Arrays.stream(states).map(s -> s.get(name)).toArray(Tensor[]::new)));
        return of(all);
    }

    /** This where {@code mine} is true, the other state elsewhere. @param mine (batch) of truths */
    public RecurrentState where(Tensor mine, RecurrentState other) {
        if (mine.rank() != 1 || mine.size(0) != batch())
            throw new ShapeException("where: a mask of shape " + mine.shape() + " for a batch of " + batch());
        var mixed = new LinkedHashMap<String, Tensor>();
        tensors.forEach((name, t) -> {
            var ones = new long[t.rank()];
            Arrays.fill(ones, 1);
            ones[0] = t.size(0);
            mixed.put(name, mine.reshape(ones).where(t, other.get(name)));
        });
        return new RecurrentState(mixed);
    }

    /** Zeros for the examples whose sequence has ended. */
    public RecurrentState reset(boolean... ended) { return reset(map(Tensor::zerosLike), ended); }

    /** The initial state for the examples whose sequence has ended. */
    public RecurrentState reset(RecurrentState initial, boolean... ended) {
        if (ended.length != batch()) throw new ShapeException("reset: " + ended.length + " marks for a batch of " + batch());
        return where(Tensor.of(ended).not(), initial);
    }

    /** Writes all tensors as safetensors, bit for bit. */
    public void save(Path path) throws IOException { Safetensors.write(path, tensors, Map.of("formatVersion", "1")); }

    /** Reads what {@link #save} wrote. @throws lyceum.FormatException if the file is none */
    public static RecurrentState load(Path path) throws IOException { return of(Safetensors.read(path).tensors()); }

    /**
     * How far a model's futures depend on anything but the state it carries: the largest difference between running sequences at once, and running
     * them in two parts of which the second knows the first by its state alone. Zero up to rounding where the state is all that is carried.
     *
     * @param x sequences, in the model's layout
     * @param cut steps of the first part, within the sequence
     */
    public static double insufficiency(Rnn model, Tensor x, int cut) {
        int axis = model.config().batchFirst() ? 1 : 0;
        long steps = x.size(axis);
        if (cut < 1 || cut >= steps) throw new IllegalArgumentException("insufficiency: cut after " + cut + " of " + steps + " steps");
        var first = model.run(x.narrow(axis, 0, cut), null, Pass.inference());
        var second = model.run(x.narrow(axis, cut, steps - cut), first.state(), Pass.inference());
        var whole = model.run(x, null, Pass.inference());
        double worst = Tensor.concat(axis, first.outputs(), second.outputs()).sub(whole.outputs()).abs().max().item();
        for (var name : List.copyOf(whole.state().tensors.keySet()))
            worst = Math.max(worst, second.state().get(name).sub(whole.state().get(name)).abs().max().item());
        return worst;
    }

    @Override public String toString() {
        return "RecurrentState" + tensors.entrySet().stream().map(e -> e.getKey() + " " + e.getValue().shape()).toList();
    }
}
