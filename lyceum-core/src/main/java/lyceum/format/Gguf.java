package lyceum.format;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.backend.quant.BlockFormat;
import lyceum.memory.Storage;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;

/**
 * A GGUF file: settings by name, and tensors, of floats or in quantised blocks, as llama.cpp keeps them.
 *
 * {@snippet :
 * var file = Gguf.read(Path.of("model-q4_k.gguf"));                        // mapped: at once, whatever its size
 * String family = (String) file.metadata().get("general.architecture");
 * QuantisedMatrix q = file.matrix("blk.0.attn_q.weight");                  // on the file's own bytes
 * Tensor norm = file.tensor("blk.0.attn_norm.weight");
 * }
 *
 * <p>Versions 2 and 3, little endian. Shapes are rows first here; the file has them the other way round.
 *
 * @param metadata values are String, Boolean, Long (any integer; unsigned ones of 64 bits as their bits), Float, Double, or a List of those
 * @param entries by name, in the order of the file
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the format's description</a>
 */
public record Gguf(int version, SequencedMap<String, Object> metadata, SequencedMap<String, Entry> entries) {
    private static final String FORMAT = "gguf";
    private static final int MAGIC = 0x46554747, DEEPEST = 4;
    static final String ALIGNMENT = "general.alignment";
    /** Names of the formats of blocks, for messages. */
    static final String BLOCKS = BlockFormat.named().stream().filter(f -> !f.isFloat()).map(BlockFormat::name)
            .collect(Collectors.joining(", "));

    /**
     * A tensor in the file.
     *
     * @param type as GGUF names it: {@code F16}, {@code Q4_K}, or {@code type 16} for one without a name here
     * @param shape rows first
     * @param bytes null for types whose size is not known here
     */
    public record Entry(String name, String type, long[] shape, MemorySegment bytes) {}

