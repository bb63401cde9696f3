package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.conv.PlaneKernel.Form;

/**
 * The lines of one vector's column in a {@link PlaneKernel} of stride 1: each line of x is loaded once, and meets all lines of the kernel while it is in registers. As many
 * lines of y as the kernel has are under way, the first of which is finished by each line of x: their sums, or, for the kernel's gradient, the lines of the gradient by y.
 * An element's taps are still added in their order. Registers are as {@link PlaneKernel} left them: rax points to x and rcx counts its lines, rbx to y and r11 counts its.
 *
 * @param whole if every lane of every load and store lies inside
 */
record PlaneRoll(Assembler a, PlaneVectors v, PlaneKernel kernel, boolean whole) {
    /** Of the kernel. */
    private int height() { return kernel.height(); }

    private boolean isWeight() { return kernel.form() == Form.WEIGHT; }

    /** What is under way for line {@code t} of the kernel. */
    private Vec under(int t) { return v.vector(9 + height() - 1 - t); }

    void lines() {
        if (!isWeight()) for (int t = 0; t < height(); t++) clear(under(t));
        for (int t = 0; t < height() - 1; t++) line(0, t, false);
        if (isWeight() && height() > 1) a.sub(R11, height() - 1);
        a.align(32);
        var line = a.bind(a.label());
        line(0, height() - 1, true);
        a.sub(R11, 1);
        a.jump(Condition.NE, line);
        if (isWeight()) for (int t = 1; t < height(); t++) line(t, height() - 1, false);
    }

    private void clear(Vec x) { a.emit(VXORPS, x, x, x); }

    /** A line of x with some of the kernel's lines. @param finishes whether a line of y is finished that there is */
    private void line(int first, int last, boolean finishes) {
        if (isWeight() && first == 0) {
            v.load(under(0), whole ? PlaneVectors.WHOLE : PlaneVectors.STORE, Mem.at(RBX));
            a.add(RBX, R13);
        }
        v.ask(RAX, 1, 1, RBP, PlaneKernel.X_PLANE);
        v.ask(RBX, 1, 1, R13, PlaneKernel.Y_PLANE);
        var outside = a.label();
        a.cmp(RCX, R12);
        a.jump(Condition.AE, outside);
        for (int u = 0; u < kernel.width(); u++) {
            var x = v.second(u);
            v.load(x, whole ? PlaneVectors.WHOLE : PlaneVectors.LOADS + u, Mem.at(RAX, 4 * u));
            for (int t = first; t <= last; t++) {
                var tap = v.vector(t * kernel.width() + u);
                if (isWeight()) a.emit(VFMADD231PS, tap, x, under(t));
                else a.emit(VFMADD231PS, under(t), tap, x);
            }
        }
        a.bind(outside);
        if (finishes && !isWeight()) finish(under(height() - 1));
        for (int t = height() - 1; t > 0; t--) a.emit(VMOVAPS, under(t), under(t - 1));
        if (!isWeight()) clear(under(0));
        a.add(RCX, 1);
        a.add(RAX, RBP);
    }

    private void finish(Vec sum) {
        if (kernel.bias()) a.emit(VADDPS, sum, sum, v.kept());
        if (kernel.relu()) PlaneKernel.relu(a, v.second(0), sum);
        v.store(Mem.at(RBX), whole ? PlaneVectors.WHOLE : PlaneVectors.STORE, sum);
        a.add(RBX, R13);
    }
}
