package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.asm.Vec.zmm;

import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;

/** Transposes up to 16 lines of floats with AVX-512, 16 x 16 elements at a time in registers: four by four within lanes, then the lanes. */
final class Transpose {
    static final int FROM = 0, TO = 8, TO_STRIDE = 16, ROWS_MASK = 24, COLUMNS = 32, ROW = 40, ARGUMENTS = ROW + 16 * 8;

    private Transpose() { }

    /** Rows beyond the last are read from the last one again ({@link #ROW} says where each lies), and not stored. */
    static Kernel generate(Cpu cpu) {
        var a = new Assembler(cpu.features(), CodeMemory.isListed());
        a.mov(RSI, Mem.at(RDI, FROM));
        a.mov(RDX, Mem.at(RDI, TO));
        a.mov(R8, Mem.at(RDI, TO_STRIDE));
        a.mov(RAX, Mem.at(RDI, ROWS_MASK));
        a.emit(KMOVW_FROM, Mask.K1, RAX);
        a.mov(R10, Mem.at(RDI, COLUMNS));
        a.mov(R9, 0xFFFF);
        var done = a.label();
        var loop = a.bind(a.label());
        a.mov(RAX, R9);
        a.mov(RCX, R10);
        a.mov(R11, 16);
        a.cmp(RCX, 16);
        a.cmov(Condition.G, RCX, R11);
        a.bzhi(RAX, RAX, RCX);
        a.emit(KMOVW_FROM, Mask.K2, RAX);
        for (int i = 0; i < 16; i++) {
            a.mov(RAX, Mem.at(RDI, ROW + 8 * i));
            a.emit(VMOVUPS, zmm(i).mask(Mask.K2).zeroing(), Mem.at(RSI, RAX, 1));
        }
        network(a);
        for (int j = 0; j < 16; j++) {
            a.emit(VMOVUPS_STORE, Mem.at(RDX).mask(Mask.K1), zmm(j));
            a.add(RDX, R8);
            a.sub(R10, 1);
            a.jump(Condition.E, done);
        }
        a.add(RSI, 64);
        a.jump(loop);
        a.bind(done);
        a.vzeroupper();
        a.ret();
        return CodeMemory.require("transpose-16", a.finish());
    }

    /** From rows in registers 0 to 15 to columns there. */
    private static void network(Assembler a) {
        for (int i = 0; i < 16; i += 2) {
            a.emit(VUNPCKLPS, zmm(16 + i), zmm(i), zmm(i + 1));
            a.emit(VUNPCKHPS, zmm(17 + i), zmm(i), zmm(i + 1));
        }
        for (int i = 0; i < 16; i += 4) { // register i + k: column k of every fourth, rows i to i + 3
            a.emit(VUNPCKLPD, zmm(i), zmm(16 + i), zmm(18 + i));
            a.emit(VUNPCKHPD, zmm(i + 1), zmm(16 + i), zmm(18 + i));
            a.emit(VUNPCKLPD, zmm(i + 2), zmm(17 + i), zmm(19 + i));
            a.emit(VUNPCKHPD, zmm(i + 3), zmm(17 + i), zmm(19 + i));
        }
        for (int k = 0; k < 4; k++) {
            a.emit(VSHUFF32X4, 0x44, zmm(16 + k), zmm(k), zmm(4 + k));
            a.emit(VSHUFF32X4, 0xEE, zmm(20 + k), zmm(k), zmm(4 + k));
            a.emit(VSHUFF32X4, 0x44, zmm(24 + k), zmm(8 + k), zmm(12 + k));
            a.emit(VSHUFF32X4, 0xEE, zmm(28 + k), zmm(8 + k), zmm(12 + k));
        }
        for (int k = 0; k < 4; k++) {
            a.emit(VSHUFF32X4, 0x88, zmm(k), zmm(16 + k), zmm(24 + k));
            a.emit(VSHUFF32X4, 0xDD, zmm(4 + k), zmm(16 + k), zmm(24 + k));
            a.emit(VSHUFF32X4, 0x88, zmm(8 + k), zmm(20 + k), zmm(28 + k));
            a.emit(VSHUFF32X4, 0xDD, zmm(12 + k), zmm(20 + k), zmm(28 + k));
        }
    }
}
