package lyceum.backend.x86.fuse;

import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RSP;
import static lyceum.backend.x86.asm.Instruction.*;

import java.util.Arrays;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Operand;
import lyceum.backend.x86.asm.Vec;

/** Where values stand, as operands: in a register, in the stack frame, behind the code, or in the argument block. */
abstract class Places {
    private static final Mask[] SCRATCH_MASKS = {Mask.K6, Mask.K7};

    final Assembler out;
    /** Of the list of steps that is written. */
    Target target;
    private final LaneCode.Shared shared;

    Places(Assembler out, Target target, LaneCode.Shared shared) {
        this.out = out;
        this.target = target;
        this.shared = shared;
    }

    int scratch(int i) { return target.vectorRegisters() - 1 - i; }

    private boolean isTable(Value value) { return shared.contents.containsKey(value); }

    int bits(Value value) {
        if (value.isConstant()) return isTable(value) ? value.bits : Math.min(target.isWide() ? 512 : 256, target.bits(value.laneBits));
        return value.span == Value.Span.GLOBAL && !value.isMask ? Math.min(value.bits, target.bits(value.laneBits)) : value.bits; // a row's number stands in more lanes than some loops have
    }

    Mem slot(Value value) { return Mem.at(RSP, value.slot); }

    /** Where a constant stands: one element, or a table. */
    Mem home(Value value) {
        if (value.span == Value.Span.ARGUMENT) return Mem.at(RDI, (int) value.data);
        var lanes = shared.contents.get(value);
        if (lanes != null)
            return value.laneBits == 64 ? out.constants(lanes) : out.constants(Arrays.stream(lanes).mapToInt(l -> (int) l).toArray());
        return value.laneBits == 64 ? out.constants(value.data) : out.constants((int) value.data);
    }

    /** Brings a constant into a register, all of it. */
    void bring(Value value, int register) {
        if (isTable(value)) out.emit(VMOVUPS, Vec.of(register, value.bits), home(value));
        else out.emit(value.laneBits == 64 ? VBROADCASTSD : VBROADCASTSS, Vec.of(register, value.bits), home(value));
    }

    /** The value in a vector register of {@code bits}; scratch number {@code s} if it stands elsewhere. */
    Vec vector(Value value, int bits, int s) {
        if (value.register >= 0) return Vec.of(value.register, bits);
        if (value.slot < 0) bring(value, scratch(s));
        else out.emit(VMOVUPS, Vec.of(scratch(s), value.bits), slot(value));
        return Vec.of(scratch(s), bits);
    }

    Vec vector(Value value, int s) { return vector(value, bits(value), s); }

    /** The value as a last source: in a register, or in memory where {@code code} can read it there. */
    Operand source(Value value, int s, boolean broadcast) {
        if (value.register >= 0) return Vec.of(value.register, bits(value));
        if (value.slot >= 0) return slot(value);
        if (isTable(value)) return home(value);
        if (broadcast && target.isWide()) return home(value).broadcast();
        if (!target.isWide() && value.span == Value.Span.NUMBER) {
            var lanes = new int[8];
            for (int i = 0; i < 8; i++) lanes[i] = (int) (value.laneBits == 32 ? value.data : value.data >>> 32 * (i & 1));
            return out.constants(lanes);
        }
        return vector(value, s);
    }

    Mask mask(Value value, int s) {
        if (value.register >= 0) return Mask.values()[value.register];
        out.emit(KMOVW, SCRATCH_MASKS[s], slot(value));
        return SCRATCH_MASKS[s];
    }

    Operand.Register register(Value value, int s) { return value.isInMaskRegister() ? mask(value, s) : vector(value, s); }

    Operand.Register destination(Value value) {
        if (value.isInMaskRegister()) return value.register >= 0 ? Mask.values()[value.register] : SCRATCH_MASKS[0];
        return Vec.of(value.register >= 0 ? value.register : scratch(0), value.bits);
    }

    /** Stores a result that has no register. */
    void keep(Value value, Operand.Register from) {
        if (value.register >= 0) return;
        if (from instanceof Mask k) {
            out.emit(KMOVW_TO, RAX, k);
            out.mov32(slot(value), RAX);
        } else {
            out.emit(VMOVUPS_STORE, slot(value), (Vec) from);
        }
    }

    void emit(Instruction code, int immediate, Operand... operands) {
        if (immediate >= 0) out.emit(code, immediate, operands);
        else out.emit(code, operands);
    }

    void move(Vec to, Value from) {
        if (from.register == to.number()) return;
        if (from.register >= 0) out.emit(VMOVAPS, to, Vec.of(from.register, to.bits()));
        else if (from.slot < 0 && !isTable(from)) out.emit(from.laneBits == 64 ? VBROADCASTSD : VBROADCASTSS, to, home(from));
        else out.emit(VMOVUPS, to, from.slot < 0 ? home(from) : slot(from));
    }
}
