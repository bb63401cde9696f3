package lyceum.train.compress;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.format.Safetensors;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.NmSparse;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.History;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;

/**
 * Which weights of a network stay: a tensor of truth values for each pruned parameter, true where the weight is kept. Immutable.
 *
 * {@snippet :
 * var masks = Pruner.magnitude(0.9).masks(model);
 * masks.apply(model);                                             // zeros, now
 * masks.fit(trainer, model, Loss::crossEntropy, data, rng);       // and through every step
 * Csr sparse = masks.csr(model, "0.weight");
 * }
 */
public final class Masks {
    private final SequencedMap<String, Tensor> kept;

    private Masks(SequencedMap<String, Tensor> kept) { this.kept = Collections.unmodifiableSequencedMap(kept); }

    /** @param kept by parameter name, BOOL in the parameter's shape */
    public static Masks of(Map<String, Tensor> kept) {
        var all = new LinkedHashMap<String, Tensor>();
        kept.forEach((name, mask) -> {
            if (mask.dtype() != DType.BOOL)
                throw new IllegalArgumentException("Masks: " + name + " is " + mask.dtype() + "; masks are BOOL");
            all.put(name, mask.detach().copy().compute());
        });
        return new Masks(all);
    }

    /** True where a weight stays, by parameter name. */
    public SequencedMap<String, Tensor> kept() { return kept; }

    public Tensor kept(String name) {
        var mask = kept.get(name);
        if (mask == null) throw new IllegalArgumentException("Masks: " + name + " is not pruned; there are " + kept.keySet());
        return mask;
    }

    /** Number of weights that could be pruned. */
    public long count() { return kept.values().stream().mapToLong(Tensor::count).sum(); }

    /** Number of weights that stay. */
    public long keptCount() {
        long n = 0;
        for (var mask : kept.values()) n += keptCount(mask);
        return n;
    }

    private static long keptCount(Tensor mask) { return (long) mask.to(DType.F64).sum().item(); }

    /** Share of weights that are zero. */
    public double sparsity() { return 1 - (double) keptCount() / count(); }

    /** Share of zeros by parameter. */
    public SequencedMap<String, Double> sparsities() {
        var shares = new LinkedHashMap<String, Double>();
        kept.forEach((name, mask) -> shares.put(name, 1 - (double) keptCount(mask) / mask.count()));
        return shares;
    }

    /** Writes exact zeros where the masks say so. Returns {@code model}. */
    public <M extends Module> M apply(M model) {
        var state = state(model);
        Autograd.noGrad(() -> kept.forEach((name, mask) -> {
            var w = state.get(name);
            w.copy_(mask.where(w, w.zerosLike()));
        }));
        return model;
    }

    /**
     * The same network with masked weights: the gradient of what is masked is exactly 0. All else is shared with the given model, whose running statistics move
     * when this one learns.
     */
    public <M extends Module> M masked(M model) {
        var state = state(model);
        var values = new LinkedHashMap<>(state);
        kept.forEach((name, mask) -> values.put(name, mask.where(state.get(name), state.get(name).zerosLike())));
        return Module.with(model, values);
    }

    private Map<String, Tensor> state(Module model) {
        var state = model.state();
        kept.forEach((name, mask) -> {
            var w = state.get(name);
            if (w == null) throw new FormatException("Masks: " + name + " is unknown; there are " + state.keySet());
            if (!w.shape().equals(mask.shape()))
                throw new ShapeException("Masks: " + name + " has shape " + w.shape() + ", the mask " + mask.shape());
        });
        return state;
    }

    /** Trains under the masks: no step moves a masked weight, nor counts its gradient. */
    public History fit(Trainer trainer, Module model, Loss loss, Dataset data, Rng rng) {
        apply(model);
        return finish(trainer.start(model, data.size(), loss(model, loss, data), null, rng), Progress.SILENT);
    }

    /** The loss of the masked network, over the units of the whole one's. */
    BatchLoss loss(Module model, Loss loss, Dataset data) {
        BatchLoss masked = (rows, pass) -> BatchLoss.of(masked(model), loss, data).of(rows, pass);
        return masked.weighing(BatchLoss.of(model, loss, data)::units);
    }

    /**
     * One step, after which zeros are written again: an optimiser's momentum would move weights whose gradient is 0.
     *
     * @return false if there was none to take
     */
    public boolean step(TrainingRun run) {
        boolean stepped = run.step();
        apply(run.model());
        return stepped;
    }

    /**
     * Steps to the end.
     *
     * @throws lyceum.progress.CancelledException if progress says so, between two steps
     */
    public History finish(TrainingRun run, Progress progress) {
        apply(run.model());
        while (step(run)) {
            if (progress != Progress.SILENT) progress.step("masked training", run.steps(), -1, Map.of("sparsity", sparsity()));
        }
        return run.history();
    }

    /** Weights that both keep. */
    public Masks and(Masks other) {
        var all = new LinkedHashMap<>(kept);
        other.kept.forEach((name, mask) -> all.merge(name, mask, (a, b) -> a.and(b).compute()));
        return new Masks(all);
    }

    /** A parameter (rows, ..) under its mask in compressed rows: what is masked is not stored, what is kept is, zeros too. */
    public Csr csr(Module model, String name) {
        var mask = kept(name).reshape(kept(name).size(0), -1);
        var w = state(model).get(name).detach().reshape(mask.size(0), -1);
        boolean[] stays = mask.toBooleanArray();
        int rows = (int) mask.size(0), columns = (int) mask.size(1), n = (int) keptCount(mask);
        int[] start = new int[rows + 1], column = new int[n];
        for (int i = 0, e = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) if (stays[i * columns + j]) column[e++] = j;
            start[i + 1] = e;
        }
        return Csr.of(rows, columns, start, column, w.maskedSelect(mask));
    }

    /**
     * A parameter (rows, ..) under an n of m mask, packed: values and places.
     *
     * @throws IllegalArgumentException if the mask is not one of {@code n} of {@code m}
     */
    public NmSparse packed(Module model, String name, int n, int m) {
        var mask = kept(name);
        boolean fits = mask.count() % m == 0 && mask.reshape(-1, m).to(DType.I64).sum(1).eq(n).all().toBooleanArray()[0];
        if (!fits) throw new IllegalArgumentException("packed: the mask of " + name + " does not keep " + n + " of every " + m);
        var w = state(model).get(name).detach();
        return NmSparse.prune(mask.where(w, w.zerosLike()).reshape(w.size(0), -1), n, m);
    }

    /** Writes the masks as safetensors, a byte a weight. */
    public void save(Path path) throws IOException {
        var bytes = new LinkedHashMap<String, Tensor>();
        kept.forEach((name, mask) -> bytes.put(name, mask.to(DType.U8)));
        Safetensors.write(path, bytes, Map.of("formatVersion", "1"));
    }

    public static Masks load(Path path) throws IOException {
        var kept = new LinkedHashMap<String, Tensor>();
        Safetensors.read(path).tensors().forEach((name, bytes) -> kept.put(name, bytes.ne(0L)));
        return of(kept);
    }

    @Override public String toString() { return "Masks keeping " + keptCount() + " of " + count() + " weights"; }
}
