package lyceum.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SequencedMap;
import lyceum.DTypeException;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;

/** Writes GGUF, version 3. The file appears whole or not at all. */
final class GgufWriter {
    private final ByteArrayOutputStream header = new ByteArrayOutputStream();
    private final int alignment;

    private GgufWriter(int alignment) { this.alignment = alignment; }

    static void write(Path path, SequencedMap<String, ?> metadata, SequencedMap<String, ?> tensors) throws IOException {
        var writer = new GgufWriter(alignment(metadata.get(Gguf.ALIGNMENT)));
        writer.number(0x46554747L, 4).number(3, 4).number(tensors.size(), 8).number(metadata.size(), 8);
        for (var setting : metadata.entrySet()) {
            writer.text(setting.getKey());
            writer.value(setting.getKey(), setting.getValue());
        }
        long offset = 0;
        for (var entry : tensors.entrySet()) {
            var kind = kind(entry.getKey(), entry.getValue());
            writer.text(entry.getKey());
            long[] shape = switch (entry.getValue()) {
                case Tensor t -> t.shape().toArray();
                case Gguf.Entry e -> e.shape();
                case QuantisedMatrix q -> new long[] {q.rows(), q.columns()};
                default -> throw new AssertionError(kind);
            };
            writer.number(shape.length, 4);
            for (int a = shape.length - 1; a >= 0; a--) writer.number(shape[a], 8);
            writer.number(kind.number, 4).number(offset, 8);
            offset += writer.padded(bytes(entry.getValue()));
        }
        while (writer.header.size() % writer.alignment != 0) writer.header.write(0);
        writer.put(path, tensors);
    }

    private static Gguf.Kind kind(String name, Object value) {
        for (var kind : Gguf.Kind.values()) {
            if (value instanceof Tensor t && t.dtype() == kind.dtype) return kind;
            if (value instanceof Gguf.Entry e && kind.name().equals(e.type()) && e.bytes() != null) return kind;
            if (value instanceof QuantisedMatrix q && kind.name().equals(q.format().name())) return kind;
        }
        throw new DTypeException(
                "gguf: \"" + name + "\" is " + (value instanceof Tensor t ? t.dtype() : value instanceof Gguf.Entry e ? e.type() : value)
                        + "; GGUF has F32, F16, BF16, F64, I8, I32, I64 and the blocks " + Gguf.BLOCKS);
    }

    private static long bytes(Object value) {
        return value instanceof Tensor t ? t.count() * t.dtype().bytes() : segment(value).byteSize();
    }

    private static MemorySegment segment(Object value) {
        return value instanceof Gguf.Entry e ? e.bytes() : ((QuantisedMatrix) value).segment();
    }

    private long padded(long bytes) { return (bytes + alignment - 1) / alignment * alignment; }

    /** What the settings say, which a reader goes by; 32 if they say no whole number. */
    private static int alignment(Object setting) {
        long alignment = switch (setting) {
            case Gguf.Unsigned u -> u.value();
            case Number n when !(n instanceof Float || n instanceof Double) -> n.longValue();
            case null, default -> 32L;
        };
        if (alignment < 8 || alignment > 1 << 20 || alignment % 8 != 0) throw new IllegalArgumentException(
                "gguf: " + Gguf.ALIGNMENT + " is " + setting + "; it is a multiple of 8, at most " + (1 << 20));
        return (int) alignment;
    }

    private void put(Path path, SequencedMap<String, ?> tensors) throws IOException {
        var target = path.toAbsolutePath();
        var part = Files.createTempFile(target.getParent(), target.getFileName().toString(), ".part");
        try {
            try (var channel = FileChannel.open(part, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                Safetensors.drain(channel, ByteBuffer.wrap(header.toByteArray()));
                for (var value : tensors.values()) {
                    if (value instanceof Tensor t) Safetensors.writeData(channel, t);
                    else Safetensors.drain(channel, segment(value));
                    Safetensors.drain(channel, ByteBuffer.allocate((int) (padded(bytes(value)) - bytes(value))));
                }
            }
            Durable.move(part, target);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private GgufWriter number(long value, int bytes) {
        for (int i = 0; i < bytes; i++) header.write((int) (value >>> 8 * i));
        return this;
    }

    private void text(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        number(bytes.length, 8);
        header.writeBytes(bytes);
    }

    private void value(String name, Object value) {
        number(type(name, value), 4);
        item(name, value);
    }

    private static int type(String name, Object value) {
        return switch (value) {
            case Boolean _ -> 7;
            case Byte _ -> 1;
            case Short _ -> 3;
            case Gguf.Unsigned u -> u.bytes() == 1 ? 0 : u.bytes() == 2 ? 2 : u.bytes() == 4 ? 4 : 10;
            case Integer i -> i >= 0 ? 4 : 5;
            case Long l -> l >= 0 && l <= 0xFFFFFFFFL ? 4 : 11;
            case Float _ -> 6;
            case Double _ -> 12;
            case String _ -> 8;
            case List<?> _ -> 9;
            default -> throw new IllegalArgumentException("gguf: setting \"" + name + "\" is a " + value.getClass().getSimpleName()
                    + "; String, Boolean, Byte, Short, Integer, Long, Unsigned, Float, Double and Lists of one of them can be written");
        };
    }

    private void item(String name, Object value) {
        switch (value) {
            case Boolean b -> number(b ? 1 : 0, 1);
            case Byte b -> number(b, 1);
            case Short b -> number(b, 2);
            case Gguf.Unsigned u -> number(u.value(), u.bytes());
            case Integer i -> number(i, 4);
            case Long l -> number(l, l >= 0 && l <= 0xFFFFFFFFL ? 4 : 8);
            case Float f -> number(Float.floatToRawIntBits(f), 4);
            case Double d -> number(Double.doubleToRawLongBits(d), 8);
            case String s -> text(s);
            case List<?> list -> list(name, list);
            default -> throw new AssertionError(name);
        }
    }

    private void list(String name, List<?> list) {
        // One type for all: the widest integer if they are integers.
        int type = list.isEmpty() ? 8 : type(name, list.getFirst());
        if (type == 5 || type == 11 || type == 4 && !(list.getFirst() instanceof Gguf.Unsigned))
            type = list.stream().allMatch(v -> v instanceof Number n && n.longValue() == n.intValue()) ? 5 : 11;
        number(type, 4).number(list.size(), 8);
        for (var value : list) {
            if (type == 5 || type == 11) number(((Number) value).longValue(), type == 5 ? 4 : 8);
            else if (type(name, value) != type)
                throw new IllegalArgumentException("gguf: setting \"" + name + "\" is a list of several types");
            else item(name, value);
        }
    }
}
