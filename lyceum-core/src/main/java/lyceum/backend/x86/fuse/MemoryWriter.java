package lyceum.backend.x86.fuse;

import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Instruction.*;

import java.util.function.IntConsumer;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/** Loads and stores. In the part of a loop that meets the end of the row they touch only elements that exist. */
abstract class MemoryWriter extends Places {
    static final Mask EXISTING = Mask.K1;

    private final Gp[] bases;
    private final int[] elementBytes;
    /** True in the part of a loop that meets the end of the row. */
    boolean isTail;

    /** @param bases register of each operand's address, null where it is read from the block; {@code elementBytes} of the operands in memory */
    MemoryWriter(Assembler out, Target target, LaneCode.Shared shared, Gp[] bases, int[] elementBytes) {
        super(out, target, shared);
        this.bases = bases;
        this.elementBytes = elementBytes;
    }

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
    Vec existing(int laneBits) {
        var words = Vec.of(tailRegister(), target.bits(32));
        if (laneBits == 32) return words;
        if (target.bits(32) != 128) throw new Unsupported("halves beyond the end");
        out.emit(VPMOVSXDQ, Vec.of(scratch(0), 256), words);
        return Vec.of(scratch(0), 256);
    }

    /** Without mask registers: where the lanes that exist stand. */
    int tailRegister() { return scratch(Allocation.SCRATCH); }

    void load(Step step) {
        var to = (Vec) destination(step.to());
        var from = elements(step.operand(), step.shift());
        if (!isTail) emit(step.code(), step.immediate(), to, from);
        else if (target.isWide()) emit(step.code(), step.immediate(), to.mask(EXISTING).zeroing(), from);
        else if (elementBytes[step.operand()] < 4) emit(step.code(), step.immediate(), to, collected(from, elementBytes[step.operand()]));
        else out.emit(step.to().laneBits == 64 ? VMASKMOVPD : VMASKMOVPS, to, existing(step.to().laneBits), from);
        keep(step.to(), to);
    }

    /** The narrow elements that exist, one by one: without mask registers nothing else stops at the end. */
    private Vec collected(Mem from, int bytes) {
        var all = Vec.xmm(scratch(0));
        out.emit(VPXOR, all, all, all);
        eachExisting(i -> out.emit(bytes == 2 ? VPINSRW : VPINSRB, i, all, all, from.plus(i * bytes)));
        return all;
    }

    /** Code for each element of the round, passed over from the first one that does not exist. */
    private void eachExisting(IntConsumer element) {
        var end = out.label();
        out.mov(R8, RDX);
        out.sub(R8, RCX);
        for (int i = 0; i < target.lanes() - 1; i++) {
            out.cmp(R8, i);
            out.jump(Condition.BE, end);
            element.accept(i);
        }
        out.bind(end);
    }

    void loadOne(Step step) {
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

    void gather(Step step) {
        // The result must not be its own index or mask: it is made in scratch 0.
        var to = Vec.of(scratch(0), step.to().bits);
        var index = vector(step.a(), Math.max(128, target.bits(32)), 1);
        apart(step.operand(), step.shift());
        var from = Mem.at(RAX, index, elementBytes[step.operand()]);
        if (!target.isWide()) {
            gatherByVectors(step, from);
            return;
        }
        if (isTail) out.emit(VXORPS, to, to, to);
        if (isTail) out.emit(KORW, Mask.K7, EXISTING, EXISTING);
        else out.emit(KXNORW, Mask.K7, Mask.K7, Mask.K7);
        out.emit(step.code(), to.mask(Mask.K7), from);
        if (step.to().register >= 0) out.emit(VMOVAPS, Vec.of(step.to().register, to.bits()), to);
        else keep(step.to(), to);
    }

    /** With the lanes to be read in scratch 0, which the instruction clears. */
    private void gatherByVectors(Step step, Mem from) {
        if (step.to().register < 0) throw new Unsupported("a gather without a register");
        Vec to = Vec.of(step.to().register, step.to().bits), lanes = Vec.of(scratch(0), to.bits());
        if (isTail) {
            out.emit(VXORPS, to, to, to);
            out.emit(VMOVAPS, lanes, existing(step.to().laneBits));
        } else {
            out.emit(VPCMPEQD, lanes, lanes, lanes);
        }
        out.emit(step.code(), to, from, lanes);
    }

    void lookup(Step step) {
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

    void store(Step step) {
        int bytes = elementBytes[step.operand()];
        boolean isPacked = bytes < 4 && !target.isWide();
        var from = vector(step.a(), isPacked ? 128 : target.bits(step.a().laneBits), 1);
        var to = elements(step.operand(), step.shift());
        if (!isTail) emit(step.code(), step.immediate(), to, from);
        else if (target.isWide()) emit(step.code(), step.immediate(), to.mask(EXISTING), from);
        else if (isPacked) eachExisting(i -> out.emit(bytes == 2 ? VPEXTRW : VPEXTRB, i, to.plus(i * bytes), from));
        else out.emit(step.a().laneBits == 64 ? VMASKMOVPD_STORE : VMASKMOVPS_STORE, to, existing(step.a().laneBits), from);
    }

    void fetch(Step step) { if (!isTail) out.prefetchWrite(elements(step.operand(), step.shift())); }

    void storeOne(Step step) {
        var from = vector(step.a(), target.bits(step.a().laneBits), 1);
        if (step.code() == VMOVUPS_STORE || step.code() == VMOVUPD_STORE) {
            out.emit(step.code() == VMOVUPS_STORE ? VMOVSS_STORE : VMOVSD_STORE, Mem.at(base(step.operand())), from.as(128));
            return;
        }
        if (!target.isWide()) {
            out.emit(elementBytes[step.operand()] == 2 ? VPEXTRW : VPEXTRB, 0, Mem.at(base(step.operand())), from.as(128));
            return;
        }
        out.mov(RAX, 1);
        out.emit(KMOVW_FROM, Mask.K7, RAX);
        emit(step.code(), step.immediate(), Mem.at(base(step.operand())).mask(Mask.K7), from);
    }

    void scatter(Step step) {
        var from = vector(step.a(), target.bits(step.a().laneBits), 0);
        var index = vector(step.b(), target.bits(32), 1);
        apart(step.operand(), step.shift());
        if (isTail) out.emit(KORW, Mask.K7, EXISTING, EXISTING);
        else out.emit(KXNORW, Mask.K7, Mask.K7, Mask.K7);
        out.emit(step.code(), Mem.at(RAX, index, elementBytes[step.operand()]).mask(Mask.K7), from);
    }

    void index(Step step) {
        var to = (Vec) destination(step.to());
        out.lea(RAX, Mem.at(RCX, step.shift()));
        out.add(RAX, Mem.at(RDI, ArgumentBlock.NUMBER));
        if (target.isWide()) {
            out.emit(VPBROADCASTQ_GP, to, RAX);
        } else {
            out.emit(VMOVQ_FROM, to.as(128), RAX);
            out.emit(VPBROADCASTQ, to, to.as(128));
        }
        keep(step.to(), to);
    }

    void existing(Step step) {
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
