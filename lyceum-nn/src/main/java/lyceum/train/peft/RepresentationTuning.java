package lyceum.train.peft;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.format.Safetensors;
import lyceum.nn.Adapter;
import lyceum.nn.Hooks;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Edits of hidden states at the places where information flows: a frozen transformer's state h after a layer, at a chosen position, becomes
 * {@code h + R'(W h + b - R h)}, with R of orthonormal rows: what h says in a small subspace is written anew. Each edited layer trains
 * {@code rank (2 d + 1)} numbers.
 *
 * {@snippet :
 * var flow = RepresentationTuning.Flow.of(model, "layers.*.attention", logits -> logits.logSoftmax(-1).max(-1, false).sum());
 * var tuning = RepresentationTuning.attach(model, "layers.*", 2, rng);
 * Tensor y = tuning.at(flow.critical(x, 4), () -> model.forward(x, pass));    // edits 4 states of each sequence
 * }
 *
 * <p>Positions are those of the input as it stands: a batch is padded at the end. Outside of {@link #at} nothing is edited.
 *
 * @see <a href="https://arxiv.org/abs/2507.10085">Huang et al. (2025)</a>
 * @see <a href="https://arxiv.org/abs/2404.03592">Wu et al. (2024): ReFT</a>
 */
public final class RepresentationTuning {
    private final Module model;
    private final SequencedMap<String, Edit> edits = new LinkedHashMap<>();
    private final ScopedValue<Tensor> places = ScopedValue.newInstance();

    private RepresentationTuning(Module model) { this.model = model; }

    /**
     * Freezes a model and attaches an edit to each layer that matches.
     *
     * @param layers modules that give (batch, T, d), by name; {@code *} is a part of a name here: {@code layers.*} has no dot behind it
     * @param rank rows of R, from 1 to d
     * @throws IllegalArgumentException if none matches
     */
    public static RepresentationTuning attach(Module model, String layers, int rank, Rng rng) {
        return attach(model, layers, rank, 0, rng);
    }

    /**
     * The same for states of a given width.
     *
     * @param width d; 0 for that of the layers' own norms or biases: of the vectors among their parameters those with the shortest names
     */
    public static RepresentationTuning attach(Module model, String layers, int rank, int width, Rng rng) {
        if (width < 0)
            throw new IllegalArgumentException("RepresentationTuning: width is " + width + "; it is positive, or 0 for the layers' own");
        if (rank < 1) throw new IllegalArgumentException("RepresentationTuning: rank is " + rank + "; it is at least 1");
        var tuning = new RepresentationTuning(model);
        int depth = layers.split("\\.").length;
        for (var entry : model.modules(layers).entrySet()) {
            if (entry.getKey().split("\\.").length != depth) continue;
            long d = width > 0 ? width : width(entry.getKey(), entry.getValue());
            if (d < rank)
                throw new IllegalArgumentException("RepresentationTuning: " + entry.getKey() + " has width " + d + " for rank " + rank);
            tuning.edits.put(entry.getKey(), tuning.new Edit(tuning.edits.size(), rank, d, rng.split(tuning.edits.size())));
        }
        if (tuning.edits.isEmpty()) throw new IllegalArgumentException(
                "RepresentationTuning: no module matches " + layers + "; there are " + model.modules().keySet());
        model.freeze("*");
        return tuning.attach();
    }

    /** Deeper ones may be of heads or of hidden units. */
    private static long width(String name, Module layer) {
        int least = Integer.MAX_VALUE;
        long width = 0;
        for (var entry : layer.state().entrySet()) {
            int depth = entry.getKey().split("\\.").length;
            if (entry.getValue().rank() != 1 || depth > least) continue;
            long own = entry.getValue().count();
            if (depth == least && own != width) throw new IllegalArgumentException(
                    "RepresentationTuning: " + name + " has vectors of " + width + " and " + own + " numbers; say the width of its states");
            least = depth;
            width = own;
        }
        if (width == 0) throw new IllegalArgumentException("RepresentationTuning: nothing tells the width of " + name + "; say it");
        return width;
    }

    /** Puts the edits on again. Returns this. */
    public RepresentationTuning attach() {
        detach();
        edits.forEach((name, edit) -> model.modules().get(name).attach(edit));
        return this;
    }

    /** Takes the edits off. Returns this. */
    public RepresentationTuning detach() {
        edits.forEach((name, edit) -> model.modules().get(name).detach(edit));
        return this;
    }

    /** Names of the edited layers. */
    public List<String> layers() { return List.copyOf(edits.keySet()); }

    /** What is trained, by name. */
    public SequencedMap<String, Tensor> parameters() {
        var all = new LinkedHashMap<String, Tensor>();
        edits.forEach((name, edit) -> edit.state().forEach((part, t) -> all.put(name + "." + part, t)));
        return all;
    }

    public long parameterCount() { return parameters().values().stream().mapToLong(Tensor::count).sum(); }

    /** R of an edited layer, (rank, d). */
    public Tensor subspace(String layer) { return edits.get(layer).orthonormal(); }

    /**
     * Runs passes with edits at some states.
     *
     * @param where 1 where a state is edited and 0 elsewhere, (edited layers, batch, T)
     */
    public <T> T at(Tensor where, ScopedValue.CallableOp<T, RuntimeException> passes) {
        return ScopedValue.where(places, where).call(passes);
    }

    public void save(Path path) throws IOException { Safetensors.write(path, parameters(), Map.of("formatVersion", "1")); }

    /** Reads what {@link #save} wrote. @throws FormatException if names differ @throws ShapeException if a shape does; nothing is changed then */
    public void load(Path path) throws IOException {
        var values = Safetensors.read(path).tensors();
        var own = parameters();
        if (!own.keySet().equals(values.keySet()))
            throw new FormatException("RepresentationTuning: the file has " + values.keySet() + "; the edits are " + own.keySet());
        own.forEach((name, t) -> {
            if (!t.shape().equals(values.get(name).shape())) throw new ShapeException(
                    "RepresentationTuning: " + name + " has shape " + t.shape() + ", the file " + values.get(name).shape());
        });
        Autograd.noGrad(() -> own.forEach((name, t) -> t.copy_(values.get(name))));
    }

    /** One layer's edit. The rows of R are those of a trained matrix made orthonormal, so that no step leaves the set. */
    private final class Edit extends Module implements Adapter {
        private final int number;
        private final Tensor edit_directions, edit_weight, edit_bias;

        Edit(int number, int rank, long width, Rng rng) {
            this.number = number;
            edit_directions = Tensor.randn(rng, DType.F32, rank, width).compute().requiresGrad();
            edit_weight = Autograd.noGrad(() -> orthonormal().copy().compute()).requiresGrad();
            edit_bias = Tensor.zeros(DType.F32, rank).compute().requiresGrad();
        }

        /** Gram and Schmidt's rows, each twice, so that rounding leaves them orthogonal. */
        Tensor orthonormal() {
            var rows = new ArrayList<Tensor>();
            for (int i = 0; i < edit_directions.size(0); i++) {
                var row = edit_directions.select(0, i);
                for (int again = 0; again < 2; again++) {
                    for (var other : rows) row = row.sub(other.mul(row.mul(other).sum()));
                    row = row.div(row.square().sum().sqrt());
                }
                rows.add(row);
            }
            return Tensor.stack(0, rows.toArray(Tensor[]::new));
        }

        @Override protected Tensor compute(Tensor h, Pass pass) {
            var r = orthonormal();
            return h.affine(edit_weight.sub(r), edit_bias).matmul(r);
        }

        @Override public Tensor adapt(Tensor x, Tensor y, Pass pass) {
            if (!places.isBound()) return y;
            var where = places.get().select(0, number);
            if (y.size(-1) != edit_weight.size(1)) throw new ShapeException("RepresentationTuning: states " + y.shape()
                    + " for edits of width " + edit_weight.size(1) + "; say the width to attach");
            if (where.size(0) != y.size(0) || where.size(1) != y.size(1))
                throw new ShapeException("RepresentationTuning: places " + places.get().shape() + " for states " + y.shape());
            return y.add(forward(y, pass).mul(where.unsqueeze(2)));
        }
    }

    /**
     * Where information flows in a frozen model: for each layer and position, how strongly its state is kept (it attends to itself) and how strongly
     * later positions read it, by attention times the gradient of what the model says.
     *
     * @param attentions names of the attention modules, one a layer, {@code *} as in {@link Module#modules(String)}
     * @param answer a scalar from the model's output: the log-probability of what it says
     * @param saliency weighs attention by its gradient; false for attention received alone
     * @param self counts what a position keeps: the self-referential filter
     * @param multi counts what later positions read: the multi-referential filter
     */
    public record Flow(Module model, String attentions, Function<Tensor, Tensor> answer, boolean saliency, boolean self, boolean multi) {
        public Flow {
            if (!self && !multi) throw new IllegalArgumentException("Flow: neither filter; at least one");
        }

        /** By saliency, both filters. */
        public static Flow of(Module model, String attentions, Function<Tensor, Tensor> answer) {
            return new Flow(model, attentions, answer, true, true, true);
        }

        /** Scores (layers, batch, T): for layer l and position i, summed over heads. */
        public Tensor scores(Tensor x) {
            var hooks = Hooks.of(model);
            var zeros = new ArrayList<Tensor>();
            var weights = new ArrayList<Tensor>();
            hooks.on(attentions + ".weights", (name, in, w) -> {
                var zero = w.detach().zerosLike().compute().requiresGrad();
                zeros.add(zero);
                weights.add(w.detach());
                return w.add(zero);
            });
            var output = answer.apply(model.forward(x, Pass.inference().with(hooks)));
            if (weights.isEmpty())
                throw new IllegalArgumentException("Flow: no attention matches " + attentions + "; there are " + model.modules().keySet());
            output.backward();
            var layers = new ArrayList<Tensor>();
            for (int l = 0; l < weights.size(); l++) {
                var w = weights.get(l);
                var gradient = zeros.get(l).grad();
                var flow = (saliency && gradient != null ? w.mul(gradient).abs() : w).sum(1, false); // (batch, queries, keys)
                var kept = flow.mul(Tensor.eye(flow.dtype(), flow.size(1)));
                var score = self && multi ? flow.sum(1, false) : self ? kept.sum(1, false) : flow.sub(kept).sum(1, false);
                layers.add(score.detach());
            }
            return Tensor.stack(0, layers.toArray(Tensor[]::new)).compute();
        }

        /** 1 at the {@code count} states of each sequence with the highest scores, over all layers and positions, else 0: (layers, batch, T). */
        public Tensor critical(Tensor x, int count) { return top(scores(x), count); }
    }

    /** 1 at the {@code count} highest of each sequence, of scores (layers, batch, T). */
    public static Tensor top(Tensor scores, int count) {
        int layers = (int) scores.size(0), batch = (int) scores.size(1), length = (int) scores.size(2);
        if (count < 0 || count > layers * length)
            throw new IllegalArgumentException("top: " + count + " of " + layers * length + " states");
        double[] s = scores.toDoubleArray();
        var chosen = new float[s.length];
        for (int b = 0; b < batch; b++) for (int k = 0; k < count; k++) {
            int best = -1;
            for (int l = 0; l < layers; l++) for (int t = 0; t < length; t++) {
                int at = (l * batch + b) * length + t;
                if (chosen[at] == 0 && (best < 0 || s[at] > s[best])) best = at;
            }
            chosen[best] = 1;
        }
        return Tensor.of(chosen, layers, batch, length);
    }
}
