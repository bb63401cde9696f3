package lyceum.retrieval;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import lyceum.FormatException;

/**
 * Frames appended to a file: 8 bytes of magic and formatVersion, then, little-endian, a frame's length, the checksum (CRC-32C) of that length, the checksum of
 * its bytes, and the bytes. A frame that the end of the file cuts was never acknowledged and is dropped; one that is damaged in the midst is an error.
 */
final class StoreLog implements AutoCloseable {
    private static final int MAGIC = 0x474f4c4c, FORMAT_VERSION = 1, HEAD = 8, FRAME = 12;

    private final FileChannel file;
    private final boolean durable;
    private long end;
    private boolean broken;

    private StoreLog(FileChannel file, boolean durable) {
        this.file = file;
        this.durable = durable;
    }

    /** Opens the log, or makes an empty one, and gives each whole frame to {@code reader}. */
    static StoreLog open(Path path, boolean durable, Consumer<MemorySegment> reader) throws IOException {
        var file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            var log = new StoreLog(file, durable);
            log.end = log.replay(path.getFileName().toString(), reader);
            if (log.end < file.size()) file.truncate(log.end);
            if (log.end == 0) log.start();
            file.position(log.end);
            return log;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private void start() throws IOException {
        var head = ByteBuffer.allocate(HEAD).order(ByteOrder.LITTLE_ENDIAN).putInt(MAGIC).putInt(FORMAT_VERSION).flip();
        file.position(0);
        while (head.hasRemaining()) file.write(head);
        file.force(true);
        end = HEAD;
    }

    private long replay(String name, Consumer<MemorySegment> reader) throws IOException {
        long size = file.size(), at = HEAD;
        if (size < HEAD) return 0;
        var head = read(0, HEAD);
        if (head.getInt() != MAGIC) throw new FormatException(name + ": this is not a log of a VectorStore");
        int version = head.getInt();
        if (version != FORMAT_VERSION)
            throw new FormatException(name + ": formatVersion is " + version + "; this reader knows " + FORMAT_VERSION);
        while (size - at >= FRAME) {
            var frame = read(at, FRAME);
            int length = frame.getInt(), lengthSum = frame.getInt(), sum = frame.getInt();
            if (length <= 0 || lengthSum != checksum(bytes(length))) {
                if (zeros(at, size)) break;
                throw new FormatException(name + ": the frame at byte " + at + " is damaged");
            }
            if (size - at - FRAME < length) break;
            var bytes = read(at + FRAME, length).array();
            if (sum != checksum(bytes)) {
                if (at + FRAME + length == size) break;
                throw new FormatException(
                        name + ": the frame at byte " + at + " has another checksum, and frames behind it; the file is damaged");
            }
            reader.accept(MemorySegment.ofArray(bytes));
            at += FRAME + length;
        }
        return at;
    }

    private ByteBuffer read(long at, int length) throws IOException {
        var buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining())
            if (file.read(buffer, at + buffer.position()) < 0) throw new IOException("the log became shorter while it was read");
        return buffer.flip();
    }

    /** A file system may leave room behind the last write that it lost. */
    private boolean zeros(long from, long to) throws IOException {
        for (long at = from; at < to; at += 1 << 16)
            for (byte b : read(at, (int) Math.min(1 << 16, to - at)).array()) if (b != 0) return false;
        return true;
    }

    private static byte[] bytes(int value) { return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array(); }

    private static int checksum(byte[] bytes) {
        var crc = new CRC32C();
        crc.update(bytes, 0, bytes.length);
        return (int) crc.getValue();
    }

    /** Returns when the frame is kept. @throws IOException if it could not be written: then nothing of it is there */
    void append(MemorySegment bytes) throws IOException {
        if (broken) throw new IOException("the log could not be mended after an earlier error; open the store again");
        byte[] own = bytes.toArray(JAVA_BYTE);
        var out = ByteBuffer.allocate(FRAME + own.length).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(own.length).putInt(checksum(bytes(own.length))).putInt(checksum(own)).put(own).flip();
        try {
            while (out.hasRemaining()) file.write(out);
            if (durable) file.force(false);
            end += FRAME + own.length;
        } catch (IOException e) {
            broken = true;
            file.truncate(end);
            file.position(end);
            broken = false;
            throw e;
        }
    }

    @Override public void close() throws IOException { file.close(); }
}
