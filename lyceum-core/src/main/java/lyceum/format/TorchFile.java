package lyceum.format;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.memory.Storage;
import lyceum.tensor.Tensor;

/**
 * Tensors of a file that {@code torch.save} wrote since PyTorch 1.6: a zip of one pickle and the storages. The pickle is read as a description, nothing in it is
 * run; one that names anything but tensors, dictionaries, lists, numbers and strings is refused.
 *
 * {@snippet :
 * Tensor embedding = TorchFile.read(Path.of("pytorch_model.bin")).get("embeddings.weight");
 * }
 *
 * <p>The file is mapped; tensors that lie in order are on it without a copy, but those of a {@link StorageType}, which are widened. Names in nested dictionaries are joined by dots.
 */
public final class TorchFile {
    private static final String FORMAT = "torch";
    private static final int DEEPEST = 16, MOST = 1 << 20;

    private final MappedFile file;
    private final Map<String, long[]> entries = new HashMap<>(); // offset and size of the data
    private final SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
    private String folder;

    private TorchFile(MappedFile file) { this.file = file; }

    /** @throws FormatException if it is malformed, compressed, of the time before zips, or names what is no description of tensors */
    public static SequencedMap<String, Tensor> read(Path path) throws IOException {
        return new TorchFile(MappedFile.open(FORMAT, path)).read();
    }

    /** Reads a file that is in memory already. */
    public static SequencedMap<String, Tensor> read(MemorySegment memory) { return new TorchFile(MappedFile.of(FORMAT, memory)).read(); }

    /** Writes a dictionary of tensors, which {@code torch.load} reads. */
    public static void write(Path path, SequencedMap<String, Tensor> tensors) throws IOException { TorchWriter.write(path, tensors); }

    private SequencedMap<String, Tensor> read() {
        directory();
        for (var name : entries.keySet())
            if (name.equals("data.pkl") || name.endsWith("/data.pkl")) folder = name.substring(0, name.length() - 8);
        if (folder == null) throw file.malformed(0, "there is no data.pkl in it");
        var order = entries.get(folder + "byteorder");
        if (order != null && !"little".equals(file.text(order[0], (int) Math.min(16, order[1]), StandardCharsets.US_ASCII).strip()))
            throw file.malformed(order[0], "its numbers are in big endian");
        var pickle = entries.get(folder + "data.pkl");
        if (pickle[1] > 1 << 28) throw file.malformed(pickle[0], "a pickle of " + pickle[1] + " bytes");
        collect("", new TorchPickle(file, pickle[0], pickle[0] + pickle[1]).read(), 0);
        return Collections.unmodifiableSequencedMap(tensors);
    }

    private int u16(long at) { return file.byteAt(at) | file.byteAt(at + 1) << 8; }

    private long u32(long at) { return u16(at) | (long) u16(at + 2) << 16; }