    /** A number without a sign, to be written in 1, 2, 4 or 8 bytes; read, it is a Long. */
    public record Unsigned(int bytes, long value) {
        public Unsigned {
            if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)
                throw new IllegalArgumentException("gguf: a number of " + bytes + " bytes");
            if (bytes < 8 && (value < 0 || value >>> 8 * bytes != 0))
                throw new IllegalArgumentException("gguf: " + value + " does not fit " + bytes + " bytes without a sign");
        }
    }

    /** Names of numbers of types, those that are read as tensors with their type. */
    enum Kind {
        F32(0, DType.F32), F16(1, DType.F16), Q4_0(2), Q4_1(3), Q5_0(6), Q5_1(7), Q8_0(8), Q8_1(9), Q2_K(10), Q3_K(11), Q4_K(12), Q5_K(13),
        Q6_K(14), Q8_K(15), IQ4_NL(20), I8(24, DType.I8), I16(25), I32(26, DType.I32), I64(27, DType.I64), F64(28, DType.F64),
        BF16(30, DType.BF16);

        final int number;
        final DType dtype;

        Kind(int number) { this(number, null); }

        Kind(int number, DType dtype) {
            this.number = number;
            this.dtype = dtype;
        }

        static Kind of(int number) {
            for (var kind : values()) if (kind.number == number) return kind;
            return null;
        }

        /** Null for plain numbers and for formats that there are none of here. */
        BlockFormat blocks() {
            if (dtype != null) return null;
            for (var format : BlockFormat.named()) if (format.name().equals(name())) return format;
            return null;
        }
    }

    /** @throws FormatException if it is malformed: counts, lengths, offsets and overlaps are checked before anything is made */
    public static Gguf read(Path path) throws IOException { return new Reader(MappedFile.open(FORMAT, path)).read(); }

    /** Reads a file that is in memory already. */
    public static Gguf read(MemorySegment memory) { return new Reader(MappedFile.of(FORMAT, memory)).read(); }

    /** Writes settings and tensors; see {@link GgufWriter}. @param metadata values String, Boolean, Byte, Short, Integer, Long, {@link Unsigned}, Float, Double, or a List of one of those @param tensors of {@link Tensor}s, {@link QuantisedMatrix}es and {@link Entry}s of a file */
    public static void write(Path path, SequencedMap<String, ?> metadata, SequencedMap<String, ?> tensors) throws IOException {
        GgufWriter.write(path, metadata, tensors);
    }

    private Entry entry(String name) {
        var entry = entries.get(name);
        if (entry == null) throw new FormatException("gguf: there is no tensor \"" + name + "\"; there are " + entries.keySet());
        return entry;
    }

    /** A tensor of plain numbers on the file, or one of blocks dequantised to F32. @throws FormatException if its type is none of those, naming it */
    public Tensor tensor(String name) {
        var entry = entry(name);
        for (var kind : Kind.values()) {
            if (!kind.name().equals(entry.type)) continue;
            if (kind.dtype != null) {
                long count = count(entry.shape);
                if (count == 0) return Tensor.zeros(kind.dtype, entry.shape);
                return Tensor.on(Storage.wrap(entry.bytes), 0, kind.dtype, entry.shape);
            }
            if (kind == Kind.I16) return new StorageType.Stored(StorageType.I16, entry.shape, entry.bytes).tensor();
            if (kind.blocks() != null) return matrix(name).dequantise().reshape(entry.shape);
        }
        throw new FormatException("gguf: tensor \"" + name + "\" is of type " + entry.type
                + "; known are F32, F16, BF16, F64, I8, I16, I32, I64, and blocks of " + BLOCKS);
    }

    /** A tensor in blocks, its leading axes as rows, on the file's bytes. @throws FormatException if it is not in blocks that are known */
    public QuantisedMatrix matrix(String name) {
        var entry = entry(name);
        for (var kind : Kind.values()) {
            if (!kind.name().equals(entry.type) || kind.blocks() == null) continue;
            long columns = entry.shape[entry.shape.length - 1], count = count(entry.shape);
            return QuantisedMatrix.on(entry.bytes, kind.blocks(), columns == 0 ? 0 : count / columns, columns);
        }
        throw new FormatException("gguf: tensor \"" + name + "\" is of type " + entry.type + "; it is not in blocks of " + BLOCKS);
    }

    private static long count(long[] shape) {
        long n = 1;
        for (long size : shape) n *= size;
        return n;
    }

    private static final class Reader {
        private final MappedFile file;
        private long at;

        Reader(MappedFile file) { this.file = file; }

        private int u32() {
            file.need(at, 4);
            int value = file.byteAt(at) | file.byteAt(at + 1) << 8 | file.byteAt(at + 2) << 16 | file.byteAt(at + 3) << 24;
            at += 4;
            return value;
        }

        private long u64() {
            long value = file.longAt(at);
            at += 8;
            return value;
        }

        /** A count of things that take so many bytes each at least. */
        private long count(String what, int each) {
            long n = u64();
            if (n < 0 || n > (file.size() - at) / each) throw file.malformed(at - 8,
                    Long.toUnsignedString(n) + " " + what + " do not fit into the " + (file.size() - at) + " bytes that follow");
            return n;
        }

        private String text() {
            long n = count("bytes of a string", 1);
            if (n > 1 << 28) throw file.malformed(at - 8, "a string of " + n + " bytes");
            var text = file.text(at, (int) n, StandardCharsets.UTF_8);
            at += n;
            return text;
        }

        /** Of the data section, where its bytes are and lie. */
        private record Place(String name, long offset, long bytes, long from) {}

        private void checkApart(List<Place> places) {
            places.sort(Comparator.comparingLong(Place::offset));
            for (int i = 1; i < places.size(); i++) {
                Place one = places.get(i - 1), next = places.get(i);
                if (one.offset + one.bytes > next.offset) throw file.malformed(next.from, "tensors \"" + one.name + "\" and \"" + next.name
                        + "\" overlap: the first has " + one.bytes + " bytes from " + one.offset + ", the second begins at " + next.offset);
            }
        }

        Gguf read() {
            if (file.size() < 24 || u32() != MAGIC) throw file.malformed(0, "it does not begin with GGUF");
            int version = u32();
            if (version != 2 && version != 3) throw file.malformed(4, "version " + version + "; known are 2 and 3 in little endian");
            long tensors = count("tensors", 24), settings = count("settings", 13);
            var metadata = new LinkedHashMap<String, Object>();
            for (long i = 0; i < settings; i++) {
                long from = at;
                var key = text();
                if (metadata.put(key, value(u32(), 0)) != null) throw file.malformed(from, "setting \"" + key + "\" occurs twice");
            }
            record Info(String name, int type, long[] shape, long offset, long from) {}
            var infos = new ArrayList<Info>();
            for (long i = 0; i < tensors; i++) {
                long from = at;
                var name = text();
                int axes = u32();
                if (axes < 0 || axes > 8)
                    throw file.malformed(at - 4, "tensor \"" + name + "\" has " + Integer.toUnsignedString(axes) + " axes");
                var shape = new long[axes];
                for (int a = axes - 1; a >= 0; a--)
                    if ((shape[a] = u64()) < 0)
                        throw file.malformed(at - 8, "tensor \"" + name + "\" has a size of " + Long.toUnsignedString(shape[a]));
                infos.add(new Info(name, u32(), shape, u64(), from));
            }
            long alignment = metadata.get(ALIGNMENT) instanceof Long a ? a : 32;
            if (alignment < 8 || alignment > 1 << 20 || alignment % 8 != 0) throw file.malformed(0, "an alignment of " + alignment);
            long data = (at + alignment - 1) / alignment * alignment;
            var entries = new LinkedHashMap<String, Entry>();
            var places = new ArrayList<Place>();
            for (var info : infos) {
                if (info.offset < 0 || info.offset % alignment != 0) throw file.malformed(info.from,
                        "tensor \"" + info.name + "\" begins at " + info.offset + ", no multiple of " + alignment);
                var kind = Kind.of(info.type);
                long bytes = bytes(info.name, kind, info.shape, info.from);
                MemorySegment segment = null;
                if (bytes >= 0) {
                    if (bytes > 0) {
                        if (info.offset > file.size() - data)
                            throw file.malformed(info.from, "tensor \"" + info.name + "\" begins behind the file's end");
                        file.need(data + info.offset, bytes);
                        places.add(new Place(info.name, info.offset, bytes, info.from));
                    }
                    segment = bytes == 0 ? MemorySegment.ofArray(new byte[0]) : file.memory().asSlice(data + info.offset, bytes);
                }
                if (entries.put(info.name,
                        new Entry(info.name, kind == null ? "type " + info.type : kind.name(), info.shape, segment)) != null)
                    throw file.malformed(info.from, "tensor \"" + info.name + "\" occurs twice");
            }
            checkApart(places);
            return new Gguf(version, Collections.unmodifiableSequencedMap(metadata), Collections.unmodifiableSequencedMap(entries));
        }

        /** -1 where the type's size is not known. */
        private long bytes(String name, Kind kind, long[] shape, long from) {
            if (kind == null) return -1;
            try {
                long n = 1;
                for (long size : shape) n = Math.multiplyExact(n, size);
                if (kind.dtype != null) return Math.multiplyExact(n, (long) kind.dtype.bytes());
                if (kind == Kind.I16) return Math.multiplyExact(n, 2L);
                var format = kind.blocks();
                if (format == null) return -1;
                long columns = shape.length == 0 ? 1 : shape[shape.length - 1];
                if (columns % format.blockLength() != 0) throw file.malformed(from,
                        "tensor \"" + name + "\" has rows of " + columns + ", which are not whole blocks of " + kind);
                if (columns > Integer.MAX_VALUE - 64) throw file.malformed(from, "tensor \"" + name + "\" has rows of " + columns);
                return Math.multiplyExact(n / format.blockLength(), (long) format.blockBytes());
            } catch (ArithmeticException e) {
                throw file.malformed(from, "tensor \"" + name + "\" is larger than memory can be");
            }
        }

        private Object value(int type, int depth) {
            return switch (type) {
                case 0 -> (long) next(1);
                case 1 -> (long) (byte) next(1);
                case 2 -> (long) next(2);
                case 3 -> (long) (short) next(2);
                case 4 -> u32() & 0xFFFFFFFFL;
                case 5 -> (long) u32();
                case 6 -> Float.intBitsToFloat(u32());
                case 7 -> {
                    int b = next(1);
                    if (b > 1) throw file.malformed(at - 1, "a truth value of " + b);
                    yield b == 1;
                }
                case 8 -> text();
                case 9 -> list(depth);
                case 10, 11 -> u64();
                case 12 -> Double.longBitsToDouble(u64());
                default -> throw file.malformed(at - 4, "a value of type " + Integer.toUnsignedString(type));
            };
        }

        private int next(int bytes) {
            file.need(at, bytes);
            int value = 0;
            for (int i = 0; i < bytes; i++) value |= file.byteAt(at + i) << 8 * i;
            at += bytes;
            return value;
        }

        private List<Object> list(int depth) {
            if (depth == DEEPEST) throw file.malformed(at, "lists more than " + DEEPEST + " deep");
            int type = u32();
            int each = switch (type) {
                case 0, 1, 7 -> 1;
                case 2, 3 -> 2;
                case 4, 5, 6 -> 4;
                case 9 -> 12;
                default -> 8;
            };
            long n = count("items of a list", each);
            // A list item takes several times its byte here; what no vocabulary needs is refused.
            if (n > 1 << 24) throw file.malformed(at - 8, "a list of " + n + " items");
            var list = new ArrayList<Object>();
            for (long i = 0; i < n; i++) list.add(value(type, depth + 1));
            return Collections.unmodifiableList(list);
        }
    }
}
