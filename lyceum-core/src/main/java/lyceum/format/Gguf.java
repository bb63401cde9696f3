package lyceum.format;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.backend.quant.BlockFormat;
import lyceum.memory.Storage;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;

/**
 * A GGUF file, as llama.cpp has its models: metadata by name, and tensors of floats or of quantised blocks. The file is mapped; nothing is copied until it is asked for.
 *
 * {@snippet :
 * var file = Gguf.read(path);
 * String architecture = file.text("general.architecture");
 * QuantisedMatrix wq = file.matrix("blk.0.attn_q.weight");     // on the file's own bytes
 * Tensor norm = file.tensor("output_norm.weight");
 * }
 *
 * <p>Versions 2 and 3, little-endian. Counts, lengths, depths and offsets are checked before anything is made. Shapes are in the order of this library, rows first.
 *
 * @param metadata {@code Long}, {@code Double}, {@code Boolean}, {@code String}, or of arrays {@code long[]}, {@code double[]} and {@code Object[]}
 * @param tensors what there is, by name
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the format's description</a>
 */
public record Gguf(Map<String, Object> metadata, SequencedMap<String, Entry> tensors) {
    private static final int MOST_DIMENSIONS = 4, DEEPEST = 4;

    /**
     * A tensor of the file.
     *
     * @param type of its numbers or blocks: {@code F32}, {@code Q8_0}; {@code "type 19"} if it is none that is known here
     * @param shape rows first
     * @param data its bytes; null if the type is not known
     */
    public record Entry(String type, long[] shape, MemorySegment data) {}

    /** Maps a file. @throws FormatException with the offset if it is malformed */
    public static Gguf read(Path path) throws IOException { return new Reader(MappedFile.open("gguf", path)).file(); }

    /** Reads a file that is in memory already. */
    public static Gguf read(MemorySegment memory) { return new Reader(MappedFile.of("gguf", memory)).file(); }

    /** @throws FormatException if it is missing or no text */
    public String text(String key) {
        if (metadata.get(key) instanceof String text) return text;
        throw new FormatException("gguf: " + key + " is " + metadata.get(key) + "; it is a text");
    }

    /** @throws FormatException if it is missing or no whole number */
    public long number(String key) {
        if (metadata.get(key) instanceof Long number) return number;
        throw new FormatException("gguf: " + key + " is " + metadata.get(key) + "; it is a whole number");
    }

    private Entry entry(String name) {
        var entry = tensors.get(name);
        if (entry == null) throw new FormatException("gguf: there is no tensor \"" + name + "\"; there are " + tensors.keySet());
        if (entry.data == null) throw new FormatException("gguf: tensor \"" + name + "\" has " + entry.type + "; known are F32, F16, BF16, F64, I8, I32, I64, "
                + BlockFormat.named().stream().map(BlockFormat::name).toList());
        return entry;
    }

    /** Floats and integers on the file itself; blocks as F32. @throws FormatException if it is missing or of a type that is not known */
    public Tensor tensor(String name) {
        var entry = entry(name);
        var plain = Arrays.stream(DType.values()).filter(t -> t.name().equals(entry.type)).findFirst();
        if (plain.isPresent()) return Tensor.on(Storage.wrap(entry.data), 0, plain.get(), entry.shape);
        long columns = entry.shape[entry.shape.length - 1];
        return QuantisedMatrix.on(entry.data, format(entry.type), columns == 0 ? 0 : count(entry.shape) / columns, columns).dequantise().reshape(entry.shape);
    }

    /** A matrix to multiply by, on the file's own bytes. @throws FormatException if it is missing, or no matrix of floats or blocks */
    public QuantisedMatrix matrix(String name) {
        var entry = entry(name);
        if (entry.shape.length != 2 || format(entry.type) == null)
            throw new FormatException("gguf: tensor \"" + name + "\" is " + entry.type + " " + Arrays.toString(entry.shape) + "; a matrix has two axes, of weights");
        return QuantisedMatrix.on(entry.data, format(entry.type), entry.shape[0], entry.shape[1]);
    }

    private static BlockFormat format(String type) {
        return BlockFormat.named().stream().filter(f -> f.name().equals(type)).findFirst().orElse(null);
    }

    private static long count(long[] shape) {
        long count = 1;
        for (long size : shape) count *= size;
        return count;
    }

    private static final class Reader {
        private final MappedFile file;
        private long at;

        Reader(MappedFile file) { this.file = file; }

        Gguf file() {
            if (integer() != 0x46554747) throw file.malformed(0, "it does not begin with GGUF");
            int version = integer();
            if (version != 2 && version != 3) throw file.malformed(4, "version " + version + "; 2 and 3 are known, little-endian");
            long tensors = limited(25, "tensors"), keys = limited(13, "metadata keys");
            var metadata = new LinkedHashMap<String, Object>();
            for (long i = 0; i < keys; i++) {
                long where = at;
                var key = text();
                if (metadata.containsKey(key)) throw file.malformed(where, "the key \"" + key + "\" occurs twice");
                metadata.put(key, value(integer(), 0));
            }
            return new Gguf(metadata, tensors(tensors, metadata.get("general.alignment") instanceof Long a ? a : 32));
        }

        private record Header(String name, long where, int type, long[] shape, long offset) {}

