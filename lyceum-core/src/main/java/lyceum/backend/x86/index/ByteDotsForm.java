package lyceum.backend.x86.index;

import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Integer dot products of signed bytes with rows of them all over memory. Arguments: rdi the vector, rsi addresses of rows, rdx their number, at least one, rcx numbers
 * of a row, r8 where the sums go, r9 how many addresses follow, of what is read next.
 */
record ByteDotsForm() implements KernelForm {
    private static final Vec SUM = Vec.ymm(0), TERM = Vec.ymm(1), OTHER = Vec.ymm(2), REST = Vec.ymm(3), CONSTANT = Vec.ymm(4),
            START = Vec.ymm(5);

    @Override public String name(Cpu cpu) { return "integer dot products of rows of bytes"; }

    @Override public void write(Assembler a, Cpu cpu) {
        RowDotsCode.prefetch(a);
        boolean wide = cpu.has(Feature.VNNI) && cpu.has(Feature.AVX512);
        if (wide) {
            startWide(a);
        } else {
            a.mov(R9, RCX);
            a.and(R9, -32);
            a.emit(Instruction.VPBROADCASTD, CONSTANT, a.constants(0x00010001));
        }
        RowDotsCode.each(a, () -> {
            if (wide) wide(a);
            else narrow(a);
            sum(a);
            a.emit(Instruction.VMOVD_STORE, Mem.at(R8), SUM.as(128));
        });
    }

    /**
     * The first factor of vpdpbusd has no sign: it gets the row's numbers with 128 added to each (their highest bit turned), and sums start at what that adds too much,
     * -128 times the vector's sum. The vector's end stands in a register, zeros behind it.
     */
    private static void startWide(Assembler a) {
        Vec start = START.as(512), constant = CONSTANT.as(512), rest = REST.as(512), term = TERM.as(512);
        a.mov(R9, RCX);
        a.and(R9, -64);
        a.mov(R10, RCX);
        a.and(R10, 63);
        a.mov(RAX, -1);
        a.bzhi(R11, RAX, R10);
        a.emit(Instruction.KMOVQ_FROM, Mask.K1, R11);
        a.emit(Instruction.VMOVDQU8, rest.mask(Mask.K1).zeroing(), Mem.at(RDI, R9, 1));
        a.emit(Instruction.VPBROADCASTD, constant, a.constants(0x80808080));
        a.emit(Instruction.VPXORD, start, start, start);
        a.emit(Instruction.VPXORD, term, term, term);
        a.emit(Instruction.VPDPBUSD, term, constant, rest);
        a.xor(R10, R10);
        RowDotsCode.loop(a, R9, () -> {
            a.emit(Instruction.VPDPBUSD, term, constant, Mem.at(RDI, R10, 1));
            a.add(R10, 64);
        });
        a.emit(Instruction.VPSUBD, start, start, term);
    }

    private static void wide(Assembler a) {
        Vec sum = SUM.as(512), constant = CONSTANT.as(512), rest = REST.as(512), term = TERM.as(512);
        var whole = a.label();
        a.emit(Instruction.VMOVDQU32, sum, START.as(512));
        RowDotsCode.loop(a, R9, () -> {
            a.emit(Instruction.VPXORD, term, constant, Mem.at(RAX, R10, 1));
            a.emit(Instruction.VPDPBUSD, sum, term, Mem.at(RDI, R10, 1));
            a.add(R10, 64);
        });
        a.cmp(R10, RCX);
        a.jump(Condition.E, whole);
        a.emit(Instruction.VMOVDQU8, term.mask(Mask.K1).zeroing(), Mem.at(RAX, R10, 1));
        a.emit(Instruction.VPXORD, term, term, constant);
        a.emit(Instruction.VPDPBUSD, sum, term, rest);
        a.bind(whole);
        a.emit(Instruction.VEXTRACTI64X4, 1, TERM, sum);
        a.emit(Instruction.VPADDD, SUM, SUM, TERM);
        halves(a);
    }

    /** The first factor of vpmaddubsw has no sign: |row| times the vector with the row's sign. Two products stay below 2^15, since the vector holds no -128. */
    private static void narrow(Assembler a) {
        Vec sum = SUM.as(128), term = TERM.as(128), other = OTHER.as(128), rest = REST.as(128);
        a.emit(Instruction.VPXOR, SUM, SUM, SUM);
        a.emit(Instruction.VPXOR, rest, rest, rest);
        RowDotsCode.loop(a, R9, () -> {
            a.emit(Instruction.VMOVDQU, TERM, Mem.at(RAX, R10, 1));
            a.emit(Instruction.VMOVDQU, OTHER, Mem.at(RDI, R10, 1));
            a.emit(Instruction.VPSIGNB, OTHER, OTHER, TERM);
            a.emit(Instruction.VPABSB, TERM, TERM);
            a.emit(Instruction.VPMADDUBSW, TERM, TERM, OTHER);
            a.emit(Instruction.VPMADDWD, TERM, TERM, CONSTANT);
            a.emit(Instruction.VPADDD, SUM, SUM, TERM);
            a.add(R10, 32);
        });
        RowDotsCode.loop(a, RCX, () -> {
            one(a, term, RAX);
            one(a, other, RDI);
            a.emit(Instruction.VPMULLD, term, term, other);
            a.emit(Instruction.VPADDD, rest, rest, term);
            a.add(R10, 1);
        });
        halves(a);
        a.emit(Instruction.VPADDD, sum, sum, rest); // whose lanes behind the first are zeros
    }

    private static void one(Assembler a, Vec to, Gp from) {
        a.movzx8(R11, Mem.at(from, R10, 1));
        a.emit(Instruction.VMOVD, to, R11);
        a.emit(Instruction.VPMOVSXBD, to, to);
    }

    private static void halves(Assembler a) {
        a.emit(Instruction.VEXTRACTI128, 1, TERM.as(128), SUM);
        a.emit(Instruction.VPADDD, SUM.as(128), SUM.as(128), TERM.as(128));
    }

    /** Pairs, then neighbours. */
    private static void sum(Assembler a) {
        Vec sum = SUM.as(128), term = TERM.as(128);
        a.emit(Instruction.VPSHUFD, 0x4E, term, sum);
        a.emit(Instruction.VPADDD, sum, sum, term);
        a.emit(Instruction.VPSHUFD, 0xB1, term, sum);
        a.emit(Instruction.VPADDD, sum, sum, term);
    }
}
