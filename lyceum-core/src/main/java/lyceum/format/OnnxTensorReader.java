package lyceum.format;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;
import lyceum.format.OnnxFile.Constant;
import lyceum.memory.Storage;
import lyceum.tensor.Tensor;

/** Reads TensorProto messages: data in any of the places where a file may keep it. */
final class OnnxTensorReader {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int MOST_AXES = 64;

    private final Path folder;
    private final Map<Path, MappedFile> opened = new HashMap<>();
    private final OnnxSparseReader sparse = new OnnxSparseReader();

    /** @param folder where external data may lie, or null where there may be none */
    OnnxTensorReader(Path folder) { this.folder = folder; }

    /** Numbers as files write them one by one, grown as they come. */
    static final class Numbers {
        long[] bits = new long[8];
        int n;

        void add(long value) {
            if (n == bits.length) bits = Arrays.copyOf(bits, 2 * n);
            bits[n++] = value;
        }

        void read(ProtoReader in, int tag, int bytes) {
            if ((tag & 7) != 2) add(one(in, bytes));
            else for (var packed = in.message(); packed.hasNext();) add(one(packed, bytes));
        }

        private static long one(ProtoReader in, int bytes) { return bytes == 4 ? in.fixed32() : bytes == 8 ? in.fixed64() : in.varint(); }
    }

    /** A sparse tensor, dense. */
    Constant readSparse(ProtoReader in) { return sparse.read(in, this); }

