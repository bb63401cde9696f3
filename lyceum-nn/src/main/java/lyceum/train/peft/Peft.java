package lyceum.train.peft;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Adapter;
import lyceum.nn.Module;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A small tuning of a frozen model: adapters attached to its modules and perhaps some of its own parameters, trained while all else stands still,
 * saved alone, taken off and put on again.
 *
 * {@snippet :
 * var tuning = Peft.of(model, new Lora(8, 16).withTargets(List.of("q_proj", "v_proj")), "polite", rng);
 * System.out.println(tuning.report());                     // 8,192 of 1,213,440 parameters are trained (0.675%)
 * new Trainer(new AdamW(1e-3), 5).fit(model, loss, data, rng);
 * tuning.save(folder);                                     // adapter_model.safetensors and adapter_config.json
 * var again = Peft.load(model, folder, "polite-again");    // on the same base, also in another JVM
 * }
 *
 * <p>Methods compose: {@link #of(Module, String, Rng, PeftMethod...)} with several trains them together; a second tuning on a model that has one is
 * trained on top of the first, which is frozen. {@link #detach} takes everything off: the base is again what it was, bit for bit. Statistics that batch
 * norms gather while training are buffers of the base and are gathered all the same.
 *
 * <p>For one thread at a time; to serve several tunings at once use {@link AdapterRegistry}.
 *
 * @see <a href="https://arxiv.org/abs/2110.04366">He et al. (2022): a unified view</a>
 */
public final class Peft {
    /** A module and its name in the model. */
    public record Place(String name, Module module) {}

    /** An adapter, and where it belongs. */
    public record Piece(String where, Module host, Adapter adapter) {
        /** The adapter's parameters as files name them: without the tuning's name. */
        SequencedMap<String, Tensor> tensors(String tuning) {
            var named = new LinkedHashMap<String, Tensor>();
            ((Module) adapter).state()
                    .forEach((name, tensor) -> named.put((where.isEmpty() ? "" : where + ".") + AdapterFiles.plain(name, tuning), tensor));
            return named;
        }
    }

    private final Module model;
    private final String name;
    private final List<PeftMethod> methods;
    private final List<Piece> pieces = new ArrayList<>();
    private final SequencedMap<String, Tensor> tuned = new LinkedHashMap<>();
    private final Map<String, Tensor> other = new LinkedHashMap<>(); // tuned values while detached, those of the base while attached
    private boolean attached;

    private Peft(Module model, String name, List<PeftMethod> methods) {
        if (!name.matches("[A-Za-z0-9_-]+"))
            throw new IllegalArgumentException("Peft: the name is \"" + name + "\"; letters, digits, _ and - make one");
        if (methods.isEmpty()) throw new IllegalArgumentException("Peft: no method; at least one");
        this.model = model;
        this.name = name;
        this.methods = methods;
    }

    /** Freezes the model and attaches what the method trains. */
    public static Peft of(Module model, PeftMethod method, String name, Rng rng) { return of(model, name, rng, method); }

    /**
     * Freezes the model and attaches what several methods train together.
     *
     * @param name of this tuning: letters, digits, {@code _} and {@code -}; no other tuning on the model has it
     * @param rng where first values come from
     * @throws IllegalArgumentException if a method finds nothing to tune, or the name is taken
     */
    public static Peft of(Module model, String name, Rng rng, PeftMethod... methods) {
        var peft = new Peft(model, name, List.of(methods));
        for (int i = 0; i < methods.length; i++) peft.pieces.addAll(methods[i].pieces(model, name, rng.split(i)));
        for (var held : model.state().keySet())
            if (held.contains("." + name + "."))
                throw new IllegalArgumentException("Peft: the model has a tuning named " + name + " already; take another name");
        var own = model.state();
        for (var method : methods) for (var parameter : method.tuned(model)) peft.tuned.put(parameter, own.get(parameter));
        if (peft.pieces.isEmpty() && peft.tuned.isEmpty())
            throw new IllegalArgumentException("Peft: " + List.of(methods) + " find nothing to train");
        model.freeze("*");
        peft.tuned.forEach((parameter, tensor) -> peft.other.put(parameter, kept(tensor)));
        peft.attached = true;
        for (var piece : peft.pieces) piece.host.attach(piece.adapter);
        peft.tuned.keySet().forEach(model::unfreeze);
        return peft;
    }

    private static Tensor kept(Tensor tensor) {
        try (var outside = Scope.outside()) {
            return Autograd.noGrad(() -> tensor.detach().copy().compute());
        }
    }

    public String name() { return name; }

    public Module model() { return model; }

    public List<PeftMethod> methods() { return methods; }

    public List<Piece> pieces() { return List.copyOf(pieces); }

    /** What this tuning trains, by name as files have it. */
    public SequencedMap<String, Tensor> parameters() {
        var all = new LinkedHashMap<String, Tensor>();
        for (var piece : pieces) all.putAll(piece.tensors(name));
        all.putAll(tuned);
        return all;
    }

    /** How many numbers this tuning trains. */
    public long parameterCount() { return parameters().values().stream().mapToLong(Tensor::count).sum(); }

    /**
     * How small a tuning is.
     *
     * @param trained numbers that it trains
     * @param all numbers of the model with it
     */
    public record Report(long trained, long all) {
        /** Trained over all. */
        public double share() { return (double) trained / all; }

        @Override public String toString() {
            return String.format(Locale.ROOT, "%,d of %,d parameters are trained (%.3g%%)", trained, all, 100 * share());
        }
    }

    public Report report() {
        long own = model.state().values().stream().mapToLong(Tensor::count).sum();
        long added = pieces.stream().flatMap(p -> p.tensors(name).values().stream()).mapToLong(Tensor::count).sum();
        return new Report(parameterCount(), attached ? own : own + added);
    }

    public boolean isAttached() { return attached; }

    /** Takes everything off; values of the model's own parameters become what they were. Returns this. */
    public Peft detach() {
        if (!attached) return this;
        unmerge();
        for (var piece : pieces) piece.host.detach(piece.adapter);
        swap();
        attached = false;
        return this;
    }

    /** Puts everything on again. Returns this. */
    public Peft attach() {
        if (attached) return this;
        for (var piece : pieces) piece.host.attach(piece.adapter);
        swap();
        attached = true;
        return this;
    }

    private void swap() {
        tuned.forEach((parameter, tensor) -> {
            var present = kept(tensor);
            Autograd.noGrad(() -> tensor.copy_(other.get(parameter)));
            other.put(parameter, present);
        });
    }

    /**
     * Adds low-rank updates to the weights that they belong to: the model is then as fast as without them. Returns this.
     *
     * @throws LyceumException if a method has no such form, or the tuning is detached
     */
    public Peft merge() {
        if (!attached) throw new LyceumException("merge: the tuning \"" + name + "\" is detached; attach it first");
        for (var piece : pieces)
            if (!(piece.adapter instanceof LoraLayer)) throw new LyceumException(
                    "merge: only low-rank updates merge into weights; at " + piece.where + " there is another adapter");
        for (var piece : pieces) ((LoraLayer) piece.adapter).merge(piece.host, true);
        return this;
    }

    /** Takes merged updates off the weights, which are then the former ones within rounding. Returns this. */
    public Peft unmerge() {
        for (var piece : pieces) if (piece.adapter instanceof LoraLayer layer) layer.merge(piece.host, false);
        return this;
    }

    /**
     * One LoRA that does what a weighted sum of several does, exactly: its factors are theirs, one beside the other. They are detached, it is attached.
     *
     * @param weights of each tuning; all are LoRA tunings of the same layers of one model
     */
    public static Peft combine(String name, SequencedMap<Peft, Double> weights) {
        if (weights.isEmpty()) throw new IllegalArgumentException("combine: no tuning; at least one");
        var first = weights.firstEntry().getKey();
        int rank = 0;
        for (var tuning : weights.keySet()) {
            if (tuning.model != first.model || tuning.methods.size() != 1 || !(tuning.methods.getFirst() instanceof Lora lora)
                    || !tuning.pieces.stream().map(Piece::where).toList().equals(first.pieces.stream().map(Piece::where).toList()))
                throw new IllegalArgumentException("combine: " + tuning.name + " is not a LoRA of the same layers as " + first.name);
            rank += lora.rank();
        }
        weights.keySet().forEach(Peft::detach);
        var lora = (Lora) first.methods.getFirst();
        var sum = of(first.model, lora.withRank(rank).withAlpha(rank).withRankStabilized(false), name, Rng.of(0));
        for (int i = 0; i < sum.pieces.size(); i++) {
            var into = (LoraLayer) sum.pieces.get(i).adapter;
            var a = new ArrayList<Tensor>();
            var b = new ArrayList<Tensor>();
            for (var entry : weights.entrySet()) {
                var part = (LoraLayer) entry.getKey().pieces.get(i).adapter;
                a.add(part.a());
                b.add(part.b().mul(part.scale() * entry.getValue()));
            }
            Autograd.noGrad(() -> {
                into.a().copy_(Tensor.concat(0, a.toArray(Tensor[]::new)));
                into.b().copy_(Tensor.concat(1, b.toArray(Tensor[]::new)));
            });
        }
        return sum;
    }

    /**
     * Writes {@code adapter_model.safetensors} and {@code adapter_config.json} into a folder, which is made if it is missing. A LoRA or an IA3 has the
     * names that Hugging Face's PEFT reads.
     */
    public void save(Path folder) throws IOException {
        var values = new LinkedHashMap<>(parameters());
        if (!attached) values.putAll(other);
        AdapterFiles.write(folder, methods, values);
    }

    /**
     * Reads what {@link #save} wrote, freezes the model and attaches it.
     *
     * @throws FormatException if the files are malformed or belong to another model; the model is then as it was, but frozen
     */
    public static Peft load(Module model, Path folder, String name) throws IOException {
        return load(model, folder, name, values -> values);
    }

    /**
     * The same from files that name or lay out tensors otherwise.
     *
     * @param ours makes of the file's tensors, whose names are without {@code base_model.model.}, those of this model
     */
    public static Peft load(Module model, Path folder, String name, UnaryOperator<Map<String, Tensor>> ours) throws IOException {
        var saved = AdapterFiles.read(folder);
        var peft = of(model, name, Rng.of(0), saved.methods().toArray(PeftMethod[]::new));
        try {
            peft.take(ours.apply(saved.values()));
        } catch (RuntimeException e) {
            peft.detach();
            throw e;
        }
        return peft;
    }

    private void take(Map<String, Tensor> values) {
        var own = parameters();
        if (!own.keySet().equals(values.keySet()))
            throw new FormatException("Peft: the file has " + values.keySet() + "; this model needs " + own.keySet());
        own.forEach((key, tensor) -> {
            if (!tensor.shape().equals(values.get(key).shape()))
                throw new ShapeException("Peft: " + key + " has shape " + tensor.shape() + ", the file " + values.get(key).shape());
        });
        Autograd.noGrad(() -> own.forEach((key, tensor) -> tensor.copy_(values.get(key))));
    }
}
