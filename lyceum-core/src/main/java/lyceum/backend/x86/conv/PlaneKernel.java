package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;

import java.util.Locale;
import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Label;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Depthwise convolution with kernels of up to 3 x 3, straight from the planes: a vector is 16 or 8 neighbours of a line of y. Masks keep
 * the loads inside the lines of x, tests the lines inside its height; nothing is padded or copied.
 *
 * @param height of the kernel, {@code width} of it, at most 3
 * @param stride 1 or 2; 2 loads two vectors and keeps every second element
 * @param form what is made
 * @param bias adds a number a plane; PRODUCT and FLIPPED
 * @param relu and what is negative becomes zero
 * @param rolling by {@link PlaneRoll}: for a stride of 1, and lines of y enough
 */
record PlaneKernel(int height, int width, int stride, Form form, boolean bias, boolean relu, boolean rolling) implements KernelForm {
    /** y from x and the kernel, or from x and the kernel backwards; or the kernel's gradient from x and that by y. */
    enum Form {
        PRODUCT, FLIPPED, WEIGHT
    }

    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    static final Field X = LAYOUT.word(), Y = LAYOUT.word(), W = LAYOUT.word(), BIAS = LAYOUT.word(), PLANES = LAYOUT.word(),
            X_PLANE = LAYOUT.word(), Y_PLANE = LAYOUT.word();
    static final Field X_LINE = LAYOUT.word(), Y_LINE = LAYOUT.word(), X_HEIGHT = LAYOUT.word(), Y_HEIGHT = LAYOUT.word(),
            FIRST_LINE = LAYOUT.word(), FIRST_COLUMN = LAYOUT.word();
    static final Field VECTORS = LAYOUT.word(), MASKS = LAYOUT.word();

    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};

    private int taps() { return height * width; }

    @Override public String name(Cpu cpu) {
        return "plane-" + form.name().toLowerCase(Locale.ROOT) + "-" + height + "x" + width + "-stride" + stride + (bias ? "-bias" : "")
                + (relu ? "-relu" : "") + (rolling ? "-rolling" : "");
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
        if (stride == 2) v.bringEven();
        var plane = a.bind(a.label());
        for (int tap = 0; tap < taps(); tap++) {
            if (form == Form.WEIGHT) a.emit(VXORPS, v.vector(tap), v.vector(tap), v.vector(tap));
            else a.emit(VBROADCASTSS, v.vector(tap), Mem.at(R8, 4 * (form == Form.FLIPPED ? taps() - 1 - tap : tap)));
        }
        if (bias) {
            a.mov(RAX, Mem.at(RDI, BIAS));
            a.emit(VBROADCASTSS, v.kept(), Mem.at(RAX));
            a.add(RAX, 4);
            a.mov(Mem.at(RDI, BIAS), RAX);
        }
        vectors(a, v);
        if (form == Form.WEIGHT) sums(a, v);
        a.add(RSI, Mem.at(RDI, X_PLANE));
        a.add(RDX, Mem.at(RDI, Y_PLANE));
        a.add(R8, 4 * taps());
        a.mov(RAX, Mem.at(RDI, PLANES));
        a.sub(RAX, 1);
        a.mov(Mem.at(RDI, PLANES), RAX);
        a.jump(Condition.NE, plane);
        a.leave(SAVED);
    }

    /** Every vector of a line of y, and for each all lines. */
    private void vectors(Assembler a, PlaneVectors v) {
        a.mov(R9, Mem.at(RDI, MASKS));
        a.mov(R10, Mem.at(RDI, VECTORS));
        a.mov(R14, RSI);
        a.add(R14, Mem.at(RDI, FIRST_COLUMN));
        a.mov(RBX, RDX);
        var vector = a.bind(a.label());
        for (int u = 0; u < width; u++) {
            v.bringMask(PlaneVectors.LOADS + u);
            if (stride == 2) v.bringMask(PlaneVectors.SECOND_LOADS + u);
        }
        v.bringMask(PlaneVectors.STORE);
        a.push(RBX);
        Label part = a.label(), done = a.label();
        if (v.tellsWhole()) {
            v.unlessWhole(part);
            lines(a, v, true);
            a.jump(done);
            a.bind(part);
        }
        lines(a, v, false);
        a.bind(done);
        a.pop(RBX);
        v.step(RBX, 1);
        v.step(R14, stride);
        v.next();
        a.sub(R10, 1);
        a.jump(Condition.NE, vector);
    }

    /** @param whole if every lane of every load and store lies inside */
    private void lines(Assembler a, PlaneVectors v, boolean whole) {
        a.mov(RCX, Mem.at(RDI, FIRST_LINE));
        a.mov(RAX, RCX);
        a.imul(RAX, RBP);
        a.add(RAX, R14);
        a.mov(R11, Mem.at(RDI, Y_HEIGHT));
        if (rolling) {
            new PlaneRoll(a, v, this, whole).lines();
            return;
        }
        a.align(32);
        var line = a.bind(a.label());
        line(a, v, whole);
        a.add(RCX, stride);
        for (int i = 0; i < stride; i++) a.add(RAX, RBP);
        a.add(RBX, R13);
        a.sub(R11, 1);
        a.jump(Condition.NE, line);
    }

    private void line(Assembler a, PlaneVectors v, boolean whole) {
        var sum = v.vector(9);
        v.ask(RAX, stride, stride, RBP, X_PLANE);
        v.ask(RBX, 1, 1, R13, Y_PLANE);
        if (form == Form.WEIGHT) v.load(v.kept(), whole ? PlaneVectors.WHOLE : PlaneVectors.STORE, Mem.at(RBX));
        else a.emit(VXORPS, sum, sum, sum);
        for (int t = 0; t < height; t++) {
            var outside = a.label();
            a.lea(R15, Mem.at(RCX, t));
            a.cmp(R15, R12);
            a.jump(Condition.AE, outside);
            for (int u = 0; u < width; u++) {
                int tap = t * width + u;
                var x = v.read(tap);
                var at = (t == 0 ? Mem.at(RAX) : Mem.at(RAX, RBP, t)).plus(4 * u);
                if (whole && stride == 1) {
                    if (form == Form.WEIGHT) a.emit(VFMADD231PS, v.vector(tap), v.kept(), at);
                    else a.emit(VFMADD231PS, sum, v.vector(tap), at);
                    continue;
                }
                v.load(x, whole ? PlaneVectors.WHOLE : PlaneVectors.LOADS + u, at);
                if (stride == 2) {
                    v.load(v.second(tap), whole ? PlaneVectors.WHOLE : PlaneVectors.SECOND_LOADS + u, at.plus(v.bytes()));
                    v.keepEven(x, v.second(tap));
                }
                if (form == Form.WEIGHT) a.emit(VFMADD231PS, v.vector(tap), x, v.kept());
                else a.emit(VFMADD231PS, sum, v.vector(tap), x);
            }
            a.bind(outside);
        }
        if (form == Form.WEIGHT) return;
        if (bias) a.emit(VADDPS, sum, sum, v.kept());
        if (relu) relu(a, v.read(0), sum);
        v.store(Mem.at(RBX), whole ? PlaneVectors.WHOLE : PlaneVectors.STORE, sum);
    }

    /** @param zero becomes that */
    static void relu(Assembler a, Vec zero, Vec x) {
        a.emit(VXORPS, zero, zero, zero);
        a.emit(VMAXPS, x, zero, x);
    }

    /** The lanes of each tap to its place. */
    private void sums(Assembler a, PlaneVectors v) {
        var spare = v.vector(9);
        int tap = 0;
        for (; tap + 4 <= taps(); tap += 4) {
            v.fold(v.vector(tap), v.vector(tap + 1), v.vector(tap + 2), v.vector(tap + 3), spare);
            a.emit(VMOVUPS_STORE, Mem.at(R8, 4 * tap), v.vector(tap).as(128));
        }
        for (; tap < taps(); tap++) {
            v.fold(v.vector(tap), spare);
            a.emit(VMOVSS_STORE, Mem.at(R8, 4 * tap), v.vector(tap).as(128));
        }
    }
}
