package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;

import lyceum.DType;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Label;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Generates copies of lines that change the elements: widened to the type in which they are multiplied, or bytes shifted by 128.
 *
 * <p>Arguments: rdi source, rsi bytes from line to line of it, rdx target, rcx bytes from line to line of that, r8 lines, r9 elements of a line.
 */
final class LineKernel {
    private final Assembler a;
    private final int bits;
    private final boolean wide;

    /** F16 and BF16 to F32, I8 and U8 to I32. */
    record Widen(DType type) implements KernelForm {
        @Override public String name(Cpu cpu) { return "widen " + type; }

        @Override public void write(Assembler a, Cpu cpu) { new LineKernel(a, cpu).widen(type); }
    }

    /** Bytes with 128 added; lines of the target have room for whole vectors, whose rest becomes 128. With AVX-512 only. */
    record Flip() implements KernelForm {
        @Override public String name(Cpu cpu) { return "flip"; }

        @Override public void write(Assembler a, Cpu cpu) { new LineKernel(a, cpu).flip(); }
    }

    private LineKernel(Assembler a, Cpu cpu) {
        this.a = a;
        this.bits = cpu.vectorBits();
        this.wide = cpu.has(Feature.AVX512);
    }

    private void widen(DType type) {
        int lanes = bits / 32, element = type.bytes();
        var line = a.bind(a.label());
        var rest = a.label();
        var next = a.label();
        start(lanes, rest);
        var loop = a.bind(a.label());
        widened(type, Vec.of(0, bits), Mem.at(R10));
        a.emit(Instruction.VMOVUPS_STORE, Mem.at(R11), Vec.of(0, bits));
        advance(lanes * element, lanes, loop);
        a.bind(rest);
        a.add(RAX, lanes);
        a.jump(Condition.E, next);
        if (wide) {
            lanesBelow(RAX, 16, false);
            widened(type, Vec.zmm(0).mask(Mask.K1).zeroing(), Mem.at(R10));
            a.emit(Instruction.VMOVUPS_STORE, Mem.at(R11).mask(Mask.K1), Vec.zmm(0));
        } else {
            var single = a.bind(a.label());
            oneByOne(type);
            a.add(R10, element);
            a.add(R11, 4);
            a.sub(RAX, 1);
            a.jump(Condition.NE, single);
        }
        a.bind(next);
        end(a, line);
    }

    private void widened(DType type, Vec to, Mem from) {
        switch (type) {
            case F16 -> a.emit(Instruction.VCVTPH2PS, to, from);
            case BF16 -> {
                a.emit(Instruction.VPMOVZXWD, to, from);
                a.emit(Instruction.VPSLLD, 16, to.as(bits), to.as(bits));
            }
            case I8 -> a.emit(Instruction.VPMOVSXBD, to, from);
            default -> a.emit(Instruction.VPMOVZXBD, to, from);
        }
    }

    private void oneByOne(DType type) {
        if (type.bytes() == 2) a.movzx16(R9, Mem.at(R10));
        else a.movzx8(R9, Mem.at(R10));
        if (type == DType.BF16) a.shl(R9, 16);
        if (type == DType.I8) {
            a.shl(R9, 56);
            a.sar(R9, 56);
        }
        if (type == DType.F16) {
            a.emit(Instruction.VMOVQ_FROM, Vec.xmm(0), R9);
            a.emit(Instruction.VCVTPH2PS, Vec.xmm(0), Vec.xmm(0));
            a.emit(Instruction.VMOVSS_STORE, Mem.at(R11), Vec.xmm(0));
        } else {
            a.mov32(Mem.at(R11), R9);
        }
    }

    private void flip() {
        a.emit(Instruction.VPBROADCASTD, Vec.zmm(1), a.constants(0x80808080));
        var line = a.bind(a.label());
        var rest = a.label();
        var next = a.label();
        start(64, rest);
        var loop = a.bind(a.label());
        a.emit(Instruction.VPXORD, Vec.zmm(0), Vec.zmm(1), Mem.at(R10));
        a.emit(Instruction.VMOVUPS_STORE, Mem.at(R11), Vec.zmm(0));
        advance(64, 64, loop);
        a.bind(rest);
        a.add(RAX, 64);
        a.jump(Condition.E, next);
        lanesBelow(RAX, 64, true);
        a.emit(Instruction.VMOVDQU8, Vec.zmm(0).mask(Mask.K1).zeroing(), Mem.at(R10));
        a.emit(Instruction.VPXORD, Vec.zmm(0), Vec.zmm(0), Vec.zmm(1));
        a.emit(Instruction.VMOVUPS_STORE, Mem.at(R11), Vec.zmm(0));
        a.bind(next);
        end(a, line);
    }

    /** The elements of a line are counted in rax, less those of a vector; for fewer it goes on at {@code rest}. The number is kept on the stack. */
    private void start(int lanes, Label rest) {
        a.push(R9);
        a.mov(R10, RDI);
        a.mov(R11, RDX);
        a.mov(RAX, R9);
        a.sub(RAX, lanes);
        a.jump(Condition.L, rest);
    }

    private void advance(int source, int lanes, Label loop) {
        a.add(R10, source);
        a.add(R11, bits / 8);
        a.sub(RAX, lanes);
        a.jump(Condition.GE, loop);
    }

    private void lanesBelow(Gp count, int lanes, boolean bytes) {
        a.mov(R9, lanes == 64 ? -1 : (1L << lanes) - 1);
        a.bzhi(R9, R9, count);
        a.emit(bytes ? Instruction.KMOVQ_FROM : Instruction.KMOVW_FROM, Mask.K1, R9);
    }

    /** The next line, if there is one; r9 was pushed at its start. */
    static void end(Assembler a, Label line) {
        a.pop(R9);
        a.add(RDI, RSI);
        a.add(RDX, RCX);
        a.sub(R8, 1);
        a.jump(Condition.NE, line);
        a.vzeroupper();
        a.ret();
    }
}
