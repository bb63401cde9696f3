package lyceum.llm.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.format.Safetensors;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MergeRecipeTest {
    @TempDir Path folder;

    private static SequencedMap<String, Tensor> weights(long seed) {
        var map = new LinkedHashMap<String, Tensor>();
        map.put("a.weight", Tensor.randn(Rng.of(seed), 8, 4));
        map.put("b.weight", Tensor.randn(Rng.of(seed + 50), 4, 4));
        return map;
    }

    private Path release(String name, long seed) throws IOException {
        var path = folder.resolve(name);
        OpenWeights.writeSharded(path, weights(seed), 100, Map.of());
        Files.writeString(path.resolve("config.json"), "{\"from\": \"" + name + "\"}");
        return path;
    }

    @Test void aRecipeMergesFoldersAndSaysWhatItWasMadeOf() throws IOException {
        Path base = release("base", 1), a = release("a", 2), b = release("b", 3);
        var merger = new ModelMerger(MergeMethod.of("ties", List.of(), Map.of("density", 0.5))).with("b*",
                MergeMethod.of("linear", List.of(1.0, 3.0), Map.of()));
        var recipe = new MergeRecipe(base, List.of(new MergeRecipe.Source(a), new MergeRecipe.Source(b)), merger).withDtype(DType.BF16);
        var lineage = recipe.run(folder.resolve("out"), Progress.SILENT);
        assertThat(lineage.stage()).isEqualTo(Ancestry.Stage.MERGED);
        assertThat(lineage.parents()).hasSize(6); // two shards each
        var merged = OpenWeights.open(folder.resolve("out"));
        var expected = merger.merge(weights(1), List.of(weights(2), weights(3)));
        for (var name : expected.keySet()) {
            assertThat(merged.tensor(name).dtype()).isEqualTo(DType.BF16);
            assertThat(merged.tensor(name).toFloatArray()).containsExactly(expected.get(name).to(DType.BF16).toFloatArray());
        }
        assertThat(Files.readString(merged.config())).contains("base");
        recipe.withDtype(null).run(folder.resolve("one.safetensors"), Progress.SILENT);
        assertThat(Safetensors.read(folder.resolve("one.safetensors")).get("a.weight").toFloatArray())
                .containsExactly(expected.get("a.weight").toFloatArray());
    }

    /** An index of before would be read in place of the merged weights, and its files beside them. */
    @Test void aFolderOfShardsHasTheMergedWeightsAlone() throws IOException {
        var out = release("out", 7);
        Files.writeString(out.resolve("mine.safetensors.txt"), "a note");
        var recipe = new MergeRecipe(null, List.of(new MergeRecipe.Source(release("a", 2)), new MergeRecipe.Source(release("b", 3))),
                new ModelMerger(new MergeMethod.Mean()));
        var expected = recipe.merger().merge(null, List.of(weights(2), weights(3)));
        for (var broken : List.of(false, true)) {
            if (broken) Files.writeString(out.resolve("model.safetensors.index.json"), "{\"weight_map\": 3}");
            recipe.run(out, Progress.SILENT);
            assertThat(out.toFile().list()).containsExactlyInAnyOrder("model.safetensors", "config.json", "mine.safetensors.txt");
            for (var name : expected.keySet()) {
                float[] wanted = expected.get(name).toFloatArray();
                assertThat(OpenWeights.open(out).tensor(name).toFloatArray()).containsExactly(wanted);
                assertThat(Safetensors.read(out.resolve("model.safetensors")).get(name).toFloatArray()).containsExactly(wanted);
            }
        }
    }

    @Test void cancelledMergesLeaveNothing() throws IOException {
        var recipe = new MergeRecipe(null, List.of(new MergeRecipe.Source(release("a", 2))), new ModelMerger(new MergeMethod.Mean()));
        var stopped = new Progress() {
            @Override public void report(Update update) {}

            @Override public boolean isCancelled() { return true; }
        };
        assertThatThrownBy(() -> recipe.run(folder.resolve("no.safetensors"), stopped)).isInstanceOf(CancelledException.class);
        assertThat(folder.resolve("no.safetensors")).doesNotExist();
        assertThatThrownBy(() -> recipe.withDtype(DType.I8)).hasMessageContaining("I8");
    }

    @Test void methodsByNameSayWhatTheyHave() {
        for (var name : MergeMethod.NAMES) assertThat(MergeMethod.of(name, List.of(), Map.of())).isNotNull();
        assertThat(MergeMethod.of("dare_ties", List.of(), Map.of("density", 0.25)))
                .isEqualTo(new Dare(0.75, 0, new TiesMerging(1, 1, List.of())));
        assertThatThrownBy(() -> MergeMethod.of("passthrough", List.of(), Map.of()))
                .hasMessageContaining("there are [dare_linear, dare_ties");
        assertThatThrownBy(() -> MergeMethod.of("slerp", List.of(), Map.of("density", 1.0)))
                .hasMessageContaining("has no density; it has [t]");
        assertThatThrownBy(() -> new ModelMerger(new MergeMethod.Mean(List.of(1.0, -1.0))).merge(null, List.of(weights(1), weights(2))))
                .hasMessageContaining("weights sum to 0");
        assertThatThrownBy(() -> new ModelMerger(new MergeMethod.Spherical(0.5)).merge(null, List.of(weights(1))))
                .hasMessageContaining("1 models");
        assertThatThrownBy(() -> new MergeMethod.RegMean(List.of(), 2)).hasMessageContaining("offDiagonal is 2.0");
    }

    @Test void fisherMeansWeighEachEntry() {
        var one = new ModelMerger.Ingredient(weights(1), Map.of("a.weight", Tensor.full(DType.F64, 3, 8, 4)));
        var two = new ModelMerger.Ingredient(weights(2), Map.of("a.weight", Tensor.full(DType.F64, 1, 8, 4)));
        var merged = new ModelMerger(new MergeMethod.FisherMean(List.of(), 0)).mergeWith(null, List.of(one, two));
        assertThat(FashionTasks.gap(merged.get("a.weight"), weights(1).get("a.weight").mul(0.75).add(weights(2).get("a.weight").mul(0.25))))
                .isLessThan(1e-6);
        assertThat(FashionTasks.gap(merged.get("b.weight"), weights(1).get("b.weight").add(weights(2).get("b.weight")).mul(0.5)))
                .isLessThan(1e-6);
    }
}
