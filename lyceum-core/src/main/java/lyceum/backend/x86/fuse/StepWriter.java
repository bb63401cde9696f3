package lyceum.backend.x86.fuse;

import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RSP;
import static lyceum.backend.x86.asm.Instruction.*;

import java.util.ArrayDeque;
import java.util.Arrays;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Label;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Operand;
import lyceum.backend.x86.asm.Vec;

/**
 * Writes steps as instructions. The index of the round stands in rcx, the argument block in rdi, the mask of the elements that exist in k1 (or, without
 * mask registers, in a vector); rax, k6, k7 and the last two vectors are scratch.
 */
final class StepWriter {
    static final Mask EXISTING = Mask.K1;
    private static final Mask[] SCRATCH_MASKS = {Mask.K6, Mask.K7};

    private final Assembler out;
    private final Target target;
    private final LaneCode.Shared shared;
    private final Gp[] bases;
    private final int[] elementBytes;
    private final ArrayDeque<Label> joins = new ArrayDeque<>();
    /** True in the part of a loop that meets the end of the row. */
    boolean isTail;

    /** @param bases register of each operand's address, null where it is read from the block; {@code elementBytes} of the operands in memory */
    StepWriter(Assembler out, Target target, LaneCode.Shared shared, Gp[] bases, int[] elementBytes) {
        this.out = out;
        this.target = target;
        this.shared = shared;
        this.bases = bases;
        this.elementBytes = elementBytes;
    }

    int scratch(int i) { return target.vectorRegisters() - 1 - i; }

    // Places.

    private boolean isTable(Value value) { return shared.contents.containsKey(value); }

    private int bits(Value value) {
        return value.isConstant() && !isTable(value) ? Math.min(target.isWide() ? 512 : 256, target.bits(value.laneBits)) : value.bits;
    }

    private Mem slot(Value value) { return Mem.at(RSP, value.slot); }

    /** Where a constant stands: one element, or a table. */
    private Mem home(Value value) {
        if (value.span == Value.Span.ARGUMENT) return Mem.at(RDI, (int) value.data);
        var lanes = shared.contents.get(value);
        if (lanes != null) return value.laneBits == 64 ? out.constants(lanes) : out.constants(Arrays.stream(lanes).mapToInt(l -> (int) l).toArray());
        return value.laneBits == 64 ? out.constants(value.data) : out.constants((int) value.data);
    }

    /** Brings a constant into a register, all of it. */
    void bring(Value value, int register) {
        if (isTable(value)) out.emit(VMOVUPS, Vec.of(register, value.bits), home(value));
        else out.emit(value.laneBits == 64 ? VBROADCASTSD : VBROADCASTSS, Vec.of(register, value.bits), home(value));
    }

    /** The value in a vector register of {@code bits}; scratch number {@code s} if it stands elsewhere. */
    private Vec vector(Value value, int bits, int s) {
        if (value.register >= 0) return Vec.of(value.register, bits);
        if (value.slot < 0) bring(value, scratch(s));
        else out.emit(VMOVUPS, Vec.of(scratch(s), value.bits), slot(value));
        return Vec.of(scratch(s), bits);
    }

    private Vec vector(Value value, int s) { return vector(value, bits(value), s); }

