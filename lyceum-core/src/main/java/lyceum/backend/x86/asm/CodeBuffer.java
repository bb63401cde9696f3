package lyceum.backend.x86.asm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Growing bytes, with the places whose distances to labels are filled in at the end. */
final class CodeBuffer {
    /** Four bytes at {@code at} that will hold the distance from {@code next} to the label, plus {@code displacement}. */
    private record Fixup(int at, int next, Label label, int displacement) {}

    private byte[] code = new byte[1024];
    private int size;
    private final List<Fixup> fixups = new ArrayList<>();

    int size() { return size; }

    void bytes(int... values) {
        if (size + values.length > code.length) code = Arrays.copyOf(code, 2 * (code.length + values.length));
        for (int value : values) code[size++] = (byte) value;
    }

    void int32(int value) { bytes(value, value >> 8, value >> 16, value >> 24); }

    void int64(long value) {
        int32((int) value);
        int32((int) (value >> 32));
    }

    /** The distance to {@code label}, counted from {@code after} bytes behind these four. */
    void distance(Label label, int displacement, int after) {
        fixups.add(new Fixup(size, size + 4 + after, label, displacement));
        int32(0);
    }

    /** ModRM, SIB and displacement of a memory operand; {@code after} bytes of the instruction follow, {@code sib} forces the SIB byte. */
    void memory(int field, Mem m, int scale, int after, boolean sib) {
        if (m.label() != null) {
            bytes(field << 3 | 5);
            distance(m.label(), m.displacement(), after);
            return;
        }
        int base = m.base().number() & 7, displacement = m.displacement();
        boolean needsSib = sib || m.index() != null || base == 4;
        int mode = displacement == 0 && base != 5 ? 0
                : displacement % scale == 0 && (byte) (displacement / scale) == displacement / scale ? 1 : 2;
        bytes(mode << 6 | field << 3 | (needsSib ? 4 : base));
        if (needsSib) bytes(Integer.numberOfTrailingZeros(m.scale()) << 6 | (m.index() == null ? 4 : m.index().number() & 7) << 3 | base);
        if (mode == 1) bytes(displacement / scale);
        else if (mode == 2) int32(displacement);
    }

    byte[] finish() {
        for (var fixup : fixups) {
            if (fixup.label.position < 0) throw new IllegalStateException("label " + fixup.label + " is used and never bound");
            int distance = fixup.label.position - fixup.next + fixup.displacement;
            for (int i = 0; i < 4; i++) code[fixup.at + i] = (byte) (distance >> 8 * i);
        }
        return Arrays.copyOf(code, size);
    }
}
