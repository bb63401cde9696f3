package lyceum.llm.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import lyceum.DType;
import lyceum.format.FolderDraft;
import lyceum.format.Safetensors;
import lyceum.format.SafetensorsIndex;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A merge from files to a file, as {@code lyceum merge RECIPE.yaml OUT} runs it.
 *
 * {@snippet :
 * var merger = new ModelMerger(new TiesMerging().withDensity(0.3)).with("*embed*", new MergeMethod.Mean());
 * var recipe = new MergeRecipe(base, List.of(new MergeRecipe.Source(math), new MergeRecipe.Source(code)), merger);
 * Ancestry merged = recipe.run(Path.of("merged"), Progress.SILENT);
 * }
 *
 * @param base what the models were tuned from; null where no method needs it
 * @param models that are merged
 * @param merger how
 * @param dtype of the floats that are written; null for the base's, or the first model's
 */
@Withers
public record MergeRecipe(Path base, List<Source> models, ModelMerger merger, DType dtype) implements MergeRecipeWithers {
    /** @param weights a file or folder as {@link OpenWeights} opens them @param statistics safetensors by the names of weights, or null */
    public record Source(Path weights, Path statistics) {
        public Source {
            Objects.requireNonNull(weights, "weights");
        }

        public Source(Path weights) { this(weights, null); }
    }

    public MergeRecipe {
        models = List.copyOf(models);
        Objects.requireNonNull(merger, "merger");
        if (models.isEmpty()) throw new IllegalArgumentException("MergeRecipe: no model; at least one");
        if (dtype != null && !dtype.isFloat())
            throw new IllegalArgumentException("MergeRecipe: dtype is " + dtype + "; it is a float type");
    }

    /** In the types of the base, or of the first model. */
    public MergeRecipe(Path base, List<Source> models, ModelMerger merger) { this(base, models, merger, null); }

    /**
     * Merges tensor by tensor from mapped files. The result says what it was made of ({@link Ancestry}).
     *
     * @param out a file {@code *.safetensors}, or a folder, which also gets configuration and tokenizer of the base, or of the first model; an index that is there goes with
     *     its files
     * @throws lyceum.progress.CancelledException if progress says so
     */
    public Ancestry run(Path out, Progress progress) throws IOException {
        var ingredients = new ArrayList<ModelMerger.Ingredient>();
        var parents = new ArrayList<Path>();
        var bases = base == null ? null : OpenWeights.open(base);
        if (bases != null) parents.addAll(bases.files());
        OpenWeights first = bases;
        for (var model : models) {
            var weights = OpenWeights.open(model.weights);
            if (first == null) first = weights;
            parents.addAll(weights.files());
            Map<String, Tensor> statistics = model.statistics == null ? Map.of() : Safetensors.read(model.statistics).tensors();
            ingredients.add(new ModelMerger.Ingredient(weights.tensors(), statistics));
        }
        var given = bases == null ? null : bases.tensors();
        if (out.toString().endsWith(".safetensors")) {
            merger.writeWith(out, given, ingredients, dtype, Ancestry.metadata(Ancestry.Stage.MERGED, parents), progress);
            return Ancestry.of(out);
        }
        var beside = new Path[] {first.config(), first.tokenizer()};
        FolderDraft.write(out, SafetensorsIndex.weightsIn(out)::contains, draft -> {
            merger.writeWith(draft.resolve(SafetensorsIndex.SINGLE), given, ingredients, dtype,
                    Ancestry.metadata(Ancestry.Stage.MERGED, parents), progress);
            for (var file : beside) if (file != null) Files.write(draft.resolve(file.getFileName()), Files.readAllBytes(file));
        });
        return Ancestry.of(out.resolve(SafetensorsIndex.SINGLE));
    }
}
