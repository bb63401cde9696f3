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
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Function;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.memory.Scope;
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
 * <p>{@link #read} maps the file: its tensors are available at once, whatever its size, and pages are read as they are used.
 *
 * @see <a href="https://huggingface.co/docs/safetensors">the format's description</a>
 */
public final class Safetensors {
    private static final String FORMAT = "safetensors";
    private static final long MOST_HEADER = 100L << 20;
    private static final String KNOWN = "known are BOOL, U8, I8, I32, I64, F16, BF16, F32, F64, and stored I16, U16, U32, U64, F8_E4M3, F8_E5M2";
    private static final ObjectMapper JSON = JsonMapper
            .builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(8).maxNameLength(4096).build()).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private Safetensors() {}

    /** Types of the format that are not supported here, with their bits. */
    private static final Map<String, Integer> FOREIGN = Map.of("F4", 4, "F6_E2M3", 6, "F6_E3M2", 6, "F8_E8M0", 8, "C64", 64);

    /**
     * What a file holds.
     *
     * @param tensors  in the order of their data
     * @param stored   those of a type that tensors cannot compute in, such as {@code F8_E4M3} or {@code U16}, as stored in the file
     * @param foreign  names of the tensors that cannot be read, with their types, such as {@code C64}; they do not block the others
     * @param metadata strings by name
     */
    public record Contents(SequencedMap<String, Tensor> tensors, SequencedMap<String, StorageType.Stored> stored,
            SequencedMap<String, String> foreign, Map<String, String> metadata) {
        /** A tensor; of a storage type, widened. @throws FormatException naming what there is if the tensor is missing, or its type if nothing here holds that */
        public Tensor get(String name) {
            if (stored.containsKey(name)) return stored.get(name).tensor();
            if (foreign.containsKey(name))
                throw new FormatException("safetensors: tensor \"" + name + "\" has type " + foreign.get(name) + "; " + KNOWN);
            var tensor = tensors.get(name);
            if (tensor == null) throw new FormatException("safetensors: there is no tensor \"" + name + "\"; there are " + tensors.keySet()
                    + (stored.isEmpty() ? "" : " and " + stored.keySet()));
            return tensor;
        }

        /** All tensors, those of storage types widened. */
        public SequencedMap<String, Tensor> wide() {
            var all = new LinkedHashMap<>(tensors);
            stored.forEach((name, numbers) -> all.put(name, numbers.tensor()));
            return all;
        }
    }

    /**
     * Reads a file, or all that an index ({@link SafetensorsIndex}) names.
     *
     * @throws FormatException if it is malformed: lengths, types, shapes, overlaps and gaps are checked before any tensor is made
     */
    public static Contents read(Path path) throws IOException {
        return path.toString().endsWith(SafetensorsIndex.ENDING) ? joined(path) : read(MappedFile.open(FORMAT, path));
    }

    private static Contents joined(Path index) throws IOException {
        var said = SafetensorsIndex.places(index);
        var all = new Contents(new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>(), new TreeMap<>());
        var places = new TreeMap<String, Path>();
        for (var file : new LinkedHashSet<>(said.values())) {
            var part = read(file);
            for (var names : List.of(part.tensors.keySet(), part.stored.keySet(), part.foreign.keySet())) for (var name : names) {
                var other = places.put(name, file);
                if (other != null) throw new FormatException(
                        "safetensors: tensor \"" + name + "\" is in " + other.getFileName() + " and in " + file.getFileName());
            }
            all.tensors.putAll(part.tensors);
            all.stored.putAll(part.stored);
            all.foreign.putAll(part.foreign);
            all.metadata.putAll(part.metadata);
        }
        said.forEach((name, file) -> {
            if (!file.equals(places.get(name))) throw new FormatException(
                    "safetensors: tensor \"" + name + "\" is not in " + file.getFileName() + ", where " + index.getFileName() + " has it");
        });
        return all;
    }

    /** Reads a file that is already in memory. */
    public static Contents read(MemorySegment memory) { return read(MappedFile.of(FORMAT, memory)); }

    private record Entry(String name, String type, long[] shape, long begin, long end) {}

    private static Contents read(MappedFile file) {
        long headerLength = file.longAt(0);
        if (headerLength < 2 || headerLength > MOST_HEADER)
            throw file.malformed(0, "header length " + headerLength + " is outside 2 to " + MOST_HEADER);
        file.need(8, headerLength);
        JsonNode header;
        try {
            header = JSON.readTree(file.text(8, (int) headerLength, StandardCharsets.UTF_8));
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
        return contents(file, data, entries, empty, metadata);
    }

    private static Entry entry(MappedFile file, String name, JsonNode node) {
        if (!node.isObject()) throw file.malformed(8, "tensor \"" + name + "\" is not an object");
        var type = node.path("dtype").asString("");
        var sizes = node.path("shape");
        if (!sizes.isArray() || sizes.size() > 64) throw file.malformed(8, "tensor \"" + name + "\" has no shape");
        var shape = new long[sizes.size()];
        long bits = bits(file, name, type);
        for (int i = 0; i < shape.length; i++) {
            if (!sizes.get(i).isIntegralNumber() || !sizes.get(i).canConvertToLong() || sizes.get(i).asLong() < 0)
                throw file.malformed(8, "tensor \"" + name + "\" has a size of " + sizes.get(i));
            shape[i] = sizes.get(i).asLong();
            if (shape[i] != 0 && bits > Long.MAX_VALUE / shape[i])
                throw file.malformed(8, "tensor \"" + name + "\" is larger than memory can be");
            bits *= shape[i];
        }
        if (bits % 8 != 0) throw file.malformed(8, "tensor \"" + name + "\" of " + bits + " bits ends within a byte");
        long bytes = bits / 8;
        var offsets = node.path("data_offsets");
        if (!offsets.isArray() || offsets.size() != 2 || !offsets.get(0).canConvertToLong() || !offsets.get(1).canConvertToLong())
            throw file.malformed(8, "tensor \"" + name + "\" has no data_offsets");
        long begin = offsets.get(0).asLong(), end = offsets.get(1).asLong();
        if (begin < 0 || end < begin || end - begin != bytes)
            throw file.malformed(8, "tensor \"" + name + "\" of " + bytes + " bytes has data_offsets " + begin + " to " + end);
        return new Entry(name, type, shape, begin, end);
    }

    private static Contents contents(MappedFile file, long data, TreeMap<Long, Entry> entries, List<Entry> empty,
            Map<String, String> metadata) {
        long at = 0;
        for (var entry : entries.values()) {
            if (entry.begin != at)
                throw file.malformed(data + at, "tensor \"" + entry.name + "\" begins at data offset " + entry.begin + ", expected " + at);
            at = entry.end;
        }
        if (data + at != file.size()) throw file.malformed(data + at, "the data ends here, the file at " + file.size());
        var tensors = new LinkedHashMap<String, Tensor>();
        var stored = new LinkedHashMap<String, StorageType.Stored>();
        var foreign = new LinkedHashMap<String, String>();
        var storage = Storage.wrap(file.memory());
        empty.addAll(entries.values());
        for (var entry : empty) {
            var type = StorageType.of(entry.type);
            if (FOREIGN.containsKey(entry.type)) foreign.put(entry.name, entry.type);
            else if (type != null) stored.put(entry.name,
                    new StorageType.Stored(type, entry.shape, file.memory().asSlice(data + entry.begin, entry.end - entry.begin)));
            else tensors.put(entry.name, tensor(file, storage, data + entry.begin, entry));
        }
        return new Contents(tensors, stored, foreign, metadata);
    }

    /** Headers are padded so that data is aligned; one that is not is copied. */
    private static Tensor tensor(MappedFile file, Storage storage, long offset, Entry entry) {
        var type = DType.valueOf(entry.type);
        if (entry.begin == entry.end) return Tensor.zeros(type, entry.shape);
        if (offset % type.bytes() == 0) return Tensor.on(storage, offset, type, entry.shape);
        return Tensor.on(Storage.wrap(file.memory().asSlice(offset, entry.end - entry.begin)), 0, type, entry.shape).copy();
    }

    private static int bits(MappedFile file, String name, String type) {
        return switch (type) {
            case "BOOL", "U8", "I8", "I32", "I64", "F16", "BF16", "F32", "F64" -> 8 * DType.valueOf(type).bytes();
            default -> {
                var stored = StorageType.of(type);
                if (stored != null) yield 8 * stored.bytes();
                if (!FOREIGN.containsKey(type)) throw file.malformed(8, "tensor \"" + name + "\" has type \"" + type + "\"; " + KNOWN);
                yield FOREIGN.get(type);
            }
        };
    }

    /** A tensor to be written: its type and sizes. */
    public record Form(DType dtype, long... shape) {
        public Form { shape = shape.clone(); }

        public static Form of(Tensor tensor) { return new Form(tensor.dtype(), tensor.shape().toArray()); }

        /** Bytes of its numbers. */
        public long bytes() {
            long bytes = dtype.bytes();
            for (long size : shape) bytes = Math.multiplyExact(bytes, size);
            return bytes;
        }

        private Place place(long at) { return new Place(dtype.name(), shape, at, at + bytes()); }
    }

    /** What the header says about a tensor. */
    private record Place(String type, long[] shape, long begin, long end) {
        static Place of(Object value, long at) {
            return value instanceof StorageType.Stored s ? new Place(s.type().name(), s.shape(), at, at + s.bytes().byteSize())
                    : Form.of((Tensor) value).place(at);
        }
    }

    /** Writes {@link Tensor}s and {@link StorageType.Stored} ones in the given order; the file is written atomically. */
    public static void write(Path path, SequencedMap<String, ?> tensors, Map<String, String> metadata) throws IOException {
        var places = new LinkedHashMap<String, Place>();
        long at = 0;
        for (var entry : tensors.entrySet()) {
            var place = Place.of(entry.getValue(), at);
            places.put(entry.getKey(), place);
            at = place.end;
        }
        put(path, places, tensors::get, metadata);
    }

    /**
     * Writes tensors in the given order, each produced only when it is written, so that only one needs to be in memory at a time.
     *
     * @throws IllegalArgumentException if a tensor does not have the announced type and shape
     */
    public static void write(Path path, SequencedMap<String, Form> forms, Function<String, Tensor> tensors, Map<String, String> metadata)
            throws IOException {
        var places = new LinkedHashMap<String, Place>();
        long at = 0;
        for (var entry : forms.entrySet()) {
            var place = entry.getValue().place(at);
            places.put(entry.getKey(), place);
            at = place.end;
        }
        put(path, places, tensors, metadata);
    }

    private static void put(Path path, SequencedMap<String, Place> places, Function<String, ?> values, Map<String, String> metadata)
            throws IOException {
        var header = header(places, metadata);
        var target = path.toAbsolutePath();
        var part = Files.createTempFile(target.getParent(), target.getFileName().toString(), ".part");
        try {
            try (var channel = FileChannel.open(part, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                var length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).flip();
                drain(channel, length);
                drain(channel, ByteBuffer.wrap(header));
                for (var entry : places.entrySet()) {
                    try (var scope = Scope.open("a tensor to write")) {
                        put(channel, entry.getKey(), entry.getValue(), values.apply(entry.getKey()));
                    }
                }
            }
            Durable.move(part, target);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static void put(FileChannel channel, String name, Place place, Object value) throws IOException {
        var now = Place.of(value, place.begin);
        if (!now.type.equals(place.type) || !Arrays.equals(now.shape, place.shape))
            throw new IllegalArgumentException("safetensors: \"" + name + "\" is " + now.type + " " + Arrays.toString(now.shape)
                    + "; announced were " + place.type + " " + Arrays.toString(place.shape));
        if (value instanceof Tensor t) writeData(channel, t);
        else drain(channel, ((StorageType.Stored) value).bytes());
    }

    private static byte[] header(SequencedMap<String, Place> places, Map<String, String> metadata) {
        var root = JSON.createObjectNode();
        if (!metadata.isEmpty()) {
            var node = root.putObject("__metadata__");
            new TreeMap<>(metadata).forEach(node::put);
        }
        places.forEach((name, place) -> {
            var node = root.putObject(name);
            node.put("dtype", place.type);
            var shape = node.putArray("shape");
            for (long size : place.shape) shape.add(size);
            node.putArray("data_offsets").add(place.begin).add(place.end);
        });
        var text = JSON.writeValueAsString(root);
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        return (text + " ".repeat((int) Math.floorMod(-(8L + length), 64L))).getBytes(StandardCharsets.UTF_8);
    }

    static void writeData(FileChannel channel, Tensor tensor) throws IOException {
        var source = tensor.detach().contiguous();
        var v = source.view();
        if (source.count() > 0) drain(channel, v.storage().segment().asSlice(v.byteOffset(), source.count() * source.dtype().bytes()));
        Reference.reachabilityFence(source);
    }

    /** In pieces: a buffer has at most 2 GB. */
    static void drain(FileChannel channel, MemorySegment bytes) throws IOException {
        for (long at = 0; at < bytes.byteSize(); at += 1 << 26)
            drain(channel, bytes.asSlice(at, Math.min(1 << 26, bytes.byteSize() - at)).asByteBuffer());
    }

    static void drain(FileChannel channel, ByteBuffer buffer) throws IOException { while (buffer.hasRemaining()) channel.write(buffer); }
}
