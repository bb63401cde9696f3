package lyceum.backend.x86.asm;

import lyceum.backend.x86.asm.Instruction.Form;
import lyceum.backend.x86.asm.Instruction.Space;

/** Bytes of one vector instruction: which operand stands in which field, the prefix, ModRM, SIB, displacement and immediate. */
final class Encoding {
    private final Instruction in;
    private final CodeBuffer out;
    private Operand.Register reg;
    private Operand.Register vvvv;
    private Operand rm;
    private int immediate;
    private int bits = 128;

    private Encoding(Instruction in, CodeBuffer out) {
        this.in = in;
        this.out = out;
    }

    /** Returns whether the EVEX prefix was taken. */
    static boolean write(Instruction in, CodeBuffer out, int immediate, Operand... operands) {
        var encoding = new Encoding(in, out);
        encoding.immediate = immediate;
        encoding.place(operands);
        boolean evex = encoding.isEvex(operands);
        if (evex) encoding.evex();
        else encoding.vex();
        return evex;
    }

    private void place(Operand[] o) {
        int expected = switch (in.form) {
            case RVM, MVR -> 3;
            case RMV -> o.length == 2 && o[0] instanceof Vec v && v.mask() != null ? 2 : 3; // a gather's mask stands in its destination, or apart
            case RVMR -> 4;
            case RM, MR -> in == Instruction.TILEZERO ? 1 : 2;
            case VM -> in.element == 64 ? 1 : 2;
            case NONE -> 0;
        };
        if (o.length != expected) throw new IllegalArgumentException(in.mnemonic() + " takes " + expected + " operands, not " + o.length);
        bits = width(in, o);
        switch (in.form) {
            case RVM, RVMR -> { reg = register(o[0]); vvvv = register(o[1]); rm = o[2]; }
            case RMV -> { reg = register(o[0]); rm = o[1]; vvvv = o.length > 2 ? register(o[2]) : null; }
            case MVR -> { rm = o[0]; vvvv = register(o[1]); reg = register(o[2]); }
            case RM -> { reg = register(o[0]); rm = o.length > 1 ? o[1] : null; }
            case MR -> { rm = o[0]; reg = register(o[1]); }
            case VM -> { rm = o[o.length - 1]; vvvv = o.length > 1 ? register(o[0]) : null; }
            case NONE -> {}
        }
        if (in.form == Form.RVMR) immediate = register(o[3]).number() << 4;
    }

    /** The widest vector; where memory is narrowed into a register, twice that register. */
    static int width(Instruction in, Operand... operands) {
        int bits = 128;
        for (var operand : operands) if (operand instanceof Vec v) bits = Math.max(bits, v.bits());
        return in.narrows() && operands[1] instanceof Mem ? 2 * bits : bits;
    }

    private Operand.Register register(Operand operand) {
        if (operand instanceof Operand.Register r) return r;
        throw new IllegalArgumentException(in.mnemonic() + " takes a register where " + operand + " stands");
    }

    private boolean hasImmediate() { return in.immediate || in.form == Form.RVMR; }

    private boolean isEvex(Operand[] operands) {
        if (in.space != Space.ANY) return in.space == Space.EVEX;
        if (bits == 512) return true; // in memory alone, where it is narrowed
        if (in.form == Form.VM && rm instanceof Mem) return true; // shifts of what lies in memory
        for (var operand : operands) {
            if (operand instanceof Mask) return true;
            if (operand instanceof Vec v && (v.bits() == 512 || v.number() > 15 || v.mask() != null)) return true;
            if (operand instanceof Mem m
                    && (m.isBroadcast() || m.mask() != null || m.index() instanceof Vec v && (v.bits() == 512 || v.number() > 15)))
                return true;
        }
        return false;
    }

    private static int bit(Operand.Register register, int position) { return register == null ? 0 : register.number() >> position & 1; }

