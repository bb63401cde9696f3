package lyceum.text.internal;

import java.util.Arrays;
import lyceum.FormatException;

/** Reads protocol buffers' wire format out of bytes that nobody vouches for. */
public final class ProtoReader {
    private final byte[] b;
    private final String what;
    private int at;
    private final int end;

    public ProtoReader(String what, byte[] b) { this(what, b, 0, b.length); }

    private ProtoReader(String what, byte[] b, int at, int end) {
        this.what = what;
        this.b = b;
        this.at = at;
        this.end = end;
    }

    public boolean hasNext() { return at < end; }

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
            byte next = b[at++];
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) return value;
        }
        throw wrong("a number of more than ten bytes");
    }

    public float float32() {
        need(4);
        int bits = b[at] & 0xFF | (b[at + 1] & 0xFF) << 8 | (b[at + 2] & 0xFF) << 16 | b[at + 3] << 24;
        at += 4;
        return Float.intBitsToFloat(bits);
    }

    private int length() {
        long length = varint();
        if (length < 0 || length > end - at) throw wrong("a length of " + length + " where " + (end - at) + " bytes are left");
        return (int) length;
    }

    public byte[] bytes() {
        int length = length();
        var bytes = Arrays.copyOfRange(b, at, at + length);
        at += length;
        return bytes;
    }

    public String text() {
        int length = length();
        var text = Utf8.text(b, at, at + length);
        at += length;
        return text;
    }

    /** A message inside this one. */
    public ProtoReader message() {
        int length = length();
        var inner = new ProtoReader(what, b, at, at + length);
        at += length;
        return inner;
    }

    /** Leaves a field out. */
    public void skip(int tag) {
        switch (tag & 7) {
            case 0 -> varint();
            case 1 -> {
                need(8);
                at += 8;
            }
            case 2 -> bytes();
            case 5 -> {
                need(4);
                at += 4;
            }
            default -> throw wrong("the wire type " + (tag & 7) + " is not known");
        }
    }

    private void need(int bytes) { if (end - at < bytes) throw wrong(bytes + " bytes where " + (end - at) + " are left"); }

    private FormatException wrong(String problem) { return FormatException.at(what, at, problem); }
}
