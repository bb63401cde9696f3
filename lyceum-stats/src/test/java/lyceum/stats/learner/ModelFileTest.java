package lyceum.stats.learner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.stats.learner.SampleLearners.CentreClassifier;
import lyceum.stats.learner.SampleLearners.CentreModel;
import lyceum.stats.learner.SampleLearners.LineModel;
import lyceum.stats.learner.SampleLearners.LineRegressor;
import lyceum.stats.learner.SampleLearners.Standardiser;
import lyceum.tensor.Tensor;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

class ModelFileTest {
    @TempDir Path folder;

    enum Shade {
        DARK, LIGHT
    }

    record Part(String name, double value) {}

    /** One component of every kind. */
    record Everything(int nFeatures, long big, double nan, float small, boolean yes, String text, Shade shade, Tensor tensor,
            double[] doubles, int[] ints, boolean[] flags, double[][] rows, double[][] ragged, String[] names, List<Part> parts,
            Map<String, Double> byName, Part none, Object any, Model inner) implements Model {}

    private static Everything everything() {
        return new Everything(3, Long.MIN_VALUE, Double.NaN, 1.5f, true, "\"quoted\" \u00fc\u4e2d", Shade.LIGHT,
                Tensor.of(1, 2, 3).to(DType.BF16), new double[] {1, Double.POSITIVE_INFINITY}, new int[0], new boolean[] {true, false},
                new double[][] {{1, 2}, {3, 4}}, new double[][] {{1}, {2, 3}}, new String[] {"a", "b"},
                List.of(new Part("x", 1), new Part("y", -0.0)), Map.of("k", 2.0), null, List.of("text", 7L), new LineModel(2, 1, 2));
    }

    @Test void everyKindOfComponentComesBack() {
        var file = folder.resolve("all.safetensors");
        var saved = everything();
        saved.save(file);
        var loaded = Model.load(file, Everything.class);
        assertThat(loaded).usingRecursiveComparison().ignoringFields("tensor", "nan").isEqualTo(saved);
        assertThat(loaded.nan()).isNaN();
        assertThat(loaded.tensor().dtype()).isEqualTo(DType.BF16);
        assertThat(loaded.tensor().toDoubleArray()).containsExactly(1, 2, 3);
        assertThat(loaded.parts().get(1).value()).isEqualTo(-0.0);
    }

    @Test void aPipelineIsOneFile() {
        var x = Tensor.of(new double[][] {{1, 2}, {3, 5}, {9, 1}});
        var model = Pipeline.of(new Standardiser()).then(new LineRegressor()).fit(x, Tensor.of(1.0, 2, 4));
        var file = folder.resolve("pipeline.safetensors");
        model.save(file);
        var loaded = Model.load(file, Pipeline.FittedRegressor.class);
        assertThat(loaded.predict(x).toDoubleArray()).isEqualTo(model.predict(x).toDoubleArray());
        assertThat(folder.toFile().list()).containsExactly("pipeline.safetensors");
    }

    @Test void theFileIsSafetensorsWithTheModelInItsMetadata() throws Exception {
        var file = folder.resolve("line.safetensors");
        new CentreModel(new long[] {1, 2}, Tensor.of(new double[][] {{1}, {2}})).save(file);
        byte[] bytes = Files.readAllBytes(file);
        int length = bytes[0] & 255 | (bytes[1] & 255) << 8;
        assertThat(length % 8).isZero();
        var header = (ObjectNode) SavedForm.json().readTree(new String(bytes, 8, length, StandardCharsets.UTF_8));
        assertThat(header.get("centres").get("dtype").asString()).isEqualTo("F64");
        assertThat(header.get("__metadata__").get("formatVersion").asString()).isEqualTo("1");
        assertThat(bytes.length).isEqualTo(8 + length + 32);
    }

    record Holder(int nFeatures, List<Object> parts) implements Model {}

    @Test void whatCannotBeSavedIsNamed() {
        var file = folder.resolve("no.safetensors");
        assertThatThrownBy(() -> new Holder(1, List.of("fine", new Thread())).save(file)).isInstanceOf(LyceumException.class)
                .hasMessageContaining("parts.1 is a java.lang.Thread");
        Model noRecord = () -> 1;
        assertThatThrownBy(() -> noRecord.save(file)).isInstanceOf(LyceumException.class).hasMessageContaining("is not a record");
        assertThat(file).doesNotExist();
    }

    /** A saved form of version 2 that reads version 1, which had one number less. */
    @SavedVersion(2)
    record Grown(int nFeatures, double slope, double intercept) implements Model {
        static ObjectNode upgrade(int from, ObjectNode fields) { return fields.put("intercept", 0.5); }
    }

    @Test void anOlderFormIsUpgradedAndANewerOneRefused() {
        var form = SavedForm.of(new Grown(1, 2, 3));
        assertThat(form.tree().get("version").asInt()).isEqualTo(2);
        form.tree().remove("version");
        form.tree().remove("intercept");
        assertThat(form.restore(Grown.class)).isEqualTo(new Grown(1, 2, 0.5));
        form.tree().put("version", 3);
        assertThatThrownBy(() -> form.restore(Grown.class)).isInstanceOf(FormatException.class)
                .hasMessageContaining("version 3 of Grown; this Lyceum reads up to 2");
    }

    @Test void noClassIsLoadedThatIsNoFittingRecord() {
        var form = SavedForm.of(new LineModel(2, 1, 2));
        form.tree().put("record", "java.lang.ProcessBuilder");
        assertThatThrownBy(() -> form.restore(Model.class)).isInstanceOf(FormatException.class)
                .hasMessageContaining("java.lang.ProcessBuilder, which is not a record of type Model");
        form.tree().put("record", "no.such.Class");
        assertThatThrownBy(() -> form.restore(Model.class)).hasMessageContaining("not on the class path");
        form.tree().put("record", CentreModel.class.getName());
        assertThatThrownBy(() -> form.restore(Model.class)).isInstanceOf(FormatException.class).hasMessageContaining("classes is missing");
    }

    @Test void missingFilesAndOtherModelsAreNamed() {
        var file = folder.resolve("line.safetensors");
        new LineModel(2, 1, 2).save(file);
        assertThatThrownBy(() -> Model.load(file, CentreModel.class)).isInstanceOf(FormatException.class)
                .hasMessageContaining("LineModel, which is not a record of type CentreModel");
        assertThatThrownBy(() -> Model.load(folder.resolve("none"))).isInstanceOf(LyceumException.class)
                .hasMessageContaining("cannot read");
        assertThatThrownBy(() -> new LineModel(2, 1, 2).save(folder.resolve("no/such/folder"))).isInstanceOf(LyceumException.class)
                .hasMessageContaining("cannot write");
    }

    @Test void damagedFilesAreFormatExceptions() throws Exception {
        var file = folder.resolve("centre.safetensors");
        new CentreClassifier().fit(Tensor.of(new double[][] {{1, 2}, {3, 4}}), Tensor.of(4, 9)).save(file);
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> ModelFile.parse(cut, Model.class)).isInstanceOf(FormatException.class);
        }
        Fuzz.of(whole).allowing(FormatException.class).mutants(5000, bytes -> ModelFile.parse(bytes, Model.class));
    }
}
