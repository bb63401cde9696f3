package lyceum.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import lyceum.FormatException;
import lyceum.format.Safetensors;
import lyceum.memory.Memory;
import lyceum.models.vision.ResNet;
import lyceum.models.vision.ResNetConfig;
import lyceum.models.vision.VisionTransformer;
import lyceum.nn.ConfigJson;
import lyceum.nn.Linear;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.ForcedFiles;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** That every architecture comes back is in {@link ModelContract}. */
class SavedModelTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir Path folder;

    private final ResNetConfig config = (ResNetConfig) Architectures.named("ResNet").example().config();

    private Path saved() throws IOException {
        var saved = new SavedModel(new ResNet(config, Rng.of(1)), config);
        saved.notes().putArray("labels").add("cat").add("dog");
        saved.notes().putArray("mean").add(0.5).add(1);
        saved.save(folder);
        return folder;
    }

    private void edit(Consumer<ObjectNode> change) throws IOException {
        var json = ConfigJson.parse(Files.readString(folder.resolve(SavedModel.CONFIG)));
        change.accept(json);
        Files.writeString(folder.resolve(SavedModel.CONFIG), ConfigJson.text(json));
    }

    private void refused(String... parts) {
        assertThatThrownBy(() -> SavedModel.load(folder)).isInstanceOf(FormatException.class).satisfies(e -> {
            for (var part : parts) assertThat(e).hasMessageContaining(part);
        });
    }

    @Test void notesStandBesideTheConfiguration() throws IOException {
        var read = SavedModel.load(saved());
        assertThat(read.texts("labels")).containsExactly("cat", "dog");
        assertThat(read.numbers("mean")).containsExactly(0.5, 1);
        assertThat(read.architecture().name()).isEqualTo("ResNet");
        assertThat(read.config(ResNetConfig.class)).isEqualTo(config);
        assertThatThrownBy(() -> read.model(VisionTransformer.class)).isInstanceOf(FormatException.class).hasMessageContaining("ResNet")
                .hasMessageContaining("VisionTransformer");
        assertThatThrownBy(() -> read.texts("mean")).isInstanceOf(FormatException.class).hasMessageContaining("mean");
        assertThatThrownBy(() -> read.numbers("labels")).isInstanceOf(FormatException.class).hasMessageContaining("labels");
        assertThatThrownBy(() -> read.texts("nothing")).isInstanceOf(FormatException.class).hasMessageContaining("nothing");
    }

    @Test void aModelIsOnTheDiskWhenItIsSaved() throws Exception {
        assertThat(ForcedFiles.below(folder, this::saved)).containsExactly(SavedModel.WEIGHTS, "", SavedModel.CONFIG, "");
    }

    @Test void aModelThatNoArchitectureBuildsIsNotSaved() {
        assertThatThrownBy(() -> new SavedModel(new Linear(2, 3, Rng.of(1)), config)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Linear").hasMessageContaining("ResNetConfig");
    }

    @Test void whatIsMissingFromTheFolderIsSaid() throws IOException {
        assertThatThrownBy(() -> SavedModel.load(folder)).isInstanceOf(NoSuchFileException.class).hasMessageContaining("config.json");
        saved();
        Files.delete(folder.resolve(SavedModel.WEIGHTS));
        assertThatThrownBy(() -> SavedModel.load(folder)).isInstanceOf(IOException.class).hasMessageContaining("model.safetensors");
    }

    @Test void aFieldThatIsWrongIsNamed() throws IOException {
        saved();
        edit(json -> ((ObjectNode) json.get("config")).put("width", "wide"));
        refused("width", "\"wide\"", "whole number");
        saved();
        edit(json -> ((ObjectNode) json.get("config")).put("wdith", 3));
        refused("wdith", "unknown", "width");
        saved();
        edit(json -> ((ObjectNode) json.get("config")).remove("groups"));
        refused("groups", "missing");
        saved();
        edit(json -> ((ObjectNode) json.get("config")).put("stem", "LARGE"));
        refused("stem", "LARGE", "IMAGENET");
        saved();
        edit(json -> ((ObjectNode) json.get("config")).put("width", 2.5));
        refused("width", "2.5");
        saved();
        edit(json -> ((ObjectNode) json.get("config")).put("channels", 0));
        refused("ResNetConfig", "0 channels");
        saved();
        edit(json -> json.put("architecture", "ResNext"));
        refused("ResNext", "VisionTransformer");
        saved();
        edit(json -> json.put("formatVersion", 2));
        refused("formatVersion", "2");
        saved();
        edit(json -> json.remove("config"));
        refused("config is missing");
        saved();
        Files.writeString(folder.resolve(SavedModel.CONFIG), "{\"architecture\": \"ResNet\",");
        refused("line");
    }

    @Test void weightsThatDoNotFitAreAllListedAndNothingIsLoaded() throws IOException {
        saved();
        var weights = Safetensors.read(folder.resolve(SavedModel.WEIGHTS)).tensors();
        var bad = new LinkedHashMap<String, Tensor>();
        weights.forEach((name, t) -> bad.put(name.equals("fc.bias") ? "fc.offset" : name,
                name.equals("fc.weight") ? t.transpose().copy() : t.copy()));
        Safetensors.write(folder.resolve(SavedModel.WEIGHTS), bad, Map.of());
        refused("fc.weight is (8, 5) and must be (5, 8)", "fc.bias is missing", "fc.offset is unknown");
    }

    @Test void noSizeOfAConfigurationAllocatesWhatTheFileDoesNotHave() throws IOException { sizes(60_000); }

    @Test
    @Tag("heavy") void noSizeSmallOrLargeDoesEither() throws IOException {
        sizes(Integer.MAX_VALUE, 1 << 20, 70_000, 60_000, 1_000, 0, -1);
    }

    /** Every whole number of every configuration is made one of these. */
    private void sizes(int... sizes) throws IOException {
        int tried = 0;
        var wrong = new ArrayList<String>();
        for (var kind : Architectures.all().values()) {
            new SavedModel(kind.build(kind.example().config(), Rng.of(1)), kind.example().config()).save(folder);
            long bytes = Files.size(folder.resolve(SavedModel.WEIGHTS));
            for (int place = 0;; place++) {
                boolean any = false;
                for (int size : sizes) {
                    int at = place;
                    var json = ConfigJson.write(kind.example().config());
                    if (!replace(json, new int[] {at}, size)) continue;
                    any = true;
                    tried++;
                    edit(whole -> whole.set("config", json));
                    long before = THREADS.getCurrentThreadAllocatedBytes(), held = Memory.stats().peak(), began = System.nanoTime();
                    try {
                        SavedModel.load(folder);
                    } catch (FormatException expected) {
                        // as it should
                    } catch (Throwable e) {
                        wrong.add(kind.name() + " number " + place + " as " + size + ": " + e);
                    }
                    long heap = THREADS.getCurrentThreadAllocatedBytes() - before;
                    if (heap > bytes + (64L << 20))
                        wrong.add(kind.name() + " number " + place + " as " + size + ": " + heap + " bytes of heap");
                    if (Memory.stats().peak() > held + bytes + (32L << 20))
                        wrong.add(kind.name() + " number " + place + " as " + size + ": " + (Memory.stats().peak() - held) + " bytes");
                    if (System.nanoTime() - began > 2_000_000_000L) wrong.add(kind.name() + " number " + place + " as " + size + ": slow");
                }
                if (!any) break;
            }
        }
        assertThat(String.join("\n", wrong)).isEmpty();
        assertThat(tried).isGreaterThan(400 * sizes.length);
    }

    /** Replaces the whole number that stands so many places further on, and counts down. */
    private static boolean replace(JsonNode in, int[] left, int size) {
        if (in instanceof ObjectNode object) {
            for (var name : List.copyOf(object.propertyNames())) {
                if (object.get(name).isIntegralNumber()) {
                    if (left[0]-- == 0) {
                        object.put(name, size);
                        return true;
                    }
                } else if (replace(object.get(name), left, size)) return true;
            }
        } else if (in instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                if (array.get(i).isIntegralNumber()) {
                    if (left[0]-- == 0) {
                        array.set(i, ConfigJson.parse("{\"n\":" + size + "}").get("n"));
                        return true;
                    }
                } else if (replace(array.get(i), left, size)) return true;
            }
        }
        return false;
    }

    private void mutants(int n) throws IOException {
        for (var name : List.of("SemanticSegmenter", "Autoencoder", "MaskedDiffusion")) {
            var kind = Architectures.named(name);
            new SavedModel(kind.build(kind.example().config(), Rng.of(1)), kind.example().config()).save(folder);
            var good = Files.readAllBytes(folder.resolve(SavedModel.CONFIG));
            Fuzz.of(good).allowing(FormatException.class).mutants(n / 3 + 1, bytes -> {
                Files.write(folder.resolve(SavedModel.CONFIG), bytes);
                SavedModel.load(folder);
            });
        }
    }

    @Test void fiveThousandMutantsOfAConfigurationAreReadOrRefused() throws IOException { mutants(5_000); }

    @Test
    @Tag("heavy") void aHundredThousandMutantsOfAConfigurationAreReadOrRefused() throws IOException { mutants(100_000); }
}
