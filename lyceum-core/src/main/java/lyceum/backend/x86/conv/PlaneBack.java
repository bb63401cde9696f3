package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.conv.PlaneKernel.*;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * The gradient by the input of a depthwise convolution of stride 2 with a kernel of up to 3 x 3: two lines and two vectors of columns at a time.
 * A tap reaches the even or the odd ones of each alone; even and odd columns are summed apart and interleaved at the end. Arguments are those of
 * {@link PlaneKernel}, x being what is read: the gradient by y.
 *
 * @param height of the kernel, {@code width} of it, at most 3
 * @param above padding before the first line, {@code left} before the first column
 */
record PlaneBack(int height, int width, int above, int left, boolean bias, boolean relu) implements KernelForm {
    /** The mask of the second vector that is stored. */
    static final int SECOND_STORE = PlaneVectors.SECOND_LOADS;

    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};

    /** Column of y that lane 0 of an even vector reads through tap {@code u}. */
    static int column(int left, int u) { return ((u + left & 1) + left - u) / 2; }

    @Override public String name(Cpu cpu) {
        return "plane-back-" + height + "x" + width + "-padding-" + above + "-" + left + (bias ? "-bias" : "") + (relu ? "-relu" : "");
    }

    @Override public void write(Assembler a, Cpu cpu) {
        var v = new PlaneVectors(cpu, a);
        a.enter(SAVED);
        a.mov(RSI, Mem.at(RDI, X));
        a.mov(RDX, Mem.at(RDI, Y));
        a.mov(R8, Mem.at(RDI, W));
        a.mov(RBP, Mem.at(RDI, X_LINE));
        a.mov(R12, Mem.at(RDI, X_HEIGHT));
        a.mov(R13, Mem.at(RDI, Y_LINE));
        v.bringOrder();
        var plane = a.bind(a.label());
        for (int tap = 0; tap < height * width; tap++) a.emit(VBROADCASTSS, v.vector(tap), Mem.at(R8, 4 * tap));
        if (bias) {
            a.mov(RAX, Mem.at(RDI, BIAS));
            a.emit(VBROADCASTSS, v.kept(), Mem.at(RAX));
            a.add(RAX, 4);
            a.mov(Mem.at(RDI, BIAS), RAX);
        }
        vectors(a, v);
        a.add(RSI, Mem.at(RDI, X_PLANE));
        a.add(RDX, Mem.at(RDI, Y_PLANE));
        a.add(R8, 4 * height * width);
        a.mov(RAX, Mem.at(RDI, PLANES));
        a.sub(RAX, 1);
        a.mov(Mem.at(RDI, PLANES), RAX);
        a.jump(Condition.NE, plane);
        a.leave(SAVED);
    }

    private void vectors(Assembler a, PlaneVectors v) {
        a.mov(R9, Mem.at(RDI, MASKS));
        a.mov(R10, Mem.at(RDI, VECTORS));
        a.mov(R14, RSI);
        a.mov(RBX, RDX);
        var vector = a.bind(a.label());
        for (int u = 0; u < width; u++) v.bringMask(PlaneVectors.LOADS + u);
        v.bringMask(PlaneVectors.STORE);
        v.bringMask(SECOND_STORE);
        a.push(RBX);
        a.mov(RCX, 0);
        a.mov(RAX, R14);
        a.mov(R11, Mem.at(RDI, Y_HEIGHT));
        a.align(32);
        var pair = a.bind(a.label());
        var one = a.label();
        v.ask(RAX, 1, 1, RBP, X_PLANE);
        v.ask(RBX, 2, 2, R13, Y_PLANE);
        line(a, v, 0);
        a.cmp(R11, 1);
        a.jump(Condition.E, one);
        line(a, v, 1);
        a.bind(one);
        a.add(RCX, 1);
        a.add(RAX, RBP);
        a.lea(RBX, Mem.at(RBX, R13, 2));
        a.sub(R11, 2);
        a.jump(Condition.G, pair);
        a.pop(RBX);
        v.step(RBX, 2);
        v.step(R14, 1);
        v.next();
        a.sub(R10, 1);
        a.jump(Condition.NE, vector);
    }

    /** Line 0 or 1 of the pair. */
    private void line(Assembler a, PlaneVectors v, int odd) {
        Vec[] sums = {v.vector(9), v.second(0)};
        for (var sum : sums) a.emit(VXORPS, sum, sum, sum);
        for (int t = 0; t < height; t++) {
            if ((odd + above - t & 1) != 0) continue;
            int down = (odd + above - t) / 2;
            var outside = a.label();
            a.lea(R15, Mem.at(RCX, down));
            a.cmp(R15, R12);
            a.jump(Condition.AE, outside);
            a.imul(R15, RBP);
            a.add(R15, R14);
            for (int u = 0; u < width; u++) {
                int tap = t * width + u;
                v.load(v.read(tap), PlaneVectors.LOADS + u, Mem.at(R15, 4 * column(left, u)));
                a.emit(VFMADD231PS, sums[u + left & 1], v.vector(tap), v.read(tap));
            }
            a.bind(outside);
        }
        for (var sum : sums) {
            if (bias) a.emit(VADDPS, sum, sum, v.kept());
            if (relu) PlaneKernel.relu(a, v.read(0), sum);
        }
        v.interleave(v.read(0), sums[0], sums[1]);
        var at = odd == 0 ? Mem.at(RBX) : Mem.at(RBX, R13, 1);
        v.store(at, PlaneVectors.STORE, v.read(0));
        v.store(at.plus(v.bytes()), SECOND_STORE, sums[0]);
    }
}
