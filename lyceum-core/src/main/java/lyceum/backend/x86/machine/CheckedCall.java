package lyceum.backend.x86.machine;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R12;
import static lyceum.backend.x86.asm.Gp.R13;
import static lyceum.backend.x86.asm.Gp.R14;
import static lyceum.backend.x86.asm.Gp.R15;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBP;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;

import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mem;
import lyceum.memory.Allocator;
import lyceum.memory.NativeCall;

/**
 * Calls a kernel through code that fills the registers which a kernel must keep, and looks afterwards whether it kept them and MXCSR. With
 * {@code LYCEUM_CHECK_CALLS=on} every kernel is called so: for tests.
 */
final class CheckedCall {
    private static final Gp[] KEPT = {RBX, RBP, R12, R13, R14, R15}, ARGUMENTS = {RDI, RSI, RDX, RCX, R8, R9};
    private static final long MARK = 0x1234_5678_0000L;
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    private static final Field ENTRY = LAYOUT.word();
    private static final Field[] PASSED = {LAYOUT.word(), LAYOUT.word(), LAYOUT.word(), LAYOUT.word(), LAYOUT.word(), LAYOUT.word()};
    /** MXCSR before and after, 32 bits each; then 0 or the number of the first register that was lost. */
    private static final Field MXCSR = LAYOUT.word(), LOST = LAYOUT.word();
    private static final ThreadLocal<MemorySegment> BLOCKS = ThreadLocal.withInitial(() -> {
        var storage = Allocator.allocate(LAYOUT.bytes(), null);
        return storage.segment().asSlice(storage.base(), LAYOUT.bytes());
    });
    private static final Kernel CHECKER = CodeMemory.load("checked_call", code()).orElseThrow();

    private CheckedCall() {}

    static void call(Kernel kernel, MemorySegment entry, long... arguments) {
        var block = BLOCKS.get();
        ENTRY.set(block, entry.address());
        for (int i = 0; i < arguments.length; i++) PASSED[i].set(block, arguments[i]);
        NativeCall.call(CHECKER.entry(), block.address(), 0, 0, 0, 0, 0);
        long lost = LOST.get(block);
        if (lost != 0) throw new AssertionError(kernel + " does not keep " + (lost > KEPT.length ? "MXCSR" : KEPT[(int) lost - 1]));
    }

    private static Assembler.Code code() {
        var a = new Assembler(EnumSet.of(Feature.X86_64), CodeMemory.isListed());
        for (var register : KEPT) a.push(register);
        a.push(RDI); // seven words and the return address: the stack is aligned to 16 bytes at the call
        a.stmxcsr(Mem.at(RDI, MXCSR));
        for (int i = 0; i < KEPT.length; i++) a.mov(KEPT[i], MARK + i);
        a.mov(RAX, Mem.at(RDI, ENTRY));
        a.mov(R10, RDI);
        for (int i = 0; i < ARGUMENTS.length; i++) a.mov(ARGUMENTS[i], Mem.at(R10, PASSED[i]));
        a.call(RAX);
        a.pop(R10);
        a.stmxcsr(Mem.at(R10, MXCSR).plus(4));
        var lost = a.label();
        for (int i = 0; i < KEPT.length; i++) {
            a.mov(R11, i + 1);
            a.mov(RAX, MARK + i);
            a.cmp(KEPT[i], RAX);
            a.jump(Condition.NE, lost);
        }
        a.mov(R11, KEPT.length + 1);
        a.mov32(RAX, Mem.at(R10, MXCSR));
        a.mov32(RCX, Mem.at(R10, MXCSR).plus(4));
        a.and(RAX, 0xFFC0); // the control bits; the others tell what has happened
        a.and(RCX, 0xFFC0);
        a.cmp(RAX, RCX);
        a.jump(Condition.NE, lost);
        a.mov(R11, 0);
        a.bind(lost);
        a.mov(Mem.at(R10, LOST), R11);
        for (int i = KEPT.length - 1; i >= 0; i--) a.pop(KEPT[i]);
        a.ret();
        return a.finish();
    }
}
