package lyceum.backend.x86.fuse;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.code.Geometry;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/**
 * The frame of a kernel: entry and exit, the loop over rows, and in it for each level the steps of a row and the loop over its elements, whose last
 * round is masked. rdi holds the argument block throughout, rdx the elements of a row, rcx the index, r8 where whole rounds end.
 */
final class KernelWriter {
    private static final Gp[] FREE = {R9, R10, R11, RSI}, SAVED = {RBX, R12, R13, R14, R15};
    /** Rounds of a block: as many results of one lane, or twice, add up in F32 before they are widened. */
    private static final int BLOCK = 32;

    private final ProgramCode code;
    private final Assembler out;
    private final Allocation places;
    private final StepWriter writer;
    private final Gp[] bases;
    private final List<Gp> pushed = new ArrayList<>();

    private KernelWriter(ProgramCode code, Assembler out) {
        this.code = code;
        this.out = out;
        this.places = new Allocation(code);
        int operands = code.block.operands();
        var bytes = new int[operands];
        bases = new Gp[operands];
        var program = code.structure.program();
        for (int r = 0; r < program.length(); r++)
            if (program.at(r).op() == Op.LOAD) bytes[(int) program.at(r).immediate()] = program.at(r).type().bytes();
        for (int i = 0; i < program.outputs(); i++) bytes[code.structure.inputs() + i] = program.at(program.output(i)).type().bytes();
        var kept = code.keptBytes();
        for (int i = 0; i < kept.length; i++) bytes[code.structure.kinds().length + i] = (int) kept[i];
        int next = 0;
        for (int i = 0; i < operands; i++) {
            boolean inLoop = i >= code.structure.kinds().length || code.structure.kinds()[i] != Geometry.ONE;
            if (!inLoop || next >= FREE.length + SAVED.length) continue;
            bases[i] = next < FREE.length ? FREE[next] : SAVED[next - FREE.length];
            if (next >= FREE.length) pushed.add(bases[i]);
            next++;
        }
        writer = new StepWriter(out, code.target, code.shared, bases, bytes);
    }

    static Assembler.Code write(ProgramCode code, Assembler out) {
        new KernelWriter(code, out).kernel();
        return out.finish();
    }

    private void kernel() {
        for (var register : pushed) out.push(register);
        if (places.frame() > 0) {
            out.push(RBP);
            out.mov(RBP, RSP);
            out.and(RSP, -64);
            out.sub(RSP, places.frame());
        }
        for (var value : code.shared.globals) {
            if (!value.isConstant()) continue;
            if (value.register >= 0) {
                writer.bring(value, value.register);
            } else if (value.slot >= 0) {
                writer.bring(value, writer.scratch(0));
                out.emit(VMOVUPS_STORE, Mem.at(RSP, value.slot), Vec.of(writer.scratch(0), value.bits));
            }
        }
        out.mov(RDX, Mem.at(RDI, ArgumentBlock.COUNT));
        var row = out.bind(out.label());
        for (int i = 0; i < bases.length; i++) if (bases[i] != null) out.mov(bases[i], ArgumentBlock.address(i));
        for (int level = 0; level < code.loops.size(); level++) {
            writer.target = code.once.get(level).target;
            for (var step : code.once.get(level).steps) writer.write(step);
            if (code.loops.get(level) != null) loop(code.loops.get(level));
        }
        if (!code.structure.isOneRow()) {
            nextRow();
            out.jump(Condition.NE, row);
        }
        if (places.frame() > 0) {
            out.mov(RSP, RBP);
            out.pop(RBP);
        }
        for (var register : pushed.reversed()) out.pop(register);
        out.vzeroupper();
        out.ret();
    }

    private void nextRow() {
        out.mov(RAX, Mem.at(RDI, ArgumentBlock.NUMBER));
        out.add(RAX, Mem.at(RDI, ArgumentBlock.NUMBER_STEP));
        out.mov(Mem.at(RDI, ArgumentBlock.NUMBER), RAX);
        for (int i = 0; i < code.block.operands(); i++) {
            out.mov(RAX, ArgumentBlock.address(i));
            out.add(RAX, ArgumentBlock.rowBytes(i));
            out.mov(ArgumentBlock.address(i), RAX);
        }
        out.mov(RAX, Mem.at(RDI, ArgumentBlock.ROWS));
        out.sub(RAX, 1);
        out.mov(Mem.at(RDI, ArgumentBlock.ROWS), RAX);
    }

    private void loop(ProgramCode.Loop loop) {
        var target = loop.single().target;
        writer.target = target;
        out.xor(RCX, RCX);
        rounds(loop.round(), loop.betweenBlocks(), loop.vectors() * target.lanes());
        if (loop.single() != loop.round()) rounds(loop.single(), null, target.lanes());
        var done = out.label();
        out.mov(RAX, RDX);
        out.sub(RAX, RCX);
        out.jump(Condition.E, done);
        maskTail(target);
        writer.isTail = true;
        for (var step : loop.single().steps) writer.write(step);
        writer.isTail = false;
        out.bind(done);
    }

    /** Whole rounds of {@code elements}, a power of two; with something to do between them, in blocks. */
    private void rounds(LaneCode body, LaneCode betweenBlocks, int elements) {
        var end = out.label();
        wholeRounds(R8, elements);
        out.cmp(RCX, R8);
        out.jump(Condition.AE, end);
        var block = out.bind(out.label());
        if (betweenBlocks != null) {
            out.lea(RAX, Mem.at(RCX, BLOCK * elements));
            out.cmp(R8, RAX);
            out.cmov(Condition.A, R8, RAX);
        }
        out.align(32);
        var head = out.bind(out.label());
        for (var step : body.steps) writer.write(step);
        out.add(RCX, elements);
        out.cmp(RCX, R8);
        out.jump(Condition.B, head);
        if (betweenBlocks != null) {
            wholeRounds(R8, elements);
            out.cmp(RCX, R8);
            out.jump(Condition.AE, end);
            for (var step : betweenBlocks.steps) writer.write(step);
            out.jump(block);
        }
        out.bind(end);
    }

    /** {@code to} = where they end. */
    private void wholeRounds(Gp to, int elements) {
        out.mov(to, RDX);
        out.and(to, -elements);
    }

    /** The first rax lanes. */
    private void maskTail(Target target) {
        if (target.isWide()) {
            out.mov(R8, -1);
            out.bzhi(R8, R8, RAX);
            out.emit(KMOVD_FROM, StepWriter.EXISTING, R8);
            return;
        }
        int lanes = target.lanes();
        var words = new int[2 * lanes];
        Arrays.fill(words, 0, lanes, -1);
        out.neg(RAX);
        out.lea(R8, out.constants(words));
        out.emit(VMOVUPS, Vec.of(writer.tailRegister(), target.bits(32)), Mem.at(R8, RAX, 4, 4 * lanes));
    }
}
