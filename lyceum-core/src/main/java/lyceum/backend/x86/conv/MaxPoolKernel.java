package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.asm.Vec.ymm;
import static lyceum.backend.x86.asm.Vec.zmm;

import java.util.stream.IntStream;
import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * The largest element of each window and its number in the channel, with AVX-512: a vector is neighbours of a line of y. Tables say which lines of x
 * a line of y reads and which lanes of a vector lie in them, so that nothing is padded. Taps come last to first, and one takes a lane that it
 * equals: so the first of equals stays, be it -inf, and the first NaN.
 *
 * @param stride of the columns; 2 loads two vectors and keeps every second element, more gathers
 * @param brief whether elements are BF16, widened to F32 as they come; for a stride up to 2
 */
record MaxPoolKernel(Element element, int stride, boolean brief) implements KernelForm {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    static final Field X = LAYOUT.word(), Y = LAYOUT.word(), INDEX = LAYOUT.word(), PLANES = LAYOUT.word(), X_PLANE = LAYOUT.word(),
            LINES = LAYOUT.word();
    static final Field LINE_TABLE = LAYOUT.word(), VECTORS = LAYOUT.word(), VECTOR_TABLE = LAYOUT.word(), VECTOR_ENTRY = LAYOUT.word(),
            TAPS = LAYOUT.word();
    /** A line of y in its table: address of the table of the lines of x, and how many. There: bytes from the plane to the line, number of its first element. */
    static final int LINE = 16, ROW = 16;
    /** A vector of a line in its table: bytes from a line of x to the first tap of lane 0, that tap's column, the lanes that are outputs, their bytes; then the taps. */
    static final int FIRST = 0, COLUMN = 8, OUTPUTS = 16, BYTES = 24, FIRST_TAP = 32;
    /** A tap of a vector: lanes to load, and of the second half; lanes that are valid; its distance in bytes, and in elements. */
    static final int TAP = 24, LOW = 0, HIGH = 4, VALID = 8, DISTANCE = 12, NUMBER = 16;

    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};
    private static final Vec BEST = zmm(0), VALUE = zmm(2), OTHER = zmm(3), EVEN = zmm(4), LEAST = zmm(5), ZERO = zmm(8);
    private static final int GE = 0x1D, UNORDERED = 3;

    private boolean isDouble() { return element == Element.F64; }

    /** Bytes of an element in memory. */
    int bytes() { return brief ? 2 : element.bytes; }

    /** Numbers of elements, 32 bits each. */
    private Vec numbers(int i) { return isDouble() ? ymm(i) : zmm(i); }

    @Override public String name(Cpu cpu) {
        return "max-pool-stride" + stride + (brief ? "-brief" : "") + element.suffix(cpu.vectorBits());
    }

    @Override public void write(Assembler a, Cpu cpu) {
        int lanes = element.lanes(cpu);
        Vec where = numbers(1), columns = numbers(6), at = numbers(7);
        a.enter(SAVED);
        a.mov(RSI, Mem.at(RDI, X));
        a.mov(RDX, Mem.at(RDI, Y));
        a.mov(RCX, Mem.at(RDI, INDEX));
        a.emit(VXORPS, ZERO, ZERO, ZERO);
        a.emit(isDouble() ? VBROADCASTSD : VBROADCASTSS, LEAST,
                isDouble() ? a.constant(Double.NEGATIVE_INFINITY) : a.constant(Float.NEGATIVE_INFINITY));
        a.emit(isDouble() ? VMOVDQU : VMOVUPS, columns, a.constants(IntStream.range(0, lanes).map(i -> i * stride).toArray()));
        if (stride == 2)
            a.emit(VMOVUPS, EVEN, a.constants(IntStream.range(0, 16).map(i -> isDouble() ? i % 2 == 0 ? i : 0 : 2 * i).toArray()));
        var plane = a.bind(a.label());
        a.mov(R8, Mem.at(RDI, LINE_TABLE));
        a.mov(R12, Mem.at(RDI, LINES));
        var line = a.bind(a.label());
        a.mov(R9, Mem.at(RDI, VECTOR_TABLE));
        a.mov(R13, Mem.at(RDI, VECTORS));
        var vector = a.bind(a.label());
        a.emit(VMOVAPS, BEST, LEAST);
        a.emit(VPBROADCASTD, at, Mem.at(R9, COLUMN));
        a.emit(VPADDD, at, at, columns);
        a.emit(VPSUBD, where, numbers(8), at); // where no tap comes, 0 in the end
        rows(a, where);
        store(a, where, at);
        a.add(R9, Mem.at(RDI, VECTOR_ENTRY));
        a.sub(R13, 1);
        a.jump(Condition.NE, vector);
        a.add(R8, LINE);
        a.sub(R12, 1);
        a.jump(Condition.NE, line);
        a.add(RSI, Mem.at(RDI, X_PLANE));
        a.mov(RAX, Mem.at(RDI, PLANES));
        a.sub(RAX, 1);
        a.mov(Mem.at(RDI, PLANES), RAX);
        a.jump(Condition.NE, plane);
        a.leave(SAVED);
    }

    private void rows(Assembler a, Vec where) {
        var done = a.label();
        a.mov(R10, Mem.at(R8));
        a.mov(R14, Mem.at(R8, 8));
        a.test(R14, R14);
        a.jump(Condition.E, done);
        var row = a.bind(a.label());
        a.mov(RBP, Mem.at(R10));
        a.mov(RBX, Mem.at(R10, 8));
        a.add(RBP, RSI);
        a.add(RBP, Mem.at(R9, FIRST));
        a.lea(R11, Mem.at(R9, FIRST_TAP));
        a.mov(R15, Mem.at(RDI, TAPS));
        var tap = a.bind(a.label());
        tap(a, where);
        a.add(R11, TAP);
        a.sub(R15, 1);
        a.jump(Condition.NE, tap);
        a.add(R10, ROW);
        a.sub(R14, 1);
        a.jump(Condition.NE, row);
        a.bind(done);
    }

    private void tap(Assembler a, Vec where) {
        if (brief) {
            a.mov32(RAX, Mem.at(R11, LOW));
            a.emit(KMOVD_FROM, Mask.K1, RAX);
        } else {
            a.emit(KMOVW, Mask.K1, Mem.at(R11, LOW));
        }
        a.movsxd(RAX, Mem.at(R11, DISTANCE));
        a.add(RAX, RBP);
        load(a);
        a.emit(KMOVW, Mask.K1, Mem.at(R11, VALID));
        a.emit(isDouble() ? VCMPPD : VCMPPS, GE, Mask.K3, VALUE, BEST);
        a.emit(isDouble() ? VCMPPD : VCMPPS, UNORDERED, Mask.K4, VALUE, VALUE);
        a.emit(KORW, Mask.K3, Mask.K3, Mask.K4);
        a.emit(KANDW, Mask.K3, Mask.K3, Mask.K1);
        a.emit(isDouble() ? VMOVUPD : VMOVUPS, BEST.mask(Mask.K3), VALUE);
        a.mov32(RAX, Mem.at(R11, NUMBER));
        a.add(RAX, RBX);
        a.emit(VPBROADCASTD_GP, where.mask(Mask.K3), RAX);
    }

    private void load(Assembler a) {
        if (brief) { // a word of a lane is its upper half
            a.emit(stride == 2 ? VMOVDQU16 : VPMOVZXWD, VALUE.mask(Mask.K1).zeroing(), Mem.at(RAX));
            a.emit(VPSLLD, 16, VALUE, VALUE);
            return;
        }
        if (stride <= 2) {
            a.emit(isDouble() ? VMOVUPD : VMOVUPS, VALUE.mask(Mask.K1).zeroing(), Mem.at(RAX));
        } else {
            a.emit(VXORPS, VALUE, VALUE, VALUE);
            a.emit(isDouble() ? VGATHERDPD : VGATHERDPS, VALUE.mask(Mask.K1), Mem.at(RAX, numbers(6), element.bytes));
        }
        if (stride == 2) {
            a.emit(KMOVW, Mask.K2, Mem.at(R11, HIGH));
            a.emit(isDouble() ? VMOVUPD : VMOVUPS, OTHER.mask(Mask.K2).zeroing(), Mem.at(RAX, 64));
            a.emit(isDouble() ? VPERMT2PD : VPERMT2PS, VALUE, EVEN, OTHER);
        }
    }

    private void store(Assembler a, Vec where, Vec at) {
        a.emit(KMOVW, Mask.K1, Mem.at(R9, OUTPUTS));
        if (brief) {
            a.emit(VPSRLD, 16, BEST, BEST);
            a.emit(VPMOVDW, Mem.at(RDX).mask(Mask.K1), BEST);
        } else {
            a.emit(isDouble() ? VMOVUPD_STORE : VMOVUPS_STORE, Mem.at(RDX).mask(Mask.K1), BEST);
        }
        a.emit(VPADDD, where, where, at);
        a.emit(VPMOVSXDQ, VALUE, ymm(1));
        a.emit(VMOVDQU64_STORE, Mem.at(RCX).mask(Mask.K1), VALUE);
        if (!isDouble()) { // the other half of the numbers
            a.emit(KSHIFTRW, 8, Mask.K1, Mask.K1);
            a.emit(VEXTRACTI64X4, 1, ymm(1), zmm(1));
            a.emit(VPMOVSXDQ, VALUE, ymm(1));
            a.emit(VMOVDQU64_STORE, Mem.at(RCX, 64).mask(Mask.K1), VALUE);
        }
        a.mov(RAX, Mem.at(R9, BYTES));
        a.add(RDX, RAX);
        a.lea(RCX, Mem.at(RCX, RAX, 8 / bytes()));
    }
}
