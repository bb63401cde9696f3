package lyceum.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import lyceum.FormatException;

/**
 * Reads protocol buffers' wire format out of bytes that nobody vouches for: lengths are compared with what is left before anything is
 * allocated, messages nest at most a hundred deep, and every refusal names the byte.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">the wire format</a>
 */
public final class ProtoReader {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int DEEPEST = 100;
    /** Messages of at most so many bytes are read from an array: a byte of memory costs a program that begins, and is not compiled yet, twenty times one of an array. */
    private static final int SHORT = 1 << 16;

    private final MemorySegment memory;
    /** The bytes from {@code base} on, or null where they are read from memory. */
    private final byte[] array;
    private final long base;
    private final String what;
    private final int depth;
    private long at;
    private final long end;

    /** Reads bytes on the heap; errors begin with {@code what}. */
    public ProtoReader(String what, byte[] bytes) { this(what, MemorySegment.ofArray(bytes), bytes, 0, 0, bytes.length, 0); }

    /** Reads memory such as a mapped file; errors begin with {@code what}. */
    public ProtoReader(String what, MemorySegment memory) { this(what, memory, null, 0, 0, memory.byteSize(), 0); }

    private ProtoReader(String what, MemorySegment memory, byte[] array, long base, long at, long end, int depth) {
        this.what = what;
        this.memory = memory;
        this.array = array;
        this.base = base;
        this.at = at;
        this.end = end;
        this.depth = depth;
    }

    public boolean hasNext() { return at < end; }

    /** Where the next byte lies in the whole. */
    public long position() { return at; }

    /** The next field's number and wire type: {@code number << 3 | type}. */
    public int tag() {
        long tag = varint();
        if (tag <= 7 || tag > Integer.MAX_VALUE) throw wrong("the field tag " + tag + " is none");
        return (int) tag;
    }

    public long varint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (at >= end) throw wrong("a number that does not end");
            byte next = array != null ? array[(int) (at - base)] : memory.get(ValueLayout.JAVA_BYTE, at);
            at++;
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) return value;
        }
        throw wrong("a number of more than ten bytes");
    }

    /** Four bytes, low first. */
    public int fixed32() {
        need(4);
        at += 4;
        return memory.get(INT, at - 4);
    }

    /** Eight bytes, low first. */
    public long fixed64() {
        need(8);
        at += 8;
        return memory.get(LONG, at - 8);
    }

    public float float32() { return Float.intBitsToFloat(fixed32()); }

    private long length() {
        long length = varint();
        if (length < 0 || length > end - at) throw wrong("a length of " + length + " where " + (end - at) + " bytes are left");
        return length;
    }

    /** The bytes of a field where they lie, without a copy. */
    public MemorySegment slice() {
        long length = length();
        at += length;
        return memory.asSlice(at - length, length);
    }

    public byte[] bytes() {
        long length = length();
        if (length > Integer.MAX_VALUE - 8) throw wrong("a length of " + length + " is more than an array holds");
        at += length;
        return copied(at - length, (int) length);
    }

    private byte[] copied(long from, int length) {
        var bytes = new byte[length];
        if (array != null) System.arraycopy(array, (int) (from - base), bytes, 0, length);
        else MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, from, bytes, 0, length);
        return bytes;
    }

    /** A text; refused where its bytes are no UTF-8. */
    public String text() {
        long start = at;
        byte[] bytes = bytes();
        var text = new String(bytes, StandardCharsets.UTF_8);
        if (text.indexOf('\uFFFD') < 0) return text; // what stands for a broken character, unless it was written
        var in = ByteBuffer.wrap(bytes);
        try {
            return StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT).decode(in).toString();
        } catch (CharacterCodingException e) {
            throw FormatException.at(what, Math.max(start, at - bytes.length + in.position()), "broken UTF-8");
        }
    }

    /** A message inside this one. */
    public ProtoReader message() {
        if (depth == DEEPEST) throw wrong("messages nest more than " + DEEPEST + " deep");
        long length = length();
        at += length;
        return array != null || length > SHORT ? new ProtoReader(what, memory, array, base, at - length, at, depth + 1)
                : new ProtoReader(what, memory, copied(at - length, (int) length), at - length, at - length, at, depth + 1);
    }

    /** Leaves a field out. */
    public void skip(int tag) {
        switch (tag & 7) {
            case 0 -> varint();
            case 1 -> fixed64();
            case 2 -> slice();
            case 5 -> fixed32();
            default -> throw wrong("the wire type " + (tag & 7) + " is not known");
        }
    }

    private void need(int bytes) { if (end - at < bytes) throw wrong(bytes + " bytes where " + (end - at) + " are left"); }

    /** A refusal that names the next byte. */
    public FormatException wrong(String problem) { return FormatException.at(what, at, problem); }
}
