package lyceum.format;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import lyceum.FormatException;

/** A file as memory, read only where asked; unmapped when unreachable. Reads are checked against the file's size. */
public final class MappedFile {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String format;
    private final MemorySegment memory;

    private MappedFile(String format, MemorySegment memory) {
        this.format = format;
        this.memory = memory;
    }

    /** Maps {@code path}; errors begin with {@code format}. */
    public static MappedFile open(String format, Path path) throws IOException {
        try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return new MappedFile(format, channel.size() == 0 ? MemorySegment.ofArray(new byte[0])
                    : channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()));
        }
    }

    public static MappedFile of(String format, MemorySegment memory) { return new MappedFile(format, memory); }

    public long size() { return memory.byteSize(); }

    public MemorySegment memory() { return memory; }

    public long longAt(long offset) {
        need(offset, 8);
        return memory.get(LONG, offset);
    }

    public int byteAt(long offset) {
        need(offset, 1);
        return memory.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
    }

    public String text(long offset, int length, Charset charset) {
        need(offset, length);
        return new String(memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE), charset);
    }

    /** @throws FormatException unless {@code bytes} lie at {@code offset} */
    public void need(long offset, long bytes) {
        if (bytes < 0 || offset < 0 || bytes > size() - offset) throw FormatException.at(format, Math.min(Math.max(offset, 0), size()),
                bytes + " bytes are needed, the file has " + size() + " in all");
    }

    public FormatException malformed(long offset, String problem) { return FormatException.at(format, offset, problem); }
}
