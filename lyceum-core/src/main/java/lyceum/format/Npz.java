package lyceum.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import lyceum.FormatException;
import lyceum.tensor.Tensor;

/**
 * NumPy's archive of named arrays: a zip file of {@link Npy} entries, stored or deflated.
 *
 * {@snippet :
 * try (var arrays = Npz.open(path)) {
 *     System.out.println(arrays.names());
 *     var x = arrays.read("x"); // the others stay where they are
 * }
 * }
 *
 * <p>An entry is read only when it is requested: one that no tensor can hold (16-bit integers, text, another program's file) does not block the others.
 *
 * <p>A small archive may unpack to more than fits in memory. Entries that share packed bytes are refused, and so is anything that would take more than
 * {@link #MOST_EXPANSION} times the file's size (64 MiB is always allowed), summed over all entries that were read; {@link #open(Path, long)} sets a different bound.
 */
public final class Npz implements AutoCloseable {
    /** The best ratio to which arrays shrink, unless they are nearly constant. */
    public static final int MOST_EXPANSION = 100;
    private static final long ALWAYS_ALLOWED = 64L << 20;
    private static final String ENDING = ".npy";

    private final ZipFile zip;
    private final long mostBytes;
    private final SequencedMap<String, ZipEntry> entries = new LinkedHashMap<>();
    private long bytesRead;

    private Npz(ZipFile zip, long fileBytes, long mostBytes) {
        this.zip = zip;
        this.mostBytes = mostBytes;
        long packed = 0;
        for (var all = zip.entries(); all.hasMoreElements();) {
            var entry = all.nextElement();
            var name = entry.getName().endsWith(ENDING) ? entry.getName().substring(0, entry.getName().length() - ENDING.length())
                    : entry.getName();
            if (entries.put(name, entry) != null) throw new FormatException("npz: \"" + name + "\" stands twice");
            if (entry.getSize() < 0 || entry.getCompressedSize() < 0) throw new FormatException("npz: entry \"" + entry.getName()
                    + "\" claims " + entry.getSize() + " bytes from " + entry.getCompressedSize() + " packed ones");
            packed += entry.getCompressedSize();
            if (packed > fileBytes) throw new FormatException(
                    "npz: entries overlap: up to \"" + name + "\" they claim " + packed + " packed bytes of a file of " + fileBytes);
        }
    }

    /** Opens an archive to read some of its arrays. @throws FormatException if it is not an archive of arrays */
    public static Npz open(Path path) throws IOException {
        return open(path, Math.max(ALWAYS_ALLOWED, Math.multiplyExact(Files.size(path), MOST_EXPANSION)));
    }

    /** The same, with a bound on the unpacked bytes of all entries that are read. */
    public static Npz open(Path path, long mostBytes) throws IOException {
        ZipFile zip = null;
        try {
            zip = new ZipFile(path.toFile());
            return new Npz(zip, Files.size(path), mostBytes);
        } catch (ZipException | EOFException | IllegalArgumentException e) {
            if (zip != null) zip.close();
            throw new FormatException("npz: " + e.getMessage(), e);
        } catch (FormatException e) {
            zip.close();
            throw e;
        }
    }

    /**
     * All arrays by name, without the ending {@code .npy}.
     *
     * @throws FormatException if the archive is malformed, or an array is, or has a type that no tensor has: {@link #open} reads the others
     */
    public static SequencedMap<String, Tensor> read(Path path) throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>();
        try (var npz = open(path)) {
            for (var name : npz.names()) tensors.put(name, npz.read(name));
        }
        return tensors;
    }

    /** Names of the arrays in the archive's order. */
    public List<String> names() { return List.copyOf(entries.keySet()); }

    /** One array. @throws FormatException if it is malformed or has a type that no tensor has, or there is none of that name */
    public Tensor read(String name) throws IOException {
        var entry = entries.get(name);
        if (entry == null)
            throw new FormatException("npz: there is no array \"" + name + "\"; the archive has " + String.join(", ", entries.keySet()));
        if (!entry.getName().endsWith(ENDING)) throw new FormatException("npz: entry \"" + name + "\" is not a .npy file");
        if (entry.getSize() > Integer.MAX_VALUE - 16)
            throw new FormatException("npz: entry \"" + name + "\" of " + entry.getSize() + " bytes is over 2 GB; save it as a .npy file");
        bytesRead = Math.addExact(bytesRead, entry.getSize());
        if (bytesRead > mostBytes) {
            throw new FormatException("npz: with \"" + name + "\" the arrays take " + bytesRead + " bytes, and " + mostBytes
                    + " are read at most; if they are yours: Npz.open(path, " + bytesRead + ")");
        }
        try {
            return Npy.read(MemorySegment.ofArray(bytes(entry)));
        } catch (ZipException | EOFException | IllegalArgumentException | FormatException e) {
            throw new FormatException("npz: entry \"" + name + "\": " + e.getMessage(), e);
        }
    }

    private byte[] bytes(ZipEntry entry) throws IOException {
        long size = entry.getSize();
        try (var in = zip.getInputStream(entry)) {
            var bytes = in.readNBytes((int) size);
            if (bytes.length != size || in.read() >= 0) throw new FormatException("it claims " + size + " bytes and holds another number");
            return bytes;
        }
    }

    @Override public void close() throws IOException { zip.close(); }

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
            out.write(piece.toArray(ValueLayout.JAVA_BYTE));
        }
        Reference.reachabilityFence(source);
    }
}
