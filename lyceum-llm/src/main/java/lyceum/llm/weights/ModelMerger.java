package lyceum.llm.weights;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.Predicate;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.format.Safetensors;
import lyceum.memory.Scope;
import lyceum.nn.Globs;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Makes one model of several with the same tensors, one tensor after the other, each by its own {@link MergeMethod}.
 *
 * {@snippet :
 * var mean = new ModelMerger(new MergeMethod.Mean()).merge(null, List.of(first, second));
 * var merger = new ModelMerger(new TiesMerging().withDensity(0.3)).with("embed*", new MergeMethod.Mean());   // by layer
 * model.load(merger.merge(base, List.of(first, second)));
 * merger.write(out, Safetensors.read(baseFile).tensors(), List.of(Safetensors.read(a).tensors(), Safetensors.read(b).tensors()), Progress.SILENT);
 * }
 *
 * <p>Arithmetic is F64, rounded once to the type of the base, or of the first model where there is no base. Integers are taken from there unchanged. Networks
 * that have no common start are first brought into one order of units ({@link lyceum.train.HiddenUnits}); averages of networks with batch norms want
 * {@link lyceum.train.NormStatistics} afterwards. Safe to share between threads.
 *
 * @param method of all tensors that no rule names
 * @param rules the first that matches a tensor's name decides
 */
@Withers
public record ModelMerger(MergeMethod method, List<Rule> rules) implements ModelMergerWithers {
    /** @param glob of tensor names: {@code *} is any text, {@code ?} a character */
    public record Rule(String glob, MergeMethod method) {
        public Rule {
            Objects.requireNonNull(glob, "glob");
            Objects.requireNonNull(method, "method");
        }
    }

    /**
     * A model that goes in.
     *
     * @param weights by name
     * @param statistics by the names of weights, for methods that read some; see {@link MergeStatistics}
     */
    public record Ingredient(SequencedMap<String, Tensor> weights, Map<String, Tensor> statistics) {}

    public ModelMerger {
        Objects.requireNonNull(method, "method");
        rules = List.copyOf(rules);
    }

    /** One method for all tensors. */
    public ModelMerger(MergeMethod method) { this(method, List.of()); }

    /** A further rule, after those that are there. */
    public ModelMerger with(String glob, MergeMethod method) {
        var more = new ArrayList<>(rules);
        more.add(new Rule(glob, method));
        return withRules(more);
    }

    /** Merges weights. @param base null where no method needs one */
    public SequencedMap<String, Tensor> merge(SequencedMap<String, Tensor> base, List<? extends SequencedMap<String, Tensor>> models) {
        return mergeWith(base, plain(models));
    }

    private static List<Ingredient> plain(List<? extends SequencedMap<String, Tensor>> models) {
        return models.stream().map(m -> new Ingredient(m, Map.of())).toList();
    }

    /** Merges weights that have statistics. */
    public SequencedMap<String, Tensor> mergeWith(SequencedMap<String, Tensor> base, List<Ingredient> models) {
        var job = new Job(base, models);
        var merged = new LinkedHashMap<String, Tensor>();
        for (var name : job.like.keySet()) {
            try (var scope = Scope.open("a tensor to merge")) {
                merged.put(name, job.tensor(name).keptBy(scope));
            }
        }
        return merged;
    }

    /** Merges into a file, in the memory of a few tensors if the weights are mapped ones. @throws lyceum.progress.CancelledException if progress says so */
    public void write(Path out, SequencedMap<String, Tensor> base, List<? extends SequencedMap<String, Tensor>> models, Progress progress)
            throws IOException {
        writeWith(out, base, plain(models), null, Map.of(), progress);
    }

    /**
     * Merges weights that have statistics into a file.
     *
     * @param type of its floats; null for those of the base, or of the first model
     * @param metadata of the file; formatVersion is added
     */
    public void writeWith(Path out, SequencedMap<String, Tensor> base, List<Ingredient> models, DType type, Map<String, String> metadata,
            Progress progress) throws IOException {
        var job = new Job(base, models);
        var forms = new LinkedHashMap<String, Safetensors.Form>();
        job.like.forEach((name, tensor) -> forms.put(name,
                new Safetensors.Form(type != null && tensor.dtype().isFloat() ? type : tensor.dtype(), tensor.shape().toArray())));
        var all = new LinkedHashMap<>(metadata);
        all.put("formatVersion", "1");
        int[] done = {0};
        Safetensors.write(out, forms, name -> {
            progress.step("merge", done[0]++, forms.size());
            return Autograd.noGrad(() -> job.tensor(name).to(forms.get(name).dtype()).compute());
        }, all);
        progress.step("merge", forms.size(), forms.size());
    }

    private final class Job {
        final SequencedMap<String, Tensor> base, like;
        final List<Ingredient> models;
        final List<Predicate<String>> matches = rules.stream().map(r -> Globs.of(r.glob)).toList();

        Job(SequencedMap<String, Tensor> base, List<Ingredient> models) {
            if (models.isEmpty()) throw new IllegalArgumentException("ModelMerger: no model; at least one");
            this.base = base;
            this.models = List.copyOf(models);
            like = base == null ? models.getFirst().weights : base;
            for (var model : models) TaskVector.alike("ModelMerger", like, model.weights);
            for (var name : like.keySet())
                if (base == null && of(name).needsBase() && like.get(name).dtype().isFloat()) throw new IllegalArgumentException(
                        "ModelMerger: " + of(name) + " of " + name + " needs the base that the models were tuned from; there is none");
        }

        MergeMethod of(String name) {
            for (int i = 0; i < matches.size(); i++) if (matches.get(i).test(name)) return rules.get(i).method;
            return method;
        }

        Tensor tensor(String name) {
            var first = like.get(name);
            if (!first.dtype().isFloat()) return first.detach();
            return Autograd.noGrad(() -> {
                var statistics = new ArrayList<Tensor>();
                var tensors = new ArrayList<Tensor>();
                for (var model : models) {
                    tensors.add(wide(model.weights.get(name)));
                    statistics.add(model.statistics.get(name));
                }
                var merged = of(name).merge(new MergeMethod.Slot(name, base == null ? null : wide(base.get(name)), tensors, statistics));
                return merged.to(first.dtype()).compute();
            });
        }
    }

    private static Tensor wide(Tensor tensor) { return tensor.detach().to(DType.F64); }
}
