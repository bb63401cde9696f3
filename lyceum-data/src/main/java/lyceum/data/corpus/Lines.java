package lyceum.data.corpus;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.zip.ZipException;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.data.Unzipped;

/**
 * The lines of a file in UTF-8, each at most so many bytes long. A line that is longer, or no UTF-8, is told and left out; memory never holds more than
 * one line.
 */
final class Lines implements Closeable {
    private static final byte[] BOM = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private final String name;
    private final InputStream in;
    private final int mostBytes;
    private final Consumer<Malformed> onMalformed;
    private final byte[] buffer = new byte[1 << 16];
    private int at, end;
    private byte[] line = new byte[256];
    private int length;
    private long number;

    Lines(Path file, int mostBytes, Consumer<Malformed> onMalformed) {
        this.name = String.valueOf(file.getFileName());
        this.mostBytes = mostBytes;
        this.onMalformed = onMalformed;
        this.in = text(file);
    }

    /** The bytes of a file, unpacked where its name ends in {@code .gz}. */
    static InputStream opened(Path file) {
        try {
            return file.toString().endsWith(".gz") ? Unzipped.open(file) : Files.newInputStream(file);
        } catch (EOFException | ZipException e) {
            throw damaged(file, e);
        } catch (IOException e) {
            throw new LyceumException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    /** As {@link #opened}, without the byte order mark that some editors put before UTF-8. */
    static InputStream text(Path file) {
        var in = new PushbackInputStream(opened(file), BOM.length);
        try {
            var first = in.readNBytes(BOM.length);
            if (!Arrays.equals(first, BOM)) in.unread(first);
            return in;
        } catch (EOFException | ZipException e) {
            throw damaged(file, e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    private static FormatException damaged(Path file, IOException e) {
        return new FormatException(file.getFileName() + ": the gzip data are damaged or cut off: " + e.getMessage(), e);
    }

    /** The next line that can be read, without its end; null after the last. */
    String next() {
        while (true) {
            if (!fill()) return null;
            number++;
            if (length > mostBytes) {
                tell("a line of more than " + mostBytes + " bytes");
                continue;
            }
            int n = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
            try {
                return decoded(line, n);
            } catch (CharacterCodingException e) {
                tell("not UTF-8");
            }
        }
    }

    /** Strictly: what is no UTF-8 is an error, never a replacement. */
    static String decoded(byte[] bytes, int length) throws CharacterCodingException {
        boolean ascii = true;
        for (int i = 0; i < length && ascii; i++) ascii = bytes[i] >= 0;
        if (ascii) return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
        return StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT).decode(ByteBuffer.wrap(bytes, 0, length)).toString();
    }

    /** The number of the line last returned, from 1. */
    long number() { return number; }

    void tell(String problem) { onMalformed.accept(new Malformed(name, number, problem)); }

    /** Takes bytes up to a line's end; of one that is too long, the first {@code mostBytes + 1} or so are kept. */
    private boolean fill() {
        length = 0;
        boolean any = false;
        while (true) {
            if (at == end) {
                at = 0;
                end = Math.max(0, read());
                if (end == 0) return any;
            }
            any = true;
            int stop = at;
            while (stop < end && buffer[stop] != '\n') stop++;
            append(stop - at);
            boolean ended = stop < end;
            at = ended ? stop + 1 : stop;
            if (ended) return true;
        }
    }

    private void append(int n) {
        if (length > mostBytes) return;
        if (length + n > line.length) line = Arrays.copyOf(line, Math.max(length + n, 2 * line.length));
        System.arraycopy(buffer, at, line, length, n);
        length += n;
    }

    private int read() {
        try {
            return in.read(buffer, 0, buffer.length);
        } catch (EOFException | ZipException e) {
            throw new FormatException(name + ": the gzip data are damaged or cut off after line " + number + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
    }

    @Override public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close " + name, e);
        }
    }
}
