package lyceum.stats.learner;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.format.Safetensors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/** A model as a safetensors file that any reader of the format can open; its tree stands as JSON in the file's metadata. */
final class ModelFile {
    private static final String FORMAT = "lyceum-model", FORMAT_VERSION = "1";

    private ModelFile() {}

    static void write(Path file, Model model) {
        if (!(model instanceof Record record)) {
            throw new LyceumException("save: " + model.getClass().getName() + " is not a record; only records can be saved");
        }
        var form = SavedForm.of(record);
        try {
            Safetensors.write(file, form.tensors(),
                    Map.of("format", FORMAT, "formatVersion", FORMAT_VERSION, "model", SavedForm.json().writeValueAsString(form.tree())));
        } catch (IOException e) {
            throw new LyceumException("save: cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    static <M extends Model> M read(Path file, Class<M> type) {
        try {
            return restore(Safetensors.read(file), type);
        } catch (IOException e) {
            throw new LyceumException("load: cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    static <M extends Model> M parse(byte[] bytes, Class<M> type) {
        var aligned = new long[(bytes.length + 7) / 8];
        var memory = MemorySegment.ofArray(aligned).asSlice(0, bytes.length);
        memory.copyFrom(MemorySegment.ofArray(bytes));
        return restore(Safetensors.read(memory), type);
    }

    private static <M extends Model> M restore(Safetensors.Contents contents, Class<M> type) {
        var metadata = contents.metadata();
        if (!FORMAT.equals(metadata.get("format")))
            throw FormatException.at("saved model", 8, "this safetensors file holds tensors but no model");
        if (!FORMAT_VERSION.equals(metadata.get("formatVersion"))) {
            throw FormatException.at("saved model", 8,
                    "format version " + metadata.get("formatVersion") + "; this Lyceum reads version " + FORMAT_VERSION);
        }
        try {
            if (SavedForm.json().readTree(metadata.getOrDefault("model", "")) instanceof ObjectNode tree)
                return new SavedForm(tree, contents.tensors()).restore(type);
        } catch (JacksonException e) {
            throw FormatException.at("saved model", 8, "the model is not JSON (" + e.getOriginalMessage() + ")");
        }
        throw FormatException.at("saved model", 8, "the model is not a JSON object");
    }
}
