package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.asm.Vec.xmm;
import static lyceum.backend.x86.asm.Vec.ymm;
import static lyceum.backend.x86.asm.Vec.zmm;

import java.util.stream.IntStream;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;

/**
 * Depthwise convolution with kernels of up to 3 x 3, straight from the planes, with AVX-512: a vector is 16 neighbours of a line of y. Masks keep
 * the loads inside the lines of x, tests the lines inside its height; nothing is padded or copied.
 *
 * @param height of the kernel, {@code width} of it, at most 3
 * @param stride 1 or 2; 2 loads two vectors and keeps every second element
 * @param form what is made
 * @param bias adds a number a plane; PRODUCT and FLIPPED
 * @param relu and what is negative becomes zero
 */
record PlaneKernel(int height, int width, int stride, Form form, boolean bias, boolean relu) {
    /** y from x and the kernel, or from x and the kernel backwards; or the kernel's gradient from x and that by y. */
    enum Form { PRODUCT, FLIPPED, WEIGHT }

    static final int X = 0, Y = 8, W = 16, BIAS = 24, PLANES = 32, X_PLANE = 40, Y_PLANE = 48, X_LINE = 56, Y_LINE = 64, X_HEIGHT = 72, Y_HEIGHT = 80, FIRST_LINE = 88, FIRST_COLUMN = 96,
            VECTORS = 104, MASKS = 112;
    /** A vector's masks in its table: of the loads for each tap, of their second halves, of y. */
    static final int ENTRY = 64, HALVES = 24, OUTPUTS = 48;

    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};
    private static final Mask[] LOW = {Mask.K1, Mask.K2, Mask.K3}, HIGH = {Mask.K4, Mask.K5, Mask.K6};
    private static final Vec EVEN = zmm(31), ZERO = zmm(30), GRADIENT = zmm(29), BIASES = zmm(28);

    private int taps() { return height * width; }

    /** @throws CodeMemory.Refused if there is no memory for code */
    Kernel generate(Cpu cpu) {
        var a = new Assembler(cpu.features(), CodeMemory.isListed());
        a.enter(SAVED);
        a.mov(RSI, Mem.at(RDI, X));
        a.mov(RDX, Mem.at(RDI, Y));
        a.mov(R8, Mem.at(RDI, W));
        a.mov(RBP, Mem.at(RDI, X_LINE));
        a.mov(R12, Mem.at(RDI, X_HEIGHT));
        a.mov(R13, Mem.at(RDI, Y_LINE));
        a.emit(VXORPS, ZERO, ZERO, ZERO);
        if (stride == 2) a.emit(VMOVUPS, EVEN, a.constants(IntStream.range(0, 16).map(i -> 2 * i).toArray()));
        var plane = a.bind(a.label());
        for (int tap = 0; tap < taps(); tap++) {
            if (form == Form.WEIGHT) a.emit(VXORPS, zmm(tap), zmm(tap), zmm(tap));
            else a.emit(VBROADCASTSS, zmm(tap), Mem.at(R8, 4 * (form == Form.FLIPPED ? taps() - 1 - tap : tap)));
        }
        if (bias) {
            a.mov(RAX, Mem.at(RDI, BIAS));
            a.emit(VBROADCASTSS, BIASES, Mem.at(RAX));
            a.add(RAX, 4);
            a.mov(Mem.at(RDI, BIAS), RAX);
        }
        vectors(a);
        if (form == Form.WEIGHT) for (int tap = 0; tap < taps(); tap++) sum(a, tap);
        a.add(RSI, Mem.at(RDI, X_PLANE));
        a.add(RDX, Mem.at(RDI, Y_PLANE));
        a.add(R8, 4 * taps());
        a.mov(RAX, Mem.at(RDI, PLANES));
        a.sub(RAX, 1);
        a.mov(Mem.at(RDI, PLANES), RAX);
        a.jump(Condition.NE, plane);
        a.leave(SAVED);
        var name = "plane-" + form.name().toLowerCase(java.util.Locale.ROOT) + "-" + height + "x" + width + "-stride" + stride + (bias ? "-bias" : "") + (relu ? "-relu" : "");
        return CodeMemory.require(name, a.finish());
    }

    /** Every vector of a line of y, and for each all lines. */
    private void vectors(Assembler a) {
        a.mov(R9, Mem.at(RDI, MASKS));
        a.mov(R10, Mem.at(RDI, VECTORS));
        a.mov(R14, RSI);
        a.add(R14, Mem.at(RDI, FIRST_COLUMN));
        a.mov(RBX, RDX);
        var vector = a.bind(a.label());
        for (int u = 0; u < width; u++) {
            mask(a, LOW[u], 8 * u);
            if (stride == 2) mask(a, HIGH[u], HALVES + 8 * u);
        }
        mask(a, Mask.K7, OUTPUTS);
        a.push(RBX);
        a.mov(RCX, Mem.at(RDI, FIRST_LINE));
        a.mov(RAX, RCX);
        a.imul(RAX, RBP);
        a.add(RAX, R14);
        a.mov(R11, Mem.at(RDI, Y_HEIGHT));
        a.align(32);
        var line = a.bind(a.label());
        line(a);
        a.add(RCX, stride);
        for (int i = 0; i < stride; i++) a.add(RAX, RBP);
        a.add(RBX, R13);
        a.sub(R11, 1);
        a.jump(Condition.NE, line);
        a.pop(RBX);
        a.add(RBX, 64);
        a.add(R14, 64 * stride);
        a.add(R9, ENTRY);
        a.sub(R10, 1);
        a.jump(Condition.NE, vector);
    }

    private static void mask(Assembler a, Mask mask, int entry) {
        a.mov32(R15, Mem.at(R9, entry));
        a.emit(KMOVW_FROM, mask, R15);
    }

    private void line(Assembler a) {
        Vec sum = zmm(9), other = zmm(10);
        if (form == Form.WEIGHT) {
            a.emit(VMOVUPS, GRADIENT.mask(Mask.K7).zeroing(), Mem.at(RBX));
        } else {
            a.emit(VXORPS, sum, sum, sum);
        }
        for (int t = 0; t < height; t++) {
            var outside = a.label();
            a.lea(R15, Mem.at(RCX, t));
            a.cmp(R15, R12);
            a.jump(Condition.AE, outside);
            for (int u = 0; u < width; u++) {
                var x = zmm(11 + (t * width + u) % 6);
                var at = (t == 0 ? Mem.at(RAX) : Mem.at(RAX, RBP, t)).plus(4 * u);
                a.emit(VMOVUPS, x.mask(LOW[u]).zeroing(), at);
                if (stride == 2) {
                    a.emit(VMOVUPS, zmm(17 + (t * width + u) % 6).mask(HIGH[u]).zeroing(), at.plus(64));
                    a.emit(VPERMT2PS, x, EVEN, zmm(17 + (t * width + u) % 6));
                }
                int tap = t * width + u;
                if (form == Form.WEIGHT) a.emit(VFMADD231PS, zmm(tap), x, GRADIENT);
                else a.emit(VFMADD231PS, sum, zmm(tap), x);
            }
            a.bind(outside);
        }
        if (form == Form.WEIGHT) return;
        if (bias) a.emit(VADDPS, sum, sum, BIASES);
        if (relu) a.emit(VMAXPS, sum, ZERO, sum);
        a.emit(VMOVUPS_STORE, Mem.at(RBX).mask(Mask.K7), sum);
    }

    /** The sixteen lanes of a tap, added in halves, to its place. */
    private void sum(Assembler a, int tap) {
        a.emit(VEXTRACTF64X4, 1, ymm(11), zmm(tap));
        a.emit(VADDPS, ymm(11), ymm(11), ymm(tap));
        a.emit(VEXTRACTF128, 1, xmm(12), ymm(11));
        a.emit(VADDPS, xmm(11), xmm(11), xmm(12));
        a.emit(VMOVHLPS, xmm(12), xmm(11), xmm(11));
        a.emit(VADDPS, xmm(11), xmm(11), xmm(12));
        a.emit(VMOVSHDUP, xmm(12), xmm(11));
        a.emit(VADDPS, xmm(11), xmm(11), xmm(12));
        a.emit(VMOVSS_STORE, Mem.at(R8, 4 * tap), xmm(11));
    }
}
