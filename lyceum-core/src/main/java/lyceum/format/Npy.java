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
import java.util.regex.Pattern;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.memory.Storage;
import lyceum.tensor.Tensor;

/**
 * NumPy's file of one array, versions 1 to 3. Numbers of either byte order and booleans; objects, strings and complex numbers are refused by name.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">the format's description</a>
 */
public final class Npy {
    private static final String FORMAT = "npy";
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int MOST_HEADER = 1 << 20;
    private static final Pattern HEADER = Pattern.compile(
            "\\s*\\{\\s*'descr'\\s*:\\s*'([^']{1,8})'\\s*,\\s*'fortran_order'\\s*:\\s*(True|False)\\s*,\\s*'shape'\\s*:\\s*\\(([0-9, ]*)\\)\\s*,?\\s*\\}\\s*");

    private Npy() {}

    /** @throws lyceum.FormatException if the file is malformed */
    public static Tensor read(Path path) throws IOException { return read(MappedFile.open(FORMAT, path)); }

    /** Reads an array that is in memory already. */
    public static Tensor read(MemorySegment memory) { return read(MappedFile.of(FORMAT, memory)); }

    private static Tensor read(MappedFile file) {
        for (int i = 0; i < MAGIC.length; i++)
            if (file.byteAt(i) != (MAGIC[i] & 0xFF)) throw file.malformed(i, "the file does not begin with \\x93NUMPY");
        int version = file.byteAt(6);
        if (version < 1 || version > 3) throw file.malformed(6, "version " + version + "; known are 1, 2 and 3");
        int lengthBytes = version == 1 ? 2 : 4;
        long length = 0;
        for (int i = 0; i < lengthBytes; i++) length |= (long) file.byteAt(8 + i) << (8 * i);
        if (length > MOST_HEADER) throw file.malformed(8, "header length " + length + " is over " + MOST_HEADER);
        long start = 8 + lengthBytes;
        var header = HEADER.matcher(file.text(start, (int) length));
        if (!header.matches()) throw file.malformed(start, "the header is not a dictionary of descr, fortran_order and shape");
        var type = type(file, start, header.group(1));
        var shape = shape(file, start, header.group(3), type);
        long data = start + length, bytes = type.bytes();
        for (long size : shape) bytes *= size;
        if (file.size() - data != bytes)
            throw file.malformed(data, "shape " + header.group(3) + " needs " + bytes + " bytes, the file has " + (file.size() - data));
        var memory = file.memory().asSlice(data, bytes);
        var storage = Storage.wrap(header.group(1).startsWith(">") ? swapped(memory, type.bytes()) : memory);
        if (header.group(2).equals("False") || shape.length < 2) return Tensor.on(storage, 0, type, shape).copy();
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

    private static DType type(MappedFile file, long at, String descr) {
        return switch (descr.startsWith(">") ? "<" + descr.substring(1) : descr) {
            case "|b1" -> DType.BOOL;
            case "|u1" -> DType.U8;
            case "|i1" -> DType.I8;
            case "<i4" -> DType.I32;
            case "<i8" -> DType.I64;
            case "<f2" -> DType.F16;
            case "<f4" -> DType.F32;
            case "<f8" -> DType.F64;
            default -> throw file.malformed(at, "element type '" + descr + "'; known are |b1, |u1, |i1, <i4, <i8, <f2, <f4, <f8");
        };
    }

    private static long[] shape(MappedFile file, long at, String text, DType type) {
        var parts = text.isBlank() ? new String[0] : text.strip().replaceAll(",\\s*$", "").split("\\s*,\\s*", -1);
        if (parts.length > 32) throw file.malformed(at, parts.length + " axes; at most 32");
        var shape = new long[parts.length];
        long bytes = type.bytes();
        for (int i = 0; i < shape.length; i++) {
            try {
                shape[i] = Long.parseLong(parts[i]);
            } catch (NumberFormatException e) {
                throw file.malformed(at, "size \"" + parts[i] + "\" in the shape is no number");
            }
            if (shape[i] != 0 && bytes > Long.MAX_VALUE / shape[i])
                throw file.malformed(at, "shape (" + text + ") is larger than memory can be");
            bytes *= shape[i];
        }
        return shape;
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
        return buffer.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) bytes.length).put(bytes).array();
    }
}
