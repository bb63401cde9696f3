package lyceum.retrieval;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.zip.CRC32C;
import lyceum.FormatException;
import lyceum.format.Durable;
import lyceum.format.MappedFile;

/**
 * A file of named sections with a CRC-32C each: magic {@code LYCINDEX}, then, little-endian, formatVersion, the number of sections and what the file holds
 * (8 bytes), a line of 32 bytes a section (name, offset, bytes, checksum), a checksum of all that, and the sections at multiples of 64. It is written beside its
 * place and moved there, to stay, when whole.
 */
final class IndexFile {
    static final int FORMAT_VERSION = 1;
    private static final long MAGIC = 0x5845444e4943594cL;
    private static final int HEAD = 24, ENTRY = 32, MOST = 64, ALIGN = 64;

    private final String format;
    private final Map<String, MemorySegment> sections;

    private IndexFile(String format, Map<String, MemorySegment> sections) {
        this.format = format;
        this.sections = sections;
    }

    static void write(Path path, String kind, SequencedMap<String, MemorySegment> sections) throws IOException {
        var head = new ByteSink();
        head.putLong(MAGIC);
        head.putInt(FORMAT_VERSION);
        head.putInt(sections.size());
        head.putLong(packed(kind));
        long at = (HEAD + (long) ENTRY * sections.size() + 8 + ALIGN - 1) / ALIGN * ALIGN;
        for (var each : sections.entrySet()) {
            head.putLong(packed(each.getKey()));
            head.putLong(at);
            head.putLong(each.getValue().byteSize());
            head.putLong(checksum(each.getValue()));
            at = (at + each.getValue().byteSize() + ALIGN - 1) / ALIGN * ALIGN;
        }
        head.putLong(checksum(head.segment()));
        var beside = path.resolveSibling(path.getFileName() + ".part");
        try {
            try (var out = FileChannel.open(beside, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                put(out, head.segment());
                for (var each : sections.values()) put(out, each);
            }
            Durable.move(beside, path);
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    private static void put(FileChannel out, MemorySegment bytes) throws IOException {
        for (long from = 0; from < bytes.byteSize(); from += 1 << 24) {
            var part = bytes.asSlice(from, Math.min(1 << 24, bytes.byteSize() - from)).asByteBuffer();
            while (part.hasRemaining()) out.write(part);
        }
        var padding = ByteBuffer.allocate((int) (-out.position() & ALIGN - 1));
        while (padding.hasRemaining()) out.write(padding);
    }

    static IndexFile read(Path path, String kind) throws IOException {
        var format = path.getFileName().toString();
        var file = MappedFile.open(format, path);
        if (file.longAt(0) != MAGIC) throw file.malformed(0, "this is not a Lyceum index");
        long counts = file.longAt(8);
        int version = (int) counts, n = (int) (counts >>> 32);
        if (version != FORMAT_VERSION) throw file.malformed(8, "formatVersion is " + version + "; this reader knows " + FORMAT_VERSION);
        if (n < 0 || n > MOST) throw file.malformed(12, n + " sections; at most " + MOST);
        if (file.longAt(16) != packed(kind))
            throw file.malformed(16, "it holds '" + file.text(16, 8, StandardCharsets.ISO_8859_1).strip() + "', not '" + kind + "'");
        int end = HEAD + n * ENTRY;
        if (file.longAt(end) != checksum(file.memory().asSlice(0, end)))
            throw file.malformed(end, "the header's checksum differs; the file is damaged");
        var sections = new HashMap<String, MemorySegment>();
        for (int i = 0; i < n; i++) {
            long line = HEAD + (long) i * ENTRY, offset = file.longAt(line + 8), bytes = file.longAt(line + 16);
            file.need(offset, bytes);
            var section = file.memory().asSlice(offset, bytes);
            var name = file.text(line, 8, StandardCharsets.ISO_8859_1).strip();
            if (checksum(section) != file.longAt(line + 24))
                throw file.malformed(offset, "the checksum of '" + name + "' differs; the file is damaged");
            sections.put(name, section);
        }
        return new IndexFile(format, sections);
    }

    /** @throws FormatException if there is none or it is shorter than {@code least} bytes */
    MemorySegment section(String name, long least) {
        var section = sections.get(name);
        if (section == null || section.byteSize() < least) throw new FormatException(format + ": section '" + name + "' "
                + (section == null ? "is missing" : "has " + section.byteSize() + " bytes; " + least + " are needed"));
        return section;
    }

    FormatException malformed(String problem) { return new FormatException(format + ": " + problem); }

    private static long packed(String name) {
        long packed = 0;
        for (int i = 7; i >= 0; i--) packed = packed << 8 | (i < name.length() ? name.charAt(i) : ' ');
        return packed;
    }

    private static long checksum(MemorySegment bytes) {
        var crc = new CRC32C();
        for (long from = 0; from < bytes.byteSize(); from += 1 << 30)
            crc.update(bytes.asSlice(from, Math.min(1 << 30, bytes.byteSize() - from)).asByteBuffer());
        return crc.getValue();
    }

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
}
