package lyceum.backend.x86.fourier;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R12;
import static lyceum.backend.x86.asm.Gp.R13;
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
import static lyceum.backend.x86.asm.Vec.zmm;

import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * One pass of a transform of columns in Stockham's order, with AVX-512 in F64: in each step {@code radix} rows meet, and what they become is multiplied by powers of the
 * root and stored as as many rows. Real and imaginary parts lie apart.
 *
 * <p>Argument: rdi a block of the fields below.
 */
final class PassKernel {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    /** The first rows, real and imaginary; they move on with the steps. */
    static final Field X_RE = LAYOUT.word(), X_IM = LAYOUT.word(), Y_RE = LAYOUT.word(), Y_IM = LAYOUT.word();
    /** Bytes from step to step, and between rows that meet, of what is read and written. */
    static final Field X_STEP = LAYOUT.word(), X_JUMP = LAYOUT.word(), Y_STEP = LAYOUT.word(), Y_JUMP = LAYOUT.word();
    /** Number of steps, columns of a row, and which lanes of the last vector are columns, if it is not full. */
    static final Field STEPS = LAYOUT.word(), COLUMNS = LAYOUT.word(), MASK = LAYOUT.word();
    /**
     * For {@link Factors#STEP} the factors, three numbers each: cosine, and sine with either sign, {@code radix - 1} of them a step. For {@link Factors#EACH} rows like
     * those that are written.
     */
    static final Field FACTORS = LAYOUT.word(), FACTORS_IM = LAYOUT.word();
    static final int PARAMETERS = LAYOUT.bytes();

    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R15};
    private static final double C1 = Math.cos(2 * Math.PI / 5), C2 = Math.cos(4 * Math.PI / 5), S1 = Math.sin(2 * Math.PI / 5),
            S2 = Math.sin(4 * Math.PI / 5), HALF_ROOT_3 = Math.sqrt(3) / 2;

    /** What results are multiplied by: nothing, one number for a row of a step, or a number each. */
    enum Factors {
        NONE, STEP, EACH
    }

    /** @param radix 2, 3, 4 or 5 */
    record Form(int radix, Factors factors) implements KernelForm {
        @Override public String name(Cpu cpu) { return "fourier " + radix + " " + factors; }

        @Override public void write(Assembler a, Cpu cpu) { new PassKernel(a, this).write(); }
    }

    private final Assembler a;
    private final int radix;
    private final Factors factors;
    private boolean masked;

    private PassKernel(Assembler a, Form form) {
        this.a = a;
        radix = form.radix;
        factors = form.factors;
    }

    private void write() {
        a.enter(SAVED);
        a.mov(RAX, Mem.at(RDI, X_JUMP));
        a.lea(RBX, Mem.at(RAX, RAX, 2));
        a.mov(R9, Mem.at(RDI, Y_JUMP));
        a.lea(R10, Mem.at(R9, R9, 2));
        a.mov(R11, Mem.at(RDI, MASK));
        a.emit(Instruction.KMOVW_FROM, Mask.K1, R11);
        a.mov(R13, Mem.at(RDI, STEPS));
        a.mov(R12, Mem.at(RDI, FACTORS));
        var step = a.bind(a.label());
        a.mov(RSI, Mem.at(RDI, X_RE));
        a.mov(RDX, Mem.at(RDI, X_IM));
        a.mov(RCX, Mem.at(RDI, Y_RE));
        a.mov(R8, Mem.at(RDI, Y_IM));
        if (factors == Factors.EACH) {
            a.mov(R12, Mem.at(RDI, FACTORS));
            a.mov(RBP, Mem.at(RDI, FACTORS_IM));
        }
        row();
        advance(X_RE, X_STEP);
        advance(X_IM, X_STEP);
        advance(Y_RE, Y_STEP);
        advance(Y_IM, Y_STEP);
        if (factors == Factors.STEP) a.add(R12, 3 * Double.BYTES * (radix - 1));
        if (factors == Factors.EACH) {
            advance(FACTORS, Y_STEP);
            advance(FACTORS_IM, Y_STEP);
        }
        a.sub(R13, 1);
        a.jump(Condition.NE, step);
        a.leave(SAVED);
    }

    private void advance(Field pointer, Field by) {
        a.mov(R15, Mem.at(RDI, pointer));
        a.add(R15, Mem.at(RDI, by));
        a.mov(Mem.at(RDI, pointer), R15);
    }

    private void row() {
        var part = a.label();
        var end = a.label();
        a.mov(R11, Mem.at(RDI, COLUMNS));
        a.sub(R11, 8);
        a.jump(Condition.L, part);
        a.align(32);
        var loop = a.bind(a.label());
        masked = false;
        butterflies();
        for (var pointer : new Gp[] {RSI, RDX, RCX, R8}) a.add(pointer, 64);
        if (factors == Factors.EACH) for (var pointer : new Gp[] {R12, RBP}) a.add(pointer, 64);
        a.sub(R11, 8);
        a.jump(Condition.GE, loop);
        a.bind(part);
        a.add(R11, 8);
        a.jump(Condition.E, end);
        masked = true;
        butterflies();
        a.bind(end);
    }

    /** Row {@code k} from a base, by a jump and three of them. */
    private static Mem at(Gp base, int k, Gp jump, Gp three) {
        return k == 0 ? Mem.at(base) : k == 3 ? Mem.at(base, three, 1) : Mem.at(base, jump, k);
    }

    private static Vec re(int k) { return zmm(2 * k); }

    private static Vec im(int k) { return zmm(2 * k + 1); }

    private void butterflies() {
        for (int k = 0; k < radix; k++) {
            load(re(k), at(RSI, k, RAX, RBX));
            load(im(k), at(RDX, k, RAX, RBX));
        }
        switch (radix) {
            case 2 -> {
                sum(re(0), re(1), zmm(20));
                sum(im(0), im(1), zmm(21));
            }
            case 3 -> three();
            case 4 -> four();
            default -> five();
        }
        for (int k = 0; k < radix; k++) {
            if (factors == Factors.EACH) each(k);
            else if (factors == Factors.STEP && k > 0) byStep(k);
            store(at(RCX, k, R9, R10), re(k));
            store(at(R8, k, R9, R10), im(k));
        }
    }

    /** {@code x, y = x + y, x - y}. */
    private void sum(Vec x, Vec y, Vec spare) {
        a.emit(Instruction.VSUBPD, spare, x, y);
        a.emit(Instruction.VADDPD, x, x, y);
        a.emit(Instruction.VMOVUPD, y, spare);
    }

    private void four() {
        sum(re(0), re(2), zmm(20));
        sum(im(0), im(2), zmm(21));
        sum(re(1), re(3), zmm(22));
        sum(im(1), im(3), zmm(23));
        sum(re(0), re(1), zmm(20)); // results 0 and 2
        sum(im(0), im(1), zmm(21));
        // 1 and 3 from the differences d = (re, im)(2) and e = (re, im)(3): d - i e and d + i e
        a.emit(Instruction.VADDPD, zmm(20), re(2), im(3));
        a.emit(Instruction.VSUBPD, zmm(21), im(2), re(3));
        a.emit(Instruction.VSUBPD, zmm(22), re(2), im(3));
        a.emit(Instruction.VADDPD, zmm(23), im(2), re(3));
        a.emit(Instruction.VMOVUPD, re(2), re(1));
        a.emit(Instruction.VMOVUPD, im(2), im(1));
        a.emit(Instruction.VMOVUPD, re(1), zmm(20));
        a.emit(Instruction.VMOVUPD, im(1), zmm(21));
        a.emit(Instruction.VMOVUPD, re(3), zmm(22));
        a.emit(Instruction.VMOVUPD, im(3), zmm(23));
    }

    private Mem constant(double value) { return a.constant(value).broadcast(); }

    private void three() {
        sum(re(1), re(2), zmm(20));
        sum(im(1), im(2), zmm(21));
        for (int part = 0; part < 2; part++) {
            Vec x = zmm(part), t = zmm(2 + part), middle = zmm(20 + part);
            a.emit(Instruction.VMULPD, middle, t, constant(-0.5));
            a.emit(Instruction.VADDPD, middle, middle, x);
            a.emit(Instruction.VADDPD, x, x, t);
            a.emit(Instruction.VMULPD, zmm(4 + part), zmm(4 + part), constant(HALF_ROOT_3));
        }
        turned(zmm(20), zmm(21), re(2), im(2), 1, 2);
    }

    /** Results {@code low} and {@code high}, {@code m - i v} and {@code m + i v}; v may stand in the place of one of them. */
    private void turned(Vec mRe, Vec mIm, Vec vRe, Vec vIm, int low, int high) {
        Vec p = zmm(28), q = zmm(29), r = zmm(30), s = zmm(31);
        a.emit(Instruction.VADDPD, p, mRe, vIm);
        a.emit(Instruction.VSUBPD, q, mIm, vRe);
        a.emit(Instruction.VSUBPD, r, mRe, vIm);
        a.emit(Instruction.VADDPD, s, mIm, vRe);
        a.emit(Instruction.VMOVUPD, re(low), p);
        a.emit(Instruction.VMOVUPD, im(low), q);
        a.emit(Instruction.VMOVUPD, re(high), r);
        a.emit(Instruction.VMOVUPD, im(high), s);
    }

    private void five() {
        sum(re(1), re(4), zmm(20));
        sum(im(1), im(4), zmm(21));
        sum(re(2), re(3), zmm(22));
        sum(im(2), im(3), zmm(23));
        for (int part = 0; part < 2; part++) {
            Vec x = zmm(part), t1 = zmm(2 + part), t2 = zmm(4 + part), t4 = zmm(6 + part), t3 = zmm(8 + part);
            Vec m1 = zmm(20 + part), m2 = zmm(22 + part), n1 = zmm(24 + part), n2 = zmm(26 + part);
            combination(m1, t1, C1, t2, C2);
            a.emit(Instruction.VADDPD, m1, m1, x);
            combination(m2, t1, C2, t2, C1);
            a.emit(Instruction.VADDPD, m2, m2, x);
            combination(n1, t3, S1, t4, S2);
            combination(n2, t3, S2, t4, -S1);
            a.emit(Instruction.VADDPD, t1, t1, t2);
            a.emit(Instruction.VADDPD, x, x, t1);
        }
        turned(zmm(20), zmm(21), zmm(24), zmm(25), 1, 4);
        turned(zmm(22), zmm(23), zmm(26), zmm(27), 2, 3);
    }

    /** {@code to = p x + q y}. */
    private void combination(Vec to, Vec x, double p, Vec y, double q) {
        a.emit(Instruction.VMULPD, to, x, constant(p));
        a.emit(Instruction.VFMADD231PD, to, y, constant(q));
    }

    /** Result {@code k} times the factor that stands for it in this step. */
    private void byStep(int k) {
        int at = 3 * Double.BYTES * (k - 1);
        Mem cosine = Mem.at(R12, at).broadcast(), less = Mem.at(R12, at + 8).broadcast(), sine = Mem.at(R12, at + 16).broadcast();
        a.emit(Instruction.VMULPD, zmm(20), im(k), less);
        a.emit(Instruction.VMULPD, zmm(21), re(k), sine);
        a.emit(Instruction.VFMADD132PD, re(k), zmm(20), cosine);
        a.emit(Instruction.VFMADD132PD, im(k), zmm(21), cosine);
    }

    private void each(int k) {
        load(zmm(22), at(R12, k, R9, R10));
        load(zmm(23), at(RBP, k, R9, R10));
        a.emit(Instruction.VMULPD, zmm(20), im(k), zmm(23));
        a.emit(Instruction.VMULPD, zmm(21), re(k), zmm(23));
        a.emit(Instruction.VFMSUB213PD, re(k), zmm(22), zmm(20));
        a.emit(Instruction.VFMADD213PD, im(k), zmm(22), zmm(21));
    }

    private void load(Vec to, Mem from) { a.emit(Instruction.VMOVUPD, masked ? to.mask(Mask.K1).zeroing() : to, from); }

    private void store(Mem to, Vec from) { a.emit(Instruction.VMOVUPD_STORE, masked ? to.mask(Mask.K1) : to, from); }
}
