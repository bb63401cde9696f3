package lyceum.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import lyceum.FormatException;
import lyceum.tensor.Tensor;

/** NumPy's archive of named arrays: a zip file of {@link Npy} entries, stored or deflated. */
public final class Npz {
    /** A deflated entry cannot grow beyond this factor of its compressed size: zeros, the best case, reach 1032. */
    private static final long MOST_EXPANSION = 1100;

    private Npz() { }

    /** All arrays by name, without the ending {@code .npy}. @throws FormatException if the archive or an array is malformed */
    public static SequencedMap<String, Tensor> read(Path path) throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>();
        try (var zip = new ZipFile(path.toFile())) {
            var entries = zip.entries();
            while (entries.hasMoreElements()) {
                var entry = entries.nextElement();
                if (!entry.getName().endsWith(".npy")) throw new FormatException("npz: entry \"" + entry.getName() + "\" is no .npy file");
                var name = entry.getName().substring(0, entry.getName().length() - 4);
                if (tensors.put(name, Npy.read(MemorySegment.ofArray(bytes(zip, entry, Files.size(path))))) != null) throw new FormatException("npz: \"" + name + "\" stands twice");
            }
        } catch (ZipException | EOFException | IllegalArgumentException e) {
            throw new FormatException("npz: " + e.getMessage(), e);
        }
        return tensors;
    }

    private static byte[] bytes(ZipFile zip, ZipEntry entry, long fileSize) throws IOException {
        long size = entry.getSize(), packed = entry.getCompressedSize();
        if (size < 0 || size > Integer.MAX_VALUE - 16 || packed < 0 || packed > fileSize || size > Math.max(1, packed) * MOST_EXPANSION)
            throw new FormatException("npz: entry \"" + entry.getName() + "\" claims " + size + " bytes from " + packed + " packed ones");
        try (var in = zip.getInputStream(entry)) {
            var bytes = in.readNBytes((int) size);
            if (bytes.length != size || in.read() >= 0) throw new FormatException("npz: entry \"" + entry.getName() + "\" claims " + size + " bytes and holds another number");
            return bytes;
        }
    }

    /** Writes deflated entries in the given order. */
    public static void write(Path path, SequencedMap<String, Tensor> tensors) throws IOException {
        try (var zip = new ZipOutputStream(Files.newOutputStream(path))) {
            for (var item : tensors.entrySet()) {
                var entry = new ZipEntry(item.getKey() + ".npy");
                entry.setTime(315_532_800_000L); // 1980: the same archive from the same arrays
                zip.putNextEntry(entry);
                zip.write(Npy.header(item.getValue()));
                writeData(zip, item.getValue());
                zip.closeEntry();
            }
        }
    }

    private static void writeData(OutputStream out, Tensor tensor) throws IOException {
        var source = tensor.detach().contiguous();
        var v = source.view();
        long bytes = source.count() * source.dtype().bytes();
        for (long at = 0; at < bytes; at += 1 << 24) {
            var piece = v.storage().segment().asSlice(v.byteOffset() + at, Math.min(1 << 24, bytes - at));
            out.write(piece.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
        }
        java.lang.ref.Reference.reachabilityFence(source);
    }
}
