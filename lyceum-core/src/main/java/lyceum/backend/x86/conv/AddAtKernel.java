package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.asm.Vec.xmm;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * {@code x[plane][index[plane][i]] += y[plane][i]}, one after the other, for windows may share their maximum.
 *
 * <p>Arguments: rdi y, rsi index (I64), rdx x, rcx elements of a plane of y, r8 bytes of one of x, r9 planes.
 */
record AddAtKernel(Element element) implements KernelForm {
    @Override public String name(Cpu cpu) { return "add-at" + element.suffix(128); }

    @Override public void write(Assembler a, Cpu cpu) {
        boolean isDouble = element == Element.F64;
        var plane = a.bind(a.label());
        a.mov(R10, RCX);
        var next = a.bind(a.label());
        a.mov(RAX, Mem.at(RSI));
        a.emit(isDouble ? VMOVSD : VMOVSS, xmm(0), Mem.at(RDI));
        var at = Mem.at(RDX, RAX, element.bytes);
        a.emit(isDouble ? VADDSD : VADDSS, xmm(0), xmm(0), at);
        a.emit(isDouble ? VMOVSD_STORE : VMOVSS_STORE, at, xmm(0));
        a.add(RSI, 8);
        a.add(RDI, element.bytes);
        a.sub(R10, 1);
        a.jump(Condition.NE, next);
        a.add(RDX, R8);
        a.sub(R9, 1);
        a.jump(Condition.NE, plane);
        a.ret();
    }
}