        private SequencedMap<String, Entry> tensors(long count, long alignment) {
            if (alignment < 8 || alignment > 1 << 20 || Long.bitCount(alignment) != 1)
                throw file.malformed(at, "general.alignment is " + alignment + "; it is a power of two from 8 on");
            var headers = new LinkedHashMap<String, Header>();
            for (long i = 0; i < count; i++) {
                long where = at;
                var name = text();
                int dimensions = integer();
                if (dimensions < 1 || dimensions > MOST_DIMENSIONS)
                    throw file.malformed(where, "tensor \"" + name + "\" has " + dimensions + " axes; 1 to " + MOST_DIMENSIONS);
                var shape = new long[dimensions];
                for (int d = dimensions - 1; d >= 0; d--) shape[d] = whole(); // innermost first
                var header = new Header(name, where, integer(), shape, whole());
                if (headers.put(name, header) != null) throw file.malformed(where, "the tensor \"" + name + "\" occurs twice");
            }
            long data = (at + alignment - 1) / alignment * alignment;
            var tensors = new LinkedHashMap<String, Entry>();
            for (var h : headers.values()) tensors.put(h.name, entry(h, data, alignment));
            return tensors;
        }

        private Entry entry(Header h, long data, long alignment) {
            var type = type(h.type);
            if (h.offset % alignment != 0) throw file.malformed(h.where, "tensor \"" + h.name + "\" begins at " + h.offset + ", no multiple of " + alignment);
            long count = 1;
            for (long size : h.shape) {
                if (size != 0 && count > Long.MAX_VALUE / 16 / size) throw file.malformed(h.where, "tensor \"" + h.name + "\" is larger than memory can be");
                count *= size;
            }
            if (type == null) return new Entry("type " + h.type, h.shape, null);
            var format = format(type);
            long length = format == null ? 1 : format.blockLength(), bytes = format == null ? DType.valueOf(type).bytes() : format.blockBytes();
            long columns = h.shape[h.shape.length - 1];
            if (columns % length != 0)
                throw file.malformed(h.where, "tensor \"" + h.name + "\" has rows of " + columns + ", no whole " + type + " blocks of " + length);
            file.need(Math.addExact(data, Math.min(h.offset, Long.MAX_VALUE - data)), count / length * bytes);
            return new Entry(type, h.shape, file.memory().asSlice(data + h.offset, count / length * bytes));
        }

        private static String type(int number) {
            return switch (number) {
                case 0 -> "F32";
                case 1 -> "F16";
                case 2 -> "Q4_0";
                case 8 -> "Q8_0";
                case 12 -> "Q4_K";
                case 13 -> "Q5_K";
                case 14 -> "Q6_K";
                case 24 -> "I8";
                case 26 -> "I32";
                case 27 -> "I64";
                case 28 -> "F64";
                case 30 -> "BF16";
                default -> null;
            };
        }

        private int integer() {
            file.need(at, 4);
            int value = 0;
            for (int i = 3; i >= 0; i--) value = value << 8 | file.byteAt(at + i);
            at += 4;
            return value;
        }

        private long longer() {
            long value = file.longAt(at);
            at += 8;
            return value;
        }

        private long whole() {
            long value = longer();
            if (value < 0) throw file.malformed(at - 8, Long.toUnsignedString(value) + " is more than there can be");
            return value;
        }

        /** A count of things that take {@code bytes} each at least. */
        private long limited(int bytes, String what) {
            long count = whole();
            if (count > (file.size() - at) / bytes) throw file.malformed(at - 8, count + " " + what + " do not fit the file");
            return count;
        }

        private String text() {
            long length = limited(1, "bytes of a text");
            if (length > 1 << 28) throw file.malformed(at - 8, "a text of " + length + " bytes");
            var text = file.text(at, (int) length, StandardCharsets.UTF_8);
            at += length;
            return text;
        }

        private int small(int bytes, boolean signed) {
            int value = file.byteAt(at);
            if (bytes == 2) value |= file.byteAt(at + 1) << 8;
            at += bytes;
            return !signed ? value : bytes == 1 ? (byte) value : (short) value;
        }

        private Object value(int type, int depth) {
            return switch (type) {
                case 0, 1 -> (long) small(1, type == 1);
                case 2, 3 -> (long) small(2, type == 3);
                case 4 -> integer() & 0xFFFFFFFFL;
                case 5 -> (long) integer();
                case 6 -> (double) Float.intBitsToFloat(integer());
                case 7 -> small(1, false) != 0;
                case 8 -> text();
                case 9 -> array(depth);
                case 10, 11 -> longer();
                case 12 -> Double.longBitsToDouble(longer());
                default -> throw file.malformed(at - 4, "a value of type " + type + "; 0 to 12 are known");
            };
        }

        private Object array(int depth) {
            if (depth == DEEPEST) throw file.malformed(at, "arrays in arrays, deeper than " + DEEPEST);
            int type = integer();
            int[] bytes = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};
            if (type < 0 || type >= bytes.length) throw file.malformed(at - 4, "an array of type " + type + "; 0 to 12 are known");
            long count = limited(bytes[type], "items of an array");
            if (count > 1 << 28) throw file.malformed(at - 8, "an array of " + count);
            if (type == 6 || type == 12) {
                var numbers = new double[(int) count];
                for (int i = 0; i < numbers.length; i++) numbers[i] = (Double) value(type, depth);
                return numbers;
            }
            if (type <= 5 || type >= 10) {
                var numbers = new long[(int) count];
                for (int i = 0; i < numbers.length; i++) numbers[i] = (Long) value(type, depth);
                return numbers;
            }
            var items = new Object[(int) count];
            for (int i = 0; i < items.length; i++) items[i] = value(type, depth + 1);
            return items;
        }
    }
}
