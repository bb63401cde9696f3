package lyceum.data;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.memory.Allocator;
import lyceum.tensor.Tensor;

/**
 * The IDX format of MNIST and its kin (LeCun, Cortes and Burges 1998): a magic number, the sizes, then unsigned bytes; plain or gzipped.
 */
public final class Idx {
    /** Pictures and labels shrink to a tenth; a header that claims more than this of a packed file is refused before anything is allocated. */
    private static final long MOST_INFLATION = 100, ALWAYS_ALLOWED = 16L << 20;

    private Idx() {}

    /** Reads a file as a U8 tensor. @throws FormatException if it is malformed, with the byte offset in the unpacked data */
    public static Tensor read(Path file) throws IOException {
        try (var in = new BufferedInputStream(Files.newInputStream(file))) {
            return read(in, Files.size(file), file.getFileName().toString());
        }
    }

    /** Reads bytes that are in memory already. */
    public static Tensor read(byte[] bytes) {
        try {
            return read(new ByteArrayInputStream(bytes), bytes.length, "idx");
        } catch (IOException e) {
            throw new FormatException("idx: " + e.getMessage(), e);
        }
    }

    private static Tensor read(InputStream file, long fileBytes, String name) throws IOException {
        file.mark(2);
        boolean packed = file.read() == 0x1F && file.read() == 0x8B;
        file.reset();
        try (var in = packed ? new BufferedInputStream(new GZIPInputStream(file)) : file) {
            return data(in, packed ? ALWAYS_ALLOWED + Math.multiplyExact(fileBytes, MOST_INFLATION) : fileBytes, name);
        } catch (EOFException | ZipException e) {
            throw new FormatException(name + ": the gzip data are damaged or cut off: " + e.getMessage(), e);
        }
    }

    private static Tensor data(InputStream in, long most, String name) throws IOException {
        int magic = number(in, 0, name);
        int rank = magic & 0xFF;
        if (magic >>> 8 != 0x08)
            throw FormatException.at(name, 0, "not an IDX file of unsigned bytes, magic number " + Integer.toHexString(magic));
        if (rank < 1 || rank > 4) throw FormatException.at(name, 3, rank + " axes; 1 to 4 are known");
        var shape = new long[rank];
        long count = 1, header = 4 + 4L * rank;
        for (int i = 0; i < rank; i++) {
            shape[i] = number(in, 4 + 4L * i, name);
            if (shape[i] < 0 || shape[i] > 0 && count > most / shape[i]) throw FormatException.at(name, 4 + 4L * i,
                    "sizes " + Arrays.toString(Arrays.copyOf(shape, i + 1)) + " are more than the file can hold");
            count *= shape[i];
        }
        return fill(in, count, header, shape, name);
    }

    /** Grows with what really comes, since a damaged header may promise far more. */
    private static Tensor fill(InputStream in, long count, long header, long[] shape, String name) throws IOException {
        var bytes = in.readNBytes(Math.toIntExact(Math.min(count, Integer.MAX_VALUE - 16)));
        if (bytes.length < count)
            throw FormatException.at(name, header + bytes.length, "the file ends " + (count - bytes.length) + " bytes early");
        if (in.read() >= 0) throw FormatException.at(name, header + count, "bytes follow the last element");
        var storage = Allocator.allocate(Math.max(1, count));
        MemorySegment.copy(bytes, 0, storage.segment(), ValueLayout.JAVA_BYTE, storage.base(), bytes.length);
        return Tensor.on(storage, 0, DType.U8, shape);
    }

    private static int number(InputStream in, long at, String name) throws IOException {
        var bytes = in.readNBytes(4);
        if (bytes.length < 4) throw FormatException.at(name, at + bytes.length, "the file ends in its header");
        return (bytes[0] & 0xFF) << 24 | (bytes[1] & 0xFF) << 16 | (bytes[2] & 0xFF) << 8 | bytes[3] & 0xFF;
    }
}