    private void vex() {
        refuseHigh(reg);
        refuseHigh(vvvv);
        if (rm instanceof Operand.Register register) refuseHigh(register);
        int r = bit(reg, 3), x = rm instanceof Mem m ? bit(m.index(), 3) : 0;
        int b = rm instanceof Mem m ? bit(m.base(), 3) : bit((Operand.Register) rm, 3);
        int w = in.w == 1 ? 1 : 0, length = bits == 256 || lengthBitOfMasks() ? 1 : 0, v = vvvv == null ? 0 : vvvv.number();
        int tail = (~v & 15) << 3 | length << 2 | in.prefix;
        if (in.map == 1 && w == 0 && x == 0 && b == 0) {
            out.bytes(0xC5, (r ^ 1) << 7 | tail);
        } else {
            out.bytes(0xC4, (r ^ 1) << 7 | (x ^ 1) << 6 | (b ^ 1) << 5 | in.map, w << 7 | tail);
        }
        out.bytes(in.opcode);
        rest(0);
    }

    private void refuseHigh(Operand.Register register) {
        if (register != null && register.number() > 15)
            throw new IllegalArgumentException(in.mnemonic() + " does not reach " + register + ": its encoding has 16 registers");
    }

    /** Instructions on two masks have the length bit set. */
    private boolean lengthBitOfMasks() { return in.form == Form.RVM && reg instanceof Mask && vvvv instanceof Mask; }

    private void evex() {
        int r = bit(reg, 3), high = bit(reg, 4);
        int x = 0, b = 0, v = vvvv == null ? 0 : vvvv.number(), vHigh = v >> 4 & 1;
        Mask mask = null;
        boolean zeroing = false, broadcast = false;
        if (rm instanceof Mem m) {
            x = bit(m.index(), 3);
            b = bit(m.base(), 3);
            if (m.index() instanceof Vec index) vHigh = index.number() >> 4 & 1;
            broadcast = m.isBroadcast();
            mask = m.mask();
        } else {
            b = bit((Operand.Register) rm, 3);
            x = bit((Operand.Register) rm, 4);
            if (in.form == Form.MR && rm instanceof Vec d) {
                mask = d.mask();
                zeroing = d.isZeroing();
            }
        }
        var destination = in.form == Form.VM ? vvvv : in.form == Form.MR ? null : reg;
        if (destination instanceof Vec d && d.mask() != null) {
            mask = d.mask();
            zeroing = d.isZeroing();
        }
        if (mask == Mask.K0) throw new IllegalArgumentException(in.mnemonic() + ": k0 cannot select lanes");
        int length = bits == 512 ? 2 : bits == 256 ? 1 : 0, w = in.w == 0 ? 0 : 1;
        out.bytes(0x62, (r ^ 1) << 7 | (x ^ 1) << 6 | (b ^ 1) << 5 | (high ^ 1) << 4 | in.map, w << 7 | (~v & 15) << 3 | 4 | in.prefix,
                (zeroing ? 0x80 : 0) | length << 5 | (broadcast ? 0x10 : 0) | (vHigh ^ 1) << 3 | (mask == null ? 0 : mask.number()),
                in.opcode);
        rest(broadcast ? in.element : in.memoryBytes(bits / 8));
    }

    /** ModRM and what follows it; {@code scale} is what a displacement of one byte counts in, 0 for single bytes. */
    private void rest(int scale) {
        if (in.form == Form.NONE && in != Instruction.TILERELEASE) return;
        int field = in.form == Form.VM ? in.extension : reg == null ? 0 : reg.number() & 7;
        if (rm == null) out.bytes(in == Instruction.TILERELEASE ? 0xC0 : 0xC0 | field << 3);
        else if (rm instanceof Mem m) out.memory(field, m, Math.max(1, scale), hasImmediate() ? 1 : 0, reg instanceof Tile);
        else out.bytes(0xC0 | field << 3 | ((Operand.Register) rm).number() & 7);
        if (hasImmediate()) out.bytes(immediate & 0xFF);
    }
}
