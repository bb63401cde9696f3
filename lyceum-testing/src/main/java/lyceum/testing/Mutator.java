package lyceum.testing;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes malformed files from well-formed ones: flipped bits, overwritten and inserted bytes, truncations, edited length fields,
 * repeated and removed stretches, splices of two files. One to four changes a mutant. Number 0 is the first file unchanged.
 *
 * @param files what to start from
 * @param seed  mutants are a function of the files, the seed and their number
 */
public record Mutator(List<byte[]> files, long seed) {

    private static final long[] LENGTHS = {0, 1, 2, 7, 127, 128, 255, 256, 32767, 65535, 65536, 1L << 24, Integer.MAX_VALUE - 8L,
            Integer.MAX_VALUE, 1L << 31, 0xFFFFFFFFL, 1L << 32, 1L << 40, Long.MAX_VALUE / 2, Long.MAX_VALUE, -1, -2, Integer.MIN_VALUE,
            Long.MIN_VALUE};

    /** The bytes of one mutant. */
    public byte[] mutant(int number) {
        if (number == 0) return files.getFirst().clone();
        var random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + number);
        var bytes = files.get(random.nextInt(files.size())).clone();
        int changes = 1 + random.nextInt(4);
        for (int c = 0; c < changes; c++) {
            bytes = change(bytes, random);
        }
        return bytes;
    }

    private byte[] change(byte[] bytes, SplittableRandom random) {
        if (bytes.length == 0) { return new byte[] {(byte) random.nextInt(256)}; }
        return switch (random.nextInt(10)) {
            case 0, 1 -> flip(bytes, random);
            case 2 -> overwrite(bytes, random);
            case 3, 4, 5 -> length(bytes, random);
            case 6 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 7 -> digits(bytes, random);
            case 8 -> stretch(bytes, random);
            default -> splice(bytes, random);
        };
    }

    private static byte[] flip(byte[] bytes, SplittableRandom random) {
        int flips = 1 + random.nextInt(8);
        for (int i = 0; i < flips; i++) {
            bytes[place(bytes.length, random)] ^= (byte) (1 << random.nextInt(8));
        }
        return bytes;
    }

    private static byte[] overwrite(byte[] bytes, SplittableRandom random) {
        bytes[place(bytes.length, random)] = (byte) random.nextInt(256);
        return bytes;
    }

    /** Writes a telling length over 1, 2, 4 or 8 bytes, in either byte order. */
    private static byte[] length(byte[] bytes, SplittableRandom random) {
        int width = 1 << random.nextInt(4);
        if (width > bytes.length) return overwrite(bytes, random);
        int at = Math.min(place(bytes.length, random), bytes.length - width);
        long value = LENGTHS[random.nextInt(LENGTHS.length)];
        boolean big = random.nextInt(4) == 0;
        for (int i = 0; i < width; i++) {
            bytes[at + (big ? width - 1 - i : i)] = (byte) (value >>> (8 * i));
        }
        return bytes;
    }

    /** Numbers in text headers are lengths too: replaces a run of decimal digits by a telling number. */
    private static byte[] digits(byte[] bytes, SplittableRandom random) {
        int start = place(bytes.length, random);
        while (start < bytes.length && !digit(bytes[start])) {
            start++;
        }
        if (start == bytes.length) return overwrite(bytes, random);
        int end = start;
        while (end < bytes.length && digit(bytes[end])) {
            end++;
        }
        var number = Long.toString(LENGTHS[random.nextInt(LENGTHS.length)]).getBytes(StandardCharsets.US_ASCII);
        return join(bytes, 0, start, number, 0, number.length, bytes, end, bytes.length);
    }

    private static boolean digit(byte b) { return b >= '0' && b <= '9'; }

    /** Repeats or removes a stretch. */
    private static byte[] stretch(byte[] bytes, SplittableRandom random) {
        int from = place(bytes.length, random);
        int to = from + 1 + random.nextInt(Math.min(64, bytes.length - from));
        return random.nextBoolean() ? join(bytes, 0, to, bytes, from, to, bytes, to, bytes.length)
                : join(bytes, 0, from, bytes, to, to, bytes, to, bytes.length);
    }

    private byte[] splice(byte[] bytes, SplittableRandom random) {
        var other = files.get(random.nextInt(files.size()));
        int from = other.length == 0 ? 0 : random.nextInt(other.length);
        return join(bytes, 0, random.nextInt(bytes.length), other, from, other.length, bytes, 0, 0);
    }

    private static byte[] join(byte[] a, int aFrom, int aTo, byte[] b, int bFrom, int bTo, byte[] c, int cFrom, int cTo) {
        var joined = new byte[aTo - aFrom + bTo - bFrom + cTo - cFrom];
        System.arraycopy(a, aFrom, joined, 0, aTo - aFrom);
        System.arraycopy(b, bFrom, joined, aTo - aFrom, bTo - bFrom);
        System.arraycopy(c, cFrom, joined, aTo - aFrom + bTo - bFrom, cTo - cFrom);
        return joined;
    }

    /** Headers stand at the start: half of all places are among the first 128 bytes. */
    private static int place(int length, SplittableRandom random) {
        return random.nextInt(random.nextBoolean() ? Math.min(128, length) : length);
    }
}
