package lyceum.text.internal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A stretch of UTF-8 that knows for every byte where in the original it is from. As long as a text changes only in place, alignment is a shift and costs nothing.
 */
public final class AlignedText {
    public final byte[] b;
    public final int from, to;
    private final int shift;
    private final int[] starts, ends;

    private AlignedText(byte[] b, int from, int to, int shift, int[] starts, int[] ends) {
        this.b = b;
        this.from = from;
        this.to = to;
        this.shift = shift;
        this.starts = starts;
        this.ends = ends;
    }

    /** A stretch of the original. */
    public static AlignedText of(byte[] b, int from, int to) { return new AlignedText(b, from, to, 0, null, null); }

    /** Other bytes, one for one. */
    public AlignedText inPlace(byte[] other) {
        return starts == null ? new AlignedText(other, 0, to - from, shift + from, null, null)
                : new AlignedText(other, 0, to - from, 0, Arrays.copyOfRange(starts, from, to), Arrays.copyOfRange(ends, from, to));
    }

    /** A stretch of this. */
    public AlignedText part(int from, int to) { return new AlignedText(b, from, to, shift, starts, ends); }

    /** The first original byte of byte {@code i}. */
    public int start(int i) { return starts == null ? i + shift : starts[i]; }

    /** One past the last original byte of byte {@code i}. */
    public int end(int i) { return ends == null ? i + shift + 1 : ends[i]; }

    public boolean isEmpty() { return from == to; }

    public boolean startsWith(byte[] prefix) {
        return to - from >= prefix.length && Arrays.equals(b, from, from + prefix.length, prefix, 0, prefix.length);
    }

    /** Whether all is ASCII. */
    public boolean isAscii() {
        for (int i = from; i < to; i++) if (b[i] < 0) return false;
        return true;
    }

    /** Text that is put together out of another. */
    public static final class Builder {
        private final AlignedText source;
        private byte[] b;
        private int[] starts, ends;
        private int size;

        public Builder(AlignedText source) {
            this.source = source;
            int n = Math.max(16, (source.to - source.from) * 5 / 4);
            b = new byte[n];
            starts = new int[n];
            ends = new int[n];
        }

        private void room(int more) {
            if (size + more <= b.length) return;
            int n = Math.max(size + more, 2 * size);
            b = Arrays.copyOf(b, n);
            starts = Arrays.copyOf(starts, n);
            ends = Arrays.copyOf(ends, n);
        }

        /** Takes a stretch of the source as it is. */
        public void copy(int from, int to) {
            room(to - from);
            for (int i = from; i < to; i++, size++) {
                b[size] = source.b[i];
                starts[size] = source.start(i);
                ends[size] = source.end(i);
            }
        }

        /** Puts a character that comes from the source's bytes {@code from} to {@code to}; from nothing where they are equal. */
        public void put(int codePoint, int from, int to) {
            room(4);
            int end = Utf8.put(codePoint, b, size);
            int first = from < source.to ? source.start(from) : source.to > source.from ? source.end(source.to - 1) : source.start(from);
            int last = to > from ? source.end(to - 1) : first;
            for (; size < end; size++) {
                starts[size] = first;
                ends[size] = last;
            }
        }

        /** Puts characters that come from the source's bytes {@code from} to {@code to}. */
        public void put(CharSequence text, int from, int to) {
            for (int i = 0; i < text.length();) {
                int c = Character.codePointAt(text, i);
                put(c, from, to);
                i += Character.charCount(c);
            }
        }

        public int size() { return size; }

        public AlignedText build() { return new AlignedText(b, 0, size, 0, starts, ends); }
    }

    @Override public String toString() { return new String(b, from, to - from, StandardCharsets.UTF_8); }
}
