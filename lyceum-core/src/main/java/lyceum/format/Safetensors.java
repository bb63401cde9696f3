package lyceum.format;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.memory.Storage;
import lyceum.tensor.Tensor;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * Named tensors and a few strings in one file: eight bytes of header length, a JSON header, the data.
 *
 * <p>{@link #read} maps the file: tensors are on it at once, whatever its size, and pages are read as they are used.
 *
 * @see <a href="https://huggingface.co/docs/safetensors">the format's description</a>
 */
public final class Safetensors {
    private static final String FORMAT = "safetensors";
    private static final long MOST_HEADER = 100L << 20;
    private static final ObjectMapper JSON = JsonMapper
            .builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(8).maxNameLength(4096).build()).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private Safetensors() {}

    /** What a file holds: tensors in the order of their data, and its metadata. */
    public record Contents(SequencedMap<String, Tensor> tensors, Map<String, String> metadata) {
        /** @throws FormatException naming what there is, if the tensor is missing */
        public Tensor get(String name) {
            var tensor = tensors.get(name);
            if (tensor == null)
                throw new FormatException("safetensors: there is no tensor \"" + name + "\"; there are " + tensors.keySet());
            return tensor;
        }
    }

    /**
     * Reads a file.
     *
     * @throws FormatException if it is malformed: lengths, types, shapes, overlaps and gaps are checked before any tensor is made
     */
    public static Contents read(Path path) throws IOException { return read(MappedFile.open(FORMAT, path)); }

    /** Reads a file that is in memory already. */
    public static Contents read(MemorySegment memory) { return read(MappedFile.of(FORMAT, memory)); }

    private record Entry(String name, DType type, long[] shape, long begin, long end) {}

    private static Contents read(MappedFile file) {
        long headerLength = file.longAt(0);
        if (headerLength < 2 || headerLength > MOST_HEADER)
            throw file.malformed(0, "header length " + headerLength + " is outside 2 to " + MOST_HEADER);
        file.need(8, headerLength);
        JsonNode header;
        try {
            header = JSON.readTree(file.text(8, (int) headerLength));
        } catch (JacksonException e) {
            var at = e.getLocation();
            throw file.malformed(8 + (at == null ? 0 : Math.max(0, at.getCharOffset())),
                    "the header is not JSON: " + e.getOriginalMessage());
        }
        if (!header.isObject()) throw file.malformed(8, "the header is not a JSON object");
        long data = 8 + headerLength;
        var metadata = new TreeMap<String, String>();
        var entries = new TreeMap<Long, Entry>();
        var empty = new ArrayList<Entry>();
        for (var property : header.properties()) {
            if (property.getKey().equals("__metadata__")) {
                if (!property.getValue().isObject()) throw file.malformed(8, "__metadata__ is not an object");
                for (var item : property.getValue().properties()) {
                    if (!item.getValue().isString()) throw file.malformed(8, "__metadata__ \"" + item.getKey() + "\" is not a string");
                    metadata.put(item.getKey(), item.getValue().asString());
                }
                continue;
            }
            var entry = entry(file, property.getKey(), property.getValue());
            if (entry.end == entry.begin) empty.add(entry);
            else if (entries.put(entry.begin, entry) != null)
                throw file.malformed(data + entry.begin, "two tensors begin here, \"" + entry.name + "\" is one");
        }
        return new Contents(tensors(file, data, entries, empty), metadata);
    }

    private static Entry entry(MappedFile file, String name, JsonNode node) {
        if (!node.isObject()) throw file.malformed(8, "tensor \"" + name + "\" is not an object");
        var type = type(file, name, node.path("dtype").asString(""));
        var sizes = node.path("shape");
        if (!sizes.isArray() || sizes.size() > 64) throw file.malformed(8, "tensor \"" + name + "\" has no shape");
        var shape = new long[sizes.size()];
        long bytes = type.bytes();
        for (int i = 0; i < shape.length; i++) {
            if (!sizes.get(i).isIntegralNumber() || !sizes.get(i).canConvertToLong() || sizes.get(i).asLong() < 0)
                throw file.malformed(8, "tensor \"" + name + "\" has a size of " + sizes.get(i));
            shape[i] = sizes.get(i).asLong();
            if (shape[i] != 0 && bytes > Long.MAX_VALUE / shape[i])
                throw file.malformed(8, "tensor \"" + name + "\" is larger than memory can be");
            bytes *= shape[i];
        }
        var offsets = node.path("data_offsets");
        if (!offsets.isArray() || offsets.size() != 2 || !offsets.get(0).canConvertToLong() || !offsets.get(1).canConvertToLong())
            throw file.malformed(8, "tensor \"" + name + "\" has no data_offsets");
        long begin = offsets.get(0).asLong(), end = offsets.get(1).asLong();
        if (begin < 0 || end < begin || end - begin != bytes)
            throw file.malformed(8, "tensor \"" + name + "\" of " + bytes + " bytes has data_offsets " + begin + " to " + end);
        return new Entry(name, type, shape, begin, end);
    }

    private static SequencedMap<String, Tensor> tensors(MappedFile file, long data, TreeMap<Long, Entry> entries, List<Entry> empty) {
        long at = 0;
        for (var entry : entries.values()) {
            if (entry.begin != at)
                throw file.malformed(data + at, "tensor \"" + entry.name + "\" begins at data offset " + entry.begin + ", expected " + at);
            at = entry.end;
        }
        if (data + at != file.size()) throw file.malformed(data + at, "the data ends here, the file at " + file.size());
        var tensors = new LinkedHashMap<String, Tensor>();
        var storage = Storage.wrap(file.memory());
        for (var entry : empty) tensors.put(entry.name, Tensor.zeros(entry.type, entry.shape));
        for (var entry : entries.values()) {
            long offset = data + entry.begin;
            // Headers are padded so that data is aligned; one that is not is copied.
            var tensor = offset % entry.type.bytes() == 0 ? Tensor.on(storage, offset, entry.type, entry.shape)
                    : Tensor.on(Storage.wrap(file.memory().asSlice(offset, entry.end - entry.begin)), 0, entry.type, entry.shape).copy();
            tensors.put(entry.name, tensor);
        }
        return tensors;
    }

    private static DType type(MappedFile file, String name, String type) {
        return switch (type) {
            case "BOOL", "U8", "I8", "I32", "I64", "F16", "BF16", "F32", "F64" -> DType.valueOf(type);
            default -> throw file.malformed(8,
                    "tensor \"" + name + "\" has type \"" + type + "\"; known are BOOL, U8, I8, I32, I64, F16, BF16, F32, F64");
        };
    }

    /** Writes tensors in the given order; the file appears whole or not at all. */
    public static void write(Path path, SequencedMap<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        var header = header(tensors, metadata);
        var target = path.toAbsolutePath();
        var part = Files.createTempFile(target.getParent(), target.getFileName().toString(), ".part");
        try {
            try (var channel = FileChannel.open(part, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                var length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).flip();
                drain(channel, length);
                drain(channel, ByteBuffer.wrap(header));
                for (var tensor : tensors.values()) writeData(channel, tensor);
            }
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static byte[] header(SequencedMap<String, Tensor> tensors, Map<String, String> metadata) {
        var root = JSON.createObjectNode();
        if (!metadata.isEmpty()) {
            var node = root.putObject("__metadata__");
            new TreeMap<>(metadata).forEach(node::put);
        }
        long at = 0;
        for (var entry : tensors.entrySet()) {
            var node = root.putObject(entry.getKey());
            node.put("dtype", entry.getValue().dtype().name());
            var shape = node.putArray("shape");
            for (long size : entry.getValue().shape().toArray()) shape.add(size);
            long bytes = entry.getValue().count() * entry.getValue().dtype().bytes();
            node.putArray("data_offsets").add(at).add(at + bytes);
            at += bytes;
        }
        var text = JSON.writeValueAsString(root);
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        return (text + " ".repeat((int) Math.floorMod(-(8L + length), 64L))).getBytes(StandardCharsets.UTF_8);
    }

    static void writeData(FileChannel channel, Tensor tensor) throws IOException {
        var source = tensor.detach().contiguous();
        var v = source.view();
        long bytes = source.count() * source.dtype().bytes();
        for (long at = 0; at < bytes; at += 1 << 26) {
            var piece = v.storage().segment().asSlice(v.byteOffset() + at, Math.min(1 << 26, bytes - at));
            drain(channel, piece.asByteBuffer());
        }
        Reference.reachabilityFence(source);
    }

    static void drain(FileChannel channel, ByteBuffer buffer) throws IOException { while (buffer.hasRemaining()) channel.write(buffer); }
}