    /** The value as a last source: in a register, or in memory where {@code code} can read it there. */
    private Operand source(Value value, int s, boolean broadcast) {
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

    private Mask mask(Value value, int s) {
        if (value.register >= 0) return Mask.values()[value.register];
        out.emit(KMOVW, SCRATCH_MASKS[s], slot(value));
        return SCRATCH_MASKS[s];
    }

    private Operand.Register register(Value value, int s) { return value.isInMaskRegister() ? mask(value, s) : vector(value, s); }

    private Operand.Register destination(Value value) {
        if (value.isInMaskRegister()) return value.register >= 0 ? Mask.values()[value.register] : SCRATCH_MASKS[0];
        return Vec.of(value.register >= 0 ? value.register : scratch(0), value.bits);
    }

    /** Stores a result that has no register. */
    private void keep(Value value, Operand.Register from) {
        if (value.register >= 0) return;
        if (from instanceof Mask k) {
            out.emit(KMOVW_TO, RAX, k);
            out.mov32(slot(value), RAX);
        } else {
            out.emit(VMOVUPS_STORE, slot(value), (Vec) from);
        }
    }

    private void emit(Instruction code, int immediate, Operand... operands) {
        if (immediate >= 0) out.emit(code, immediate, operands);
        else out.emit(code, operands);
    }

    private void move(Vec to, Value from) {
        if (from.register == to.number()) return;
        if (from.register >= 0) out.emit(VMOVAPS, to, Vec.of(from.register, to.bits()));
        else if (from.slot < 0 && !isTable(from)) out.emit(from.laneBits == 64 ? VBROADCASTSD : VBROADCASTSS, to, home(from));
        else out.emit(VMOVUPS, to, from.slot < 0 ? home(from) : slot(from));
    }

    // Steps.

    void write(Step step) {
        switch (step.kind()) {
            case PLAIN -> plain(step);
            case REGISTERS -> registers(step);
            case LOWER -> lower(step);
            case CHANGE -> change(step);
            case ACCUMULATE -> accumulate(step);
            case FMA -> fma(step);
            case SELECT -> select(step);
            case MOVE -> moveTo(step);
            case MERGE -> merge(step);
            case SKIP -> skip(step);
            case JOIN -> out.bind(joins.pop());
            case LOAD -> load(step);
            case LOAD_ONE -> loadOne(step);
            case GATHER -> gather(step);
            case LOOKUP -> lookup(step);
            case STORE -> store(step);
            case STORE_ONE -> storeOne(step);
            case SCATTER -> scatter(step);
            case INDEX -> index(step);
            case EXISTING -> existing(step);
        }
    }

    private void plain(Step step) {
        var to = destination(step.to());
        if (step.b() == null) {
            emit(step.code(), step.immediate(), to, source(step.a(), 0, step.operand() == Step.BROADCAST));
        } else {
            var a = vector(step.a(), 0);
            emit(step.code(), step.immediate(), to, a, source(step.b(), 1, step.operand() == Step.BROADCAST));
        }
        keep(step.to(), to);
    }

    private void registers(Step step) {
        var to = destination(step.to());
        var a = register(step.a(), 0);
        if (step.b() == null) emit(step.code(), step.immediate(), to, a);
        else emit(step.code(), step.immediate(), to, a, register(step.b(), 1));
        keep(step.to(), to);
    }

    private void lower(Step step) {
        var to = destination(step.to());
        var a = vector(step.a(), step.operand(), 0);
        if (step.b() == null) emit(step.code(), step.immediate(), to, a);
        else emit(step.code(), step.immediate(), to, a, vector(step.b(), 1));
        keep(step.to(), to);
    }

    private void change(Step step) {
        var to = (Vec) destination(step.to());
        move(to, step.a());
        var b = vector(step.b(), 1);
        var c = source(step.c(), 1, true);
        emit(step.code(), step.immediate(), to, b, c);
        keep(step.to(), to);
    }

    private void accumulate(Step step) {
        boolean inRegister = step.to().register >= 0;
        if (!inRegister && !target.isWide()) throw new Unsupported("accumulators without registers");
        var to = Vec.of(inRegister ? step.to().register : scratch(0), step.to().bits);
        if (!inRegister) out.emit(VMOVUPS, to, slot(step.to()));
        boolean masked = isTail && step.immediate() == 1;
        var a = step.a() == step.to() ? to : vector(step.a(), 1);
        var b = step.b() == step.to() ? to : vector(step.b(), 1);
        if (!masked) {
            out.emit(step.code(), to, a, b);
        } else if (target.isWide()) {
            out.emit(step.code(), to.mask(EXISTING), a, b);
        } else {
            var result = Vec.of(scratch(1), to.bits());
            out.emit(step.code(), result, a, b);
            blend(to, existing(step.to().laneBits), result, to);
        }
        if (!inRegister) out.emit(VMOVUPS_STORE, slot(step.to()), to);
    }

    /** {@code to = mask ? x : y} without mask registers. */
    private void blend(Vec to, Vec mask, Vec x, Vec y) { out.emit(VBLENDVPS, to, y, x, mask); }

    private void fma(Step step) {
        Value a = step.a(), b = step.b(), c = step.c();
        if (a.isConstant() && !b.isConstant()) { // a product's constant may stand in memory
            a = step.b();
            b = step.a();
        }
        boolean negative = step.immediate() == 1, wide = step.to().laneBits == 64;
        var to = (Vec) destination(step.to());
        int d = to.number();
        var first = negative ? wide ? VFNMADD213PD : VFNMADD213PS : wide ? VFMADD213PD : VFMADD213PS;
        var last = negative ? wide ? VFNMADD231PD : VFNMADD231PS : wide ? VFMADD231PD : VFMADD231PS;
        if (c.register == d) {
            var x = vector(a, 0);
            out.emit(last, to, x, source(b, 1, true));
        } else if (a.register == d) {
            var y = vector(b, 1);
            out.emit(first, to, y, source(c, 0, true));
        } else if (b.register == d) {
            var x = vector(a, 1);
            out.emit(first, to, x, source(c, x.number() == scratch(1) ? 0 : 1, true));
        } else {
            move(to, c);
            var x = vector(a, 1);
            out.emit(last, to, x, source(b, 1, true));
        }
        keep(step.to(), to);
    }

    private void select(Step step) {
        var to = (Vec) destination(step.to());
        boolean wide = step.to().laneBits == 64;
        if (target.isWide()) {
            var k = mask(step.a(), 0);
            var otherwise = vector(step.c(), to.bits(), 0);
            out.emit(wide ? VBLENDMPD : VBLENDMPS, to.mask(k), otherwise, source(step.b(), 1, true));
        } else {
            // The mask in scratch 0, the second choice in scratch 1, the first in memory.
            var k = vector(step.a(), 0);
            var otherwise = vector(step.c(), to.bits(), 1);
            out.emit(wide ? VBLENDVPD : VBLENDVPS, to, otherwise, source(step.b(), 1, false), k.as(to.bits()));
        }
        keep(step.to(), to);
    }

    private void moveTo(Step step) {
        var to = (Vec) destination(step.to());
        move(to, step.a());
        keep(step.to(), to);
    }

    private void merge(Step step) {
        boolean inRegister = step.to().register >= 0;
        var to = Vec.of(inRegister ? step.to().register : scratch(0), step.to().bits);
        if (!inRegister) out.emit(VMOVUPS, to, slot(step.to()));
        boolean masked = isTail && step.immediate() == 1, wide = step.to().laneBits == 64;
        if (target.isWide()) {
            var k = mask(step.a(), 0);
            if (masked) {
                out.emit(KANDW, Mask.K7, k, EXISTING);
                k = Mask.K7;
            }
            out.emit(wide ? VBLENDMPD : VBLENDMPS, to.mask(k), to, vector(step.b(), to.bits(), 1));
        } else {
            var k = vector(step.a(), 1);
            if (masked) {
                var both = Vec.of(scratch(1), to.bits());
                out.emit(VPAND, both, k.as(to.bits()), existing(step.to().laneBits));
                k = both;
            }
            if (step.b().register < 0) throw new Unsupported("merging what has no register");
            blend(to, k.as(to.bits()), Vec.of(step.b().register, to.bits()), to);
        }
        if (!inRegister) out.emit(VMOVUPS_STORE, slot(step.to()), to);
    }

    private void skip(Step step) {
        var join = out.label();
        joins.push(join);
        if (target.isWide()) {
            var k = mask(step.a(), 0);
            out.emit(KORTESTW, k, k);
        } else {
            var k = vector(step.a(), 0);
            out.emit(VPTEST, k, k);
        }
        out.jump(Condition.E, join);
    }

    // Memory.

    private Gp base(int operand) {
        if (bases[operand] != null) return bases[operand];
        out.mov(RAX, ArgumentBlock.address(operand));
        return RAX;
    }

    private Mem elements(int operand, int shift) {
        int bytes = elementBytes[operand];
        return Mem.at(base(operand), RCX, bytes, shift * bytes);
    }

    /** The lanes that exist, without mask registers. */
    private Vec existing(int laneBits) {
        var words = Vec.of(tailRegister(), target.bits(32));
        if (laneBits == 32) return words;
        if (target.bits(32) != 128) throw new Unsupported("halves beyond the end");
        out.emit(VPMOVSXDQ, Vec.of(scratch(0), 256), words);
        return Vec.of(scratch(0), 256);
    }

    /** Without mask registers: where the lanes that exist stand. */
    int tailRegister() { return scratch(Allocation.SCRATCH); }

    private void load(Step step) {
        var to = (Vec) destination(step.to());
        var from = elements(step.operand(), step.shift());
        if (!isTail) emit(step.code(), step.immediate(), to, from);
        else if (target.isWide()) emit(step.code(), step.immediate(), to.mask(EXISTING).zeroing(), from);
        else out.emit(step.to().laneBits == 64 ? VMASKMOVPD : VMASKMOVPS, to, existing(step.to().laneBits), from);
        keep(step.to(), to);
    }

    private void loadOne(Step step) {
        var to = (Vec) destination(step.to());
        out.emit(step.code(), to, Mem.at(base(step.operand())));
        keep(step.to(), to);
    }

    /** rax = address of the first element of a round whose elements lie apart. */
    private void apart(int operand, int shift) {
        out.lea(RAX, Mem.at(RCX, shift));
        out.imul(RAX, ArgumentBlock.distance(operand));
        out.imul(RAX, RAX, elementBytes[operand]);
        if (bases[operand] != null) out.add(RAX, bases[operand]);
        else out.add(RAX, ArgumentBlock.address(operand));
    }

    private void gather(Step step) {
        // The result must not be its own index or mask: it is made in scratch 0.
        var to = Vec.of(scratch(0), step.to().bits);
        var index = vector(step.a(), Math.max(128, target.bits(32)), 1);
        apart(step.operand(), step.shift());
        var from = Mem.at(RAX, index, elementBytes[step.operand()]);
        if (target.isWide()) {
            if (isTail) out.emit(VXORPS, to, to, to);
            if (isTail) out.emit(KORW, Mask.K7, EXISTING, EXISTING);
            else out.emit(KXNORW, Mask.K7, Mask.K7, Mask.K7);
            out.emit(step.code(), to.mask(Mask.K7), from);
        } else {
            throw new Unsupported("gathers without mask registers");
        }
        if (step.to().register >= 0) out.emit(VMOVAPS, Vec.of(step.to().register, to.bits()), to);
        else keep(step.to(), to);
    }

    private void lookup(Step step) {
        boolean wide = step.to().laneBits == 64;
        var to = (Vec) destination(step.to());
        var given = vector(step.a(), 1);
        var index = Vec.of(scratch(1), Math.max(128, wide ? to.bits() / 2 : to.bits()));
        if (step.to().register < 0) throw new Unsupported("a lookup without a register");
        if (!wide) {
            if (given.number() != index.number()) out.emit(VMOVAPS, index, given);
        } else if (target.isWide()) {
            out.emit(VPMOVQD, index, given);
        } else {
            out.emit(VEXTRACTF128, 1, Vec.xmm(scratch(0)), given);
            out.emit(VSHUFPS, 0x88, index, given.as(128), Vec.xmm(scratch(0)));
        }
        out.lea(RAX, home(step.b()));
        var from = Mem.at(RAX, index, wide ? 8 : 4);
        if (target.isWide()) {
            out.emit(KXNORW, Mask.K7, Mask.K7, Mask.K7);
            out.emit(step.code(), to.mask(Mask.K7), from);
        } else {
            var all = Vec.of(scratch(0), to.bits());
            out.emit(VPCMPEQD, all, all, all);
            out.emit(step.code(), to, from, all);
        }
    }

    private void store(Step step) {
        int bits = target.bits(step.a().laneBits);
        var from = vector(step.a(), bits, 1);
        var to = elements(step.operand(), step.shift());
        if (!isTail) emit(step.code(), step.immediate(), to, from);
        else if (target.isWide()) emit(step.code(), step.immediate(), to.mask(EXISTING), from);
        else out.emit(step.a().laneBits == 64 ? VMASKMOVPD_STORE : VMASKMOVPS_STORE, to, existing(step.a().laneBits), from);
    }

    private void storeOne(Step step) {
        var from = vector(step.a(), target.bits(step.a().laneBits), 1);
        if (step.code() == VMOVUPS_STORE || step.code() == VMOVUPD_STORE) {
            out.emit(step.code() == VMOVUPS_STORE ? VMOVSS_STORE : VMOVSD_STORE, Mem.at(base(step.operand())), from.as(128));
            return;
        }
        out.mov(RAX, 1);
        out.emit(KMOVW_FROM, Mask.K7, RAX);
        emit(step.code(), step.immediate(), Mem.at(base(step.operand())).mask(Mask.K7), from);
    }

    private void scatter(Step step) {
        var from = vector(step.a(), target.bits(step.a().laneBits), 0);
        var index = vector(step.b(), target.bits(32), 1);
        apart(step.operand(), step.shift());
        if (isTail) out.emit(KORW, Mask.K7, EXISTING, EXISTING);
        else out.emit(KXNORW, Mask.K7, Mask.K7, Mask.K7);
        out.emit(step.code(), Mem.at(RAX, index, elementBytes[step.operand()]).mask(Mask.K7), from);
    }

    private void index(Step step) {
        var to = (Vec) destination(step.to());
        out.lea(RAX, Mem.at(RCX, step.shift()));
        out.add(RAX, Mem.at(RDI, ArgumentBlock.NUMBER));
        out.emit(VPBROADCASTQ_GP, to, RAX);
        keep(step.to(), to);
    }

    private void existing(Step step) {
        var to = (Vec) destination(step.to());
        if (!isTail) {
            move(to, step.a());
        } else if (target.isWide()) {
            out.emit(VMOVAPS, to.mask(EXISTING).zeroing(), vector(step.a(), to.bits(), 1));
        } else {
            out.emit(VANDPS, to, vector(step.a(), to.bits(), 1), existing(32));
        }
        keep(step.to(), to);
    }
}
