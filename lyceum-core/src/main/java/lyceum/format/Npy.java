package lyceum.format;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import lyceum.DTypeException;
import lyceum.memory.Storage;
import lyceum.tensor.Tensor;

/**
 * NumPy's single-array file, versions 1 to 3, with any header that NumPy reads. Numbers of either byte order and booleans are supported; objects, strings,
 * structured and complex elements, and integers that no {@link lyceum.DType} holds, are refused by name, with a hint what to save instead.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">the format's description</a>
 */
public final class Npy {
    private static final String FORMAT = "npy";

    private Npy() {}

    /** @throws lyceum.FormatException if the file is malformed */
    public static Tensor read(Path path) throws IOException { return read(MappedFile.open(FORMAT, path)); }

    /** Reads an array that is already in memory. */
    public static Tensor read(MemorySegment memory) { return read(MappedFile.of(FORMAT, memory)); }

    private static Tensor read(MappedFile file) {
        var header = NpyHeader.read(file);
        var type = header.type();
        var shape = header.shape();
        long data = header.data(), bytes = type.bytes();
        for (long size : shape) bytes *= size;
        if (file.size() - data != bytes) throw file.malformed(data,
                "shape " + Arrays.toString(shape) + " needs " + bytes + " bytes, the file has " + (file.size() - data));
        var memory = file.memory().asSlice(data, bytes);
        var storage = Storage.wrap(header.swapped() ? swapped(memory, type.bytes()) : memory);
        if (!header.byColumns() || shape.length < 2) return Tensor.on(storage, 0, type, shape).copy();
        var order = new int[shape.length];
        var reversed = new long[shape.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = order.length - 1 - i;
            reversed[i] = shape[order.length - 1 - i];
        }
        return Tensor.on(storage, 0, type, reversed).permute(order).copy();
    }

    /** A copy with the bytes of each element reversed. */
    private static MemorySegment swapped(MemorySegment memory, int size) {
        var bytes = memory.toArray(ValueLayout.JAVA_BYTE);
        for (int at = 0; at + size <= bytes.length; at += size) {
            for (int i = 0, j = size - 1; i < j; i++, j--) {
                byte b = bytes[at + i];
                bytes[at + i] = bytes[at + j];
                bytes[at + j] = b;
            }
        }
        return MemorySegment.ofArray(bytes);
    }

    /** @throws DTypeException for BF16, which NumPy lacks; convert to F32 */
    public static void write(Path path, Tensor tensor) throws IOException {
        var header = header(tensor);
        try (var channel = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            Safetensors.drain(channel, ByteBuffer.wrap(header));
            Safetensors.writeData(channel, tensor);
        }
    }

    static byte[] header(Tensor tensor) {
        var descr = switch (tensor.dtype()) {
            case BOOL -> "|b1";
            case U8 -> "|u1";
            case I8 -> "|i1";
            case I32 -> "<i4";
            case I64 -> "<i8";
            case F16 -> "<f2";
            case F32 -> "<f4";
            case F64 -> "<f8";
            case BF16 -> throw new DTypeException("npy: NumPy has no BF16; convert with to(F32)");
        };
        var text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + tensor.shape() + ", }";
        int padding = Math.floorMod(-(10 + text.length() + 1), 64);
        var bytes = (text + " ".repeat(padding) + "\n").getBytes(StandardCharsets.ISO_8859_1);
        var buffer = ByteBuffer.allocate(10 + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
        return buffer.put(NpyHeader.MAGIC).put((byte) 1).put((byte) 0).putShort((short) bytes.length).put(bytes).array();
    }
}
