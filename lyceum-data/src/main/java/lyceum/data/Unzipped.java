package lyceum.data;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import lyceum.FormatException;

/**
 * What a gzip file holds, as long as it is not out of all proportion: a hundred kilobytes of it may be a hundred megabytes of commas. Texts and
 * numbers shrink to a tenth, seldom to a fiftieth.
 */
public final class Unzipped extends FilterInputStream {

    private static final int MOST_EXPANSION = 100;
    private static final long ALWAYS_ALLOWED = 16L << 20;

    private final Path file;
    private final long packed;
    private long left;

    private Unzipped(InputStream in, Path file, long packed) {
        super(in);
        this.file = file;
        this.packed = packed;
        this.left = ALWAYS_ALLOWED + MOST_EXPANSION * packed;
    }

    /** Unpacks a file as it is read. @throws lyceum.FormatException while reading, where it expands beyond all proportion */
    public static InputStream open(Path file) throws IOException {
        return new Unzipped(new GZIPInputStream(Files.newInputStream(file)), file, Files.size(file));
    }

    @Override public int read() throws IOException {
        int one = super.read();
        count(one < 0 ? 0 : 1);
        return one;
    }

    @Override public int read(byte[] into, int from, int length) throws IOException {
        int n = super.read(into, from, length);
        count(Math.max(0, n));
        return n;
    }

    private void count(int n) {
        left -= n;
        if (left < 0) {
            throw new FormatException(packed + " packed bytes hold more than " + (ALWAYS_ALLOWED + MOST_EXPANSION * packed)
                    + "; if the file is yours, unpack it first: gunzip " + file.getFileName());
        }
    }
}
