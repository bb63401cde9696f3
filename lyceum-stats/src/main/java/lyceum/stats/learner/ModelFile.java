package lyceum.stats.learner;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.memory.Storage;
import lyceum.tensor.Tensor;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A model as a safetensors file: eight bytes of header length, a JSON header, the tensors' bytes. The model's tree stands as text in the
 * header's {@code __metadata__}, so that any safetensors reader can open the file.
 */
final class ModelFile {
    private static final int FORMAT_VERSION = 1;
    private static final long MAX_HEADER = 100_000_000;

    private ModelFile() { }

    static void write(Path file, Model model) {
        if (!(model instanceof Record record)) {
            throw new LyceumException("save: " + model.getClass().getName() + " is not a record; only records can be saved");
        }
        var form = SavedForm.of(record);
        var json = SavedForm.json();
        var header = json.createObjectNode();
        header.putObject("__metadata__").put("format", "lyceum-model").put("formatVersion", Integer.toString(FORMAT_VERSION))
                .put("model", json.writeValueAsString(form.tree()));
        long offset = 0;
        for (var entry : form.tensors().entrySet()) {
            var t = entry.getValue();
            var node = header.putObject(entry.getKey()).put("dtype", t.dtype().name());
            var shape = node.putArray("shape");
            for (long size : t.shape().toArray()) shape.add(size);
            long end = offset + t.count() * t.dtype().bytes();
            node.putArray("data_offsets").add(offset).add(end);
            offset = end;
        }
        replace(file, json.writeValueAsString(header).getBytes(StandardCharsets.UTF_8), form.tensors());
    }

    /** Writes beside the file and renames, so that a full disk leaves the old file whole. */
    private static void replace(Path file, byte[] header, Map<String, Tensor> tensors) {
        var target = file.toAbsolutePath();
        Path draft = null;
        try {
            draft = Files.createTempFile(target.getParent(), target.getFileName().toString(), ".part");
            try (var out = FileChannel.open(draft, StandardOpenOption.WRITE)) {
                int padded = (header.length + 7) / 8 * 8;
                var start = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).put(header);
                while (start.hasRemaining()) start.put((byte) ' ');
                writeAll(out, start.flip());
                for (var t : tensors.values()) {
                    var view = t.contiguous().view();
                    long bytes = t.count() * t.dtype().bytes();
                    for (long done = 0; done < bytes; done += 1 << 24) {
                        writeAll(out, view.storage().segment().asSlice(view.byteOffset() + done, Math.min(1 << 24, bytes - done)).asByteBuffer());
                    }
                    java.lang.ref.Reference.reachabilityFence(view);
                }
            }
            Files.move(draft, target, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            try {
                if (draft != null) Files.deleteIfExists(draft);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw new LyceumException("save: cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    private static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) out.write(bytes);
    }

    static <M extends Model> M read(Path file, Class<M> type) {
        byte[] bytes;
        try {
            if (Files.size(file) > Integer.MAX_VALUE - 16) throw new LyceumException("load: " + file + " is over 2 GiB");
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new LyceumException("load: cannot read " + file + ": " + e.getMessage(), e);
        }
        return parse(bytes, type);
    }

    static <M extends Model> M parse(byte[] bytes, Class<M> type) {
        if (bytes.length < 8) throw FormatException.at("model", 0, "the file has " + bytes.length + " bytes, too few for a header");
        var buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long length = buffer.getLong();
        if (length < 2 || length > bytes.length - 8 || length > MAX_HEADER) throw FormatException.at("model", 0, "a header of " + length + " bytes in a file of " + bytes.length);
        var header = object(new String(bytes, 8, (int) length, StandardCharsets.UTF_8), 8);
        var metadata = header.path("__metadata__");
        if (!"lyceum-model".equals(metadata.path("format").asString(""))) throw FormatException.at("model", 8, "a safetensors file but not a saved model");
        if (!Integer.toString(FORMAT_VERSION).equals(metadata.path("formatVersion").asString(""))) {
            throw FormatException.at("model", 8, "format version " + metadata.path("formatVersion") + "; this Lyceum reads version " + FORMAT_VERSION);
        }
        var tensors = new LinkedHashMap<String, Tensor>();
        int start = 8 + (int) length;
        for (var entry : header.properties()) {
            if (!entry.getKey().equals("__metadata__")) tensors.put(entry.getKey(), tensor(entry.getKey(), entry.getValue(), bytes, start));
        }
        return new SavedForm(object(metadata.path("model").asString(""), 8), tensors).restore(type);
    }

    private static ObjectNode object(String text, long offset) {
        try {
            if (SavedForm.json().readTree(text) instanceof ObjectNode object) return object;
        } catch (JacksonException e) {
            throw FormatException.at("model", offset, "the header is not JSON (" + e.getOriginalMessage() + ")");
        }
        throw FormatException.at("model", offset, "the header is not a JSON object");
    }

    private static Tensor tensor(String name, JsonNode node, byte[] bytes, int start) {
        var type = type(name, node.path("dtype").asString(""));
        var sizes = node.path("shape");
        var offsets = node.path("data_offsets");
        if (!sizes.isArray() || sizes.size() > 16 || !offsets.isArray() || offsets.size() != 2) throw FormatException.at("model", 8, "tensor " + name + " lacks a shape or offsets");
        var shape = new long[sizes.size()];
        long count = 1, limit = bytes.length;
        for (int i = 0; i < shape.length; i++) {
            shape[i] = sizes.get(i).isIntegralNumber() ? sizes.get(i).asLong(-1) : -1;
            if (shape[i] < 0 || shape[i] > limit) throw FormatException.at("model", 8, "tensor " + name + " has a size of " + sizes.get(i));
            count *= shape[i];
            if (count > limit) throw FormatException.at("model", 8, "tensor " + name + " of shape " + sizes + " is larger than the file");
        }
        long from = offsets.get(0).asLong(-1), to = offsets.get(1).asLong(-1);
        if (from < 0 || to < from || to > limit - start || to - from != count * type.bytes()) {
            throw FormatException.at("model", 8, "tensor " + name + " of " + count + " " + type + " lies at " + offsets + " in " + (limit - start) + " bytes of data");
        }
        // Rows may start at any byte in foreign files; a copy on the heap keeps elements aligned and the file's bytes collectable.
        var heap = new long[(int) ((to - from + 7) / 8)];
        var segment = java.lang.foreign.MemorySegment.ofArray(heap);
        java.lang.foreign.MemorySegment.copy(java.lang.foreign.MemorySegment.ofArray(bytes), start + from, segment, 0, to - from);
        return Tensor.on(Storage.wrap(segment), 0, type, shape).copy();
    }

    private static DType type(String name, String text) {
        for (var type : DType.values()) if (type.name().equals(text)) return type;
        throw FormatException.at("model", 8, "tensor " + name + " is of unknown type " + text);
    }
}
