package lyceum.backend.x86.fuse;

import static lyceum.backend.x86.asm.Instruction.*;

import java.util.ArrayDeque;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Label;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Vec;

/**
 * Writes steps as instructions. The index of the round stands in rcx, the argument block in rdi, the mask of the elements that exist in k1 (or, without
 * mask registers, in a vector); rax, k6, k7 and the last two vectors are scratch.
 */
final class StepWriter extends MemoryWriter {
    private final ArrayDeque<Label> joins = new ArrayDeque<>();

    StepWriter(Assembler out, Target target, LaneCode.Shared shared, Gp[] bases, int[] elementBytes) {
        super(out, target, shared, bases, elementBytes);
    }

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
            case FETCH -> fetch(step);
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
        var to = Vec.of(inRegister ? step.to().register : scratch(0), step.to().bits);
        if (!inRegister) out.emit(VMOVUPS, to, slot(step.to()));
        boolean masked = isTail && step.immediate() == 1;
        if (masked && !inRegister && !target.isWide()) throw new Unsupported("accumulators without registers");
        boolean sumsProducts = step.code() == VFMADD231PD || step.code() == VFMADD231PS;
        var a = step.a() == step.to() ? to : vector(step.a(), masked && !target.isWide() ? 0 : 1);
        var b = step.b() == step.to() ? to : sumsProducts ? source(step.b(), 1, false) : vector(step.b(), 1);
        if (!masked) {
            out.emit(step.code(), to, a, b);
        } else if (target.isWide()) {
            out.emit(step.code(), to.mask(EXISTING), a, b);
        } else {
            var result = Vec.of(scratch(1), to.bits());
            if (sumsProducts) out.emit(VMOVAPS, result, to);
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
}
