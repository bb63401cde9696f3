package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.asm.Vec.zmm;

import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.machine.KernelForm;

/**
 * The gradient of one channel's kernel, with AVX-512: for each tap the sum over positions of x, displaced, times the gradient; a vector of partial
 * sums a tap is stored. The gradient lies densely and is spread over the lanes; lanes that are no outputs are not read, so that an infinity there does
 * no harm.
 */
record ChannelWeight(Element element, int taps) implements KernelForm {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    static final Field X = LAYOUT.word(), G = LAYOUT.word(), STEPS = LAYOUT.word(), COLUMNS = LAYOUT.word(), COUNT = LAYOUT.word(),
            OUT = LAYOUT.word();
    static final int MOST = 28;

    @Override public String name(Cpu cpu) { return "channel-weight-" + taps + element.suffix(512); }

    @Override public void write(Assembler a, Cpu cpu) {
        a.mov(RSI, Mem.at(RDI, X));
        a.mov(RDX, Mem.at(RDI, G));
        a.mov(R8, Mem.at(RDI, STEPS));
        a.mov(R9, Mem.at(RDI, COLUMNS));
        a.mov(RCX, Mem.at(RDI, COUNT));
        for (int t = 0; t < taps; t++) a.emit(VXORPS, zmm(t), zmm(t), zmm(t));
        var loop = a.bind(a.label());
        a.mov32(RAX, Mem.at(R9, OffsetProduct.COLUMN_VALID));
        a.emit(KMOVW_FROM, Mask.K1, RAX);
        a.mov32(RAX, Mem.at(R9, OffsetProduct.COLUMN_MASK));
        a.emit(KMOVW_FROM, Mask.K2, RAX);
        a.mov(RAX, Mem.at(R9, OffsetProduct.COLUMN_Y));
        a.emit(VMOVUPS, zmm(31).mask(Mask.K2).zeroing(), Mem.at(RDX, RAX, 1));
        a.emit(VMOVUPS, zmm(30), Mem.at(R9, OffsetProduct.COLUMN_SPREAD));
        a.emit(VPERMPS, zmm(31).mask(Mask.K1).zeroing(), zmm(30), zmm(31));
        for (int t = 0; t < taps; t++) {
            var x = zmm(28 + t % 3);
            a.movsxd(RAX, Mem.at(R8, t * OffsetProduct.STEP));
            a.emit(VMOVUPS, x.mask(Mask.K1).zeroing(), Mem.at(RSI, RAX, 1));
            a.emit(element.multiplyAdd, zmm(t), x, zmm(31));
        }
        a.add(RSI, 64);
        a.add(R9, OffsetProduct.COLUMN);
        a.sub(RCX, 1);
        a.jump(Condition.NE, loop);
        a.mov(RAX, Mem.at(RDI, OUT));
        for (int t = 0; t < taps; t++) a.emit(VMOVUPS_STORE, Mem.at(RAX, 64 * t), zmm(t));
        a.vzeroupper();
        a.ret();
    }
}