    Constant read(ProtoReader in) {
        var dims = new Numbers();
        var numbers = new Numbers();
        var strings = new ArrayList<String>();
        var external = new HashMap<String, String>();
        String name = "";
        long code = 0;
        MemorySegment raw = null;
        boolean isExternal = false;
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3, 1 << 3 | 2 -> dims.read(in, tag, 0);
                case 2 << 3 -> code = in.varint();
                case 4 << 3 | 5, 4 << 3 | 2 -> numbers.read(in, tag, 4);
                case 5 << 3, 5 << 3 | 2, 7 << 3, 7 << 3 | 2, 11 << 3, 11 << 3 | 2 -> numbers.read(in, tag, 0);
                case 10 << 3 | 1, 10 << 3 | 2 -> numbers.read(in, tag, 8);
                case 6 << 3 | 2 -> strings.add(in.text());
                case 8 << 3 | 2 -> name = in.text();
                case 9 << 3 | 2 -> raw = in.slice();
                case 13 << 3 | 2 -> OnnxFile.entry(in.message(), external);
                case 14 << 3 -> isExternal = in.varint() == 1;
                default -> in.skip(tag);
            }
        }
        var type = OnnxType.of(code);
        if (type == null || type == OnnxType.UNDEFINED) throw in.wrong("tensor \"" + name + "\" has the element type " + code);
        long[] shape = Arrays.copyOf(dims.bits, dims.n);
        long count = count(in, name, shape);
        if (type == OnnxType.STRING) return new Constant(name, type, shape, null, strings(in, name, strings, count));
        if (type.carrier() == null) throw in.wrong("tensor \"" + name + "\" is of " + type + ", which is not supported");
        if (isExternal)
            return new Constant(name, type, shape, mapped(type, external(in, name, external, type.bytes(count)), shape, count), null);
        if (raw != null) {
            if (raw.byteSize() != type.bytes(count)) throw in.wrong("tensor \"" + name + "\" of " + type + " " + Arrays.toString(shape)
                    + " has " + raw.byteSize() + " bytes, expected " + type.bytes(count));
            return new Constant(name, type, shape, mapped(type, raw, shape, count), null);
        }
        long listed = type.bits() == 4 ? type.bytes(count) : count;
        if (numbers.n != listed) throw in
                .wrong("tensor \"" + name + "\" of shape " + Arrays.toString(shape) + " has " + numbers.n + " numbers, expected " + listed);
        return new Constant(name, type, shape, listed(type, numbers.bits, shape, (int) count), null);
    }

    private static long count(ProtoReader in, String name, long[] shape) {
        if (shape.length > MOST_AXES)
            throw in.wrong("tensor \"" + name + "\" has " + shape.length + " axes, at most " + MOST_AXES + " are read");
        long count = 1;
        boolean isEmpty = false;
        for (long size : shape) {
            if (size < 0) throw in.wrong("tensor \"" + name + "\" has a size of " + size);
            isEmpty |= size == 0;
            if (size != 0 && count > (Long.MAX_VALUE >> 5) / size) throw in.wrong("tensor \"" + name + "\" is larger than memory can be");
            if (size != 0) count *= size;
        }
        return isEmpty ? 0 : count;
    }

    private static String[] strings(ProtoReader in, String name, List<String> strings, long count) {
        if (strings.size() != count) throw in.wrong("tensor \"" + name + "\" has " + strings.size() + " strings, expected " + count);
        return strings.toArray(String[]::new);
    }

    /** On the file's own memory where the type is one of ours, aligned or not: nothing that computes here minds. */
    private static Tensor mapped(OnnxType type, MemorySegment raw, long[] shape, long count) {
        if (count == 0) return Tensor.zeros(type.carrier(), shape);
        if (!type.isNative()) return converted(type, raw, shape, count);
        return Tensor.on(Storage.wrap(raw), 0, type.carrier(), shape);
    }

    private static Tensor converted(OnnxType type, MemorySegment raw, long[] shape, long count) {
        var out = buffer(type, count);
        for (int i = 0; i < count; i++) {
            long bits = switch (type.bits()) {
                case 4 -> raw.get(ValueLayout.JAVA_BYTE, i >> 1) >> 4 * (i & 1) & 0xF;
                case 8 -> raw.get(ValueLayout.JAVA_BYTE, i) & 0xFF;
                case 16 -> raw.get(SHORT, 2L * i) & 0xFFFF;
                case 32 -> raw.get(INT, 4L * i);
                default -> raw.get(LONG, 8L * i);
            };
            put(out, type, bits);
        }
        return tensor(type, out, shape);
    }

    private static Tensor listed(OnnxType type, long[] numbers, long[] shape, int count) {
        if (count == 0) return Tensor.zeros(type.carrier(), shape);
        var out = buffer(type, count);
        for (int i = 0; i < count; i++) put(out, type, type.bits() == 4 ? numbers[i >> 1] >> 4 * (i & 1) & 0xF : numbers[i]);
        return tensor(type, out, shape);
    }

    private static ByteBuffer buffer(OnnxType type, long count) {
        long bytes = count * type.carrier().bytes();
        if (bytes > Integer.MAX_VALUE - 8)
            throw new FormatException("ONNX: " + count + " elements of " + type + " are more than are converted at once");
        return ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void put(ByteBuffer out, OnnxType type, long bits) {
        switch (type) {
            case FLOAT -> out.putInt((int) bits);
            case DOUBLE, INT64, UINT64 -> out.putLong(bits);
            case FLOAT16, BFLOAT16 -> out.putShort((short) bits);
            case UINT32 -> out.putLong(bits & 0xFFFF_FFFFL);
            case INT32, INT16, UINT16 -> out.putInt((int) type.wrap(bits));
            case UINT8, INT8, BOOL, UINT4, INT4 -> out.put((byte) type.wrap(bits));
            default -> out.putFloat((float) type.decode((int) bits & (type.bits() == 4 ? 0xF : 0xFF)));
        }
    }

    private static Tensor tensor(OnnxType type, ByteBuffer out, long[] shape) {
        return Tensor.on(Storage.wrap(MemorySegment.ofArray(out.array())), 0, type.carrier(), shape);
    }

    /** Data beside the model: inside its folder only, links followed. */
    private MemorySegment external(ProtoReader in, String name, Map<String, String> where, long bytes) {
        if (folder == null) throw in.wrong("tensor \"" + name + "\" lies in another file; load the model by its path");
        var location = where.getOrDefault("location", "");
        try {
            var path = folder.resolve(location).normalize();
            if (location.isEmpty() || Path.of(location).isAbsolute() || !path.startsWith(folder) || !Files.isRegularFile(path)
                    || !path.toRealPath().startsWith(folder.toRealPath()))
                throw in.wrong("tensor \"" + name + "\" is stored in \"" + location + "\", which is not a file in the model's folder");
            var file = opened.get(path);
            if (file == null) opened.put(path, file = MappedFile.open("ONNX external data", path));
            long offset = Long.parseLong(where.getOrDefault("offset", "0"));
            long length = Long.parseLong(where.getOrDefault("length", Long.toString(bytes)));
            if (length != bytes) throw in.wrong("tensor \"" + name + "\" has " + length + " bytes outside, expected " + bytes);
            file.need(offset, bytes);
            return file.memory().asSlice(offset, bytes);
        } catch (IOException | IllegalArgumentException e) {
            throw new FormatException("ONNX: tensor \"" + name + "\" in \"" + location + "\" cannot be read: " + e.getMessage(), e);
        }
    }
}