    /** The zip's central directory; only stored entries can be used. */
    private void directory() {
        if (file.size() < 22 || u32(0) != 0x04034B50)
            throw file.malformed(0, "it is not a zip; torch.save has written zips since PyTorch 1.6");
        long end = file.size() - 22, least = Math.max(0, end - 65_535);
        while (end >= least && u32(end) != 0x06054B50) end--;
        if (end < least) throw file.malformed(file.size() - 22, "the zip's directory is missing");
        long count = u16(end + 10), at = u32(end + 16);
        if (end >= 20 && u32(end - 20) == 0x07064B50) { // beyond 4 GB or 65,535 entries
            long record = file.longAt(end - 20 + 8);
            file.need(record, 56);
            count = file.longAt(record + 32);
            at = file.longAt(record + 48);
        }
        if (count < 0 || count > MOST) throw file.malformed(end, count + " entries");
        for (long i = 0; i < count; i++) {
            file.need(at, 46);
            if (u32(at) != 0x02014B50) throw file.malformed(at, "an entry of the zip's directory does not begin here");
            int method = u16(at + 10), nameLength = u16(at + 28), extra = u16(at + 30), comment = u16(at + 32);
            long stored = u32(at + 20), size = u32(at + 24), local = u32(at + 42);
            var name = file.text(at + 46, nameLength, StandardCharsets.UTF_8);
            for (long x = at + 46 + nameLength, last = x + extra; x + 4 <= last; x += 4 + u16(x + 2)) {
                if (u16(x) != 1) continue;
                long field = x + 4;
                if (size == 0xFFFFFFFFL) {
                    size = file.longAt(field);
                    field += 8;
                }
                if (stored == 0xFFFFFFFFL) {
                    stored = file.longAt(field);
                    field += 8;
                }
                if (local == 0xFFFFFFFFL) local = file.longAt(field);
            }
            if (method != 0 || stored != size) throw file.malformed(at, "entry \"" + name + "\" is compressed; torch.save stores");
            file.need(local, 30);
            if (u32(local) != 0x04034B50) throw file.malformed(local, "entry \"" + name + "\" does not begin here");
            long data = local + 30 + u16(local + 26) + u16(local + 28);
            file.need(data, size);
            if (entries.put(name, new long[] {data, size}) != null) throw file.malformed(at, "entry \"" + name + "\" occurs twice");
            at += 46 + nameLength + extra + comment;
        }
    }

    private void collect(String name, Object value, int depth) {
        if (depth > DEEPEST) throw file.malformed(0, "dictionaries more than " + DEEPEST + " deep");
        if (tensors.size() > MOST) throw file.malformed(0, "more than " + MOST + " tensors");
        if (value instanceof TorchPickle.TensorCall call) tensors.put(name, tensor(name, call));
        else if (value instanceof Map<?, ?> map) map.forEach((key, item) -> {
            if (key instanceof String s) collect(name.isEmpty() ? s : name + "." + s, item, depth + 1);
        });
    }

    /** What the elements of a storage are: of a tensor's type, or else of one that widens. */
    private record Element(DType type, StorageType stored) {
        Element(StorageType stored) { this(null, stored); }

        Element(DType type) { this(type, null); }
    }

    private static Element element(String storage) {
        return switch (storage) {
            case "FloatStorage" -> new Element(DType.F32);
            case "DoubleStorage" -> new Element(DType.F64);
            case "HalfStorage" -> new Element(DType.F16);
            case "BFloat16Storage" -> new Element(DType.BF16);
            case "LongStorage" -> new Element(DType.I64);
            case "IntStorage" -> new Element(DType.I32);
            case "CharStorage" -> new Element(DType.I8);
            case "ByteStorage" -> new Element(DType.U8);
            case "BoolStorage" -> new Element(DType.BOOL);
            case "ShortStorage" -> new Element(StorageType.I16);
            case "uint16" -> new Element(StorageType.U16);
            case "uint32" -> new Element(StorageType.U32);
            case "uint64" -> new Element(StorageType.U64);
            case "float8_e4m3fn" -> new Element(StorageType.F8_E4M3);
            case "float8_e5m2" -> new Element(StorageType.F8_E5M2);
            default -> throw new FormatException("torch: a " + storage
                    + "; known are Float, Double, Half, BFloat16, Long, Int, Short, Char, Byte and BoolStorage, uint16, uint32, uint64, float8_e4m3fn and float8_e5m2");
        };
    }

    private Tensor tensor(String name, TorchPickle.TensorCall call) {
        var element = element(call.storage().type());
        return element.stored == null ? tensor(name, call, element.type) : widened(name, call, element.stored);
    }

    /** Read as bytes: as floats of their width some would be NaN, which a copy need not keep bit for bit. */
    private Tensor widened(String name, TorchPickle.TensorCall call, StorageType type) {
        var bits = tensor(name, inBytes(name, call, type.bytes()), DType.U8);
        var v = bits.view();
        var stored = new StorageType.Stored(type, call.shape(),
                bits.count() == 0 ? MemorySegment.ofArray(new byte[0]) : v.storage().segment().asSlice(v.byteOffset(), bits.count()));
        var wide = stored.tensor();
        Reference.reachabilityFence(bits);
        return wide;
    }

