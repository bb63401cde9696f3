package lyceum.format;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Writes protocol buffers' wire format, one field after another. @see ProtoReader */
public final class ProtoWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** A whole number. */
    public ProtoWriter number(int field, long value) {
        varint((long) field << 3);
        varint(value);
        return this;
    }

    public ProtoWriter float32(int field, float value) {
        varint((long) field << 3 | 5);
        int bits = Float.floatToRawIntBits(value);
        for (int i = 0; i < 4; i++) out.write(bits >> 8 * i);
        return this;
    }

    public ProtoWriter float64(int field, double value) {
        varint((long) field << 3 | 1);
        long bits = Double.doubleToRawLongBits(value);
        for (int i = 0; i < 8; i++) out.write((int) (bits >> 8 * i));
        return this;
    }

    public ProtoWriter text(int field, String value) { return bytes(field, value.getBytes(StandardCharsets.UTF_8)); }

    public ProtoWriter bytes(int field, byte[] value) {
        varint((long) field << 3 | 2);
        varint(value.length);
        out.writeBytes(value);
        return this;
    }

    /** A message inside this one. */
    public ProtoWriter message(int field, Consumer<ProtoWriter> content) {
        var inner = new ProtoWriter();
        content.accept(inner);
        return bytes(field, inner.toBytes());
    }

    public byte[] toBytes() { return out.toByteArray(); }

    private void varint(long value) {
        for (; (value & ~0x7FL) != 0; value >>>= 7) out.write((int) (value & 0x7F | 0x80));
        out.write((int) value);
    }
}