    private static TorchPickle.TensorCall inBytes(String name, TorchPickle.TensorCall call, int width) {
        int axes = call.shape().length, steps = call.strides().length;
        long[] shape = Arrays.copyOf(call.shape(), axes + 1), strides = Arrays.copyOf(call.strides(), steps + 1);
        shape[axes] = width;
        strides[steps] = 1;
        try {
            for (int a = 0; a < steps; a++) strides[a] = Math.multiplyExact(strides[a], (long) width);
            return new TorchPickle.TensorCall(call.storage(), Math.multiplyExact(call.offset(), (long) width), shape, strides);
        } catch (ArithmeticException e) {
            throw new FormatException("torch: tensor \"" + name + "\" is larger than memory can be", e);
        }
    }

    private Tensor tensor(String name, TorchPickle.TensorCall call, DType type) {
        int axes = call.shape().length;
        if (axes > 16 || call.strides().length != axes || call.offset() < 0) throw new FormatException(
                "torch: tensor \"" + name + "\" has " + axes + " axes, " + call.strides().length + " strides, offset " + call.offset());
        long count = 1, last = call.offset(), ordered = 1;
        boolean inOrder = true;
        try {
            for (int a = axes - 1; a >= 0; a--) {
                long size = call.shape()[a], stride = call.strides()[a];
                if (size < 0 || stride < 0)
                    throw new FormatException("torch: tensor \"" + name + "\" has size " + size + " and stride " + stride);
                count = Math.multiplyExact(count, size);
                if (size > 1) {
                    last = Math.addExact(last, Math.multiplyExact(size - 1, stride));
                    inOrder &= stride == ordered;
                }
                ordered = Math.multiplyExact(ordered, Math.max(1, size));
            }
            if (count == 0) return Tensor.zeros(type, call.shape());
            var entry = entries.get(folder + "data/" + call.storage().key());
            if (entry == null)
                throw new FormatException("torch: storage " + call.storage().key() + " of tensor \"" + name + "\" is missing");
            if (Math.multiplyExact(last + 1, (long) type.bytes()) > entry[1]) throw new FormatException("torch: tensor \"" + name
                    + "\" reaches to element " + last + " of storage " + call.storage().key() + ", which has " + entry[1] + " bytes");
            if (count > entry[1] && !inOrder)
                throw new FormatException("torch: tensor \"" + name + "\" repeats elements: " + count + " of " + entry[1] + " bytes");
            long from = entry[0] + call.offset() * type.bytes();
            if (inOrder) {
                var segment = file.memory().asSlice(from, count * type.bytes());
                if (segment.isNative() && segment.address() % type.bytes() == 0)
                    return Tensor.on(Storage.wrap(segment), 0, type, call.shape());
                return Tensor.on(Storage.wrap(segment), 0, type, call.shape()).copy().compute();
            }
            return copied(type, call, entry[0], count);
        } catch (ArithmeticException e) {
            throw new FormatException("torch: tensor \"" + name + "\" is larger than memory can be", e);
        }
    }

    private Tensor copied(DType type, TorchPickle.TensorCall call, long base, long count) {
        int width = type.bytes(), axes = call.shape().length;
        var bytes = new byte[Math.toIntExact(count * width)];
        var index = new long[axes];
        for (int i = 0; i < bytes.length; i += width) {
            long at = call.offset();
            for (int a = 0; a < axes; a++) at += index[a] * call.strides()[a];
            MemorySegment.copy(file.memory(), ValueLayout.JAVA_BYTE, base + at * width, bytes, i, width);
            for (int a = axes - 1; a >= 0 && ++index[a] == call.shape()[a]; a--) index[a] = 0;
        }
        return Tensor.on(Storage.wrap(MemorySegment.ofArray(bytes)), 0, type, call.shape()).copy().compute();
    }
}
