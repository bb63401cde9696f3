package lyceum.backend.x86.quant;

import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.asm.Vec.xmm;
import static lyceum.backend.x86.asm.Vec.ymm;
import static lyceum.backend.x86.asm.Vec.zmm;

import lyceum.backend.quant.Activations;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Writes a row of activations as {@link PackedActivations} lays it out; what {@link PackedActivations#write} does, ten times as fast. For AVX-512.
 *
 * <p>Arguments: 32 floats a record, then where the row's digits, its starts and its step lie in the first record, number of records, where the largest magnitude goes, which
 * is NaN if there is one.
 */
final class ActivationKernel {
    private static final Gp X = RDI, DIGITS = RSI, STARTS = RDX, STEP = RCX, RECORDS = R8, LARGEST = R9;
    /** The two halves of a record, the lowest digits of both, scratch, and the step with its reciprocal. */
    private static final Vec[] N = {zmm(0), zmm(1)}, DIGIT = {zmm(2), zmm(3)};
    private static final int SCRATCH = 4, OTHER = 5, STEP_VALUE = 6, INVERSE = 7, ROW = 8;

    private final Assembler a;
    private final PackedActivations layout;
    private final Activations activations;

    record Form(PackedActivations layout, Activations activations) implements KernelForm {
        @Override public String name(Cpu cpu) {
            return "quant-activations-" + layout.layout() + "-" + activations + "-" + layout.rows() + "-" + cpu.level();
        }

        @Override public void write(Assembler a, Cpu cpu) { new ActivationKernel(a, layout, activations).write(); }
    }

    private ActivationKernel(Assembler a, PackedActivations layout, Activations activations) {
        this.a = a;
        this.layout = layout;
        this.activations = activations;
    }

    /** Records that share a step. */
    private int records() { return activations.stepLength(layout.layout().length) / Activations.BLOCK; }

    private void write() {
        a.emit(VPXORD, zmm(ROW), zmm(ROW), zmm(ROW));
        var block = a.bind(a.label());
        largest();
        step();
        if (records() > 1) a.mov(RAX, records());
        var record = a.bind(a.label());
        integers();
        if (layout.layout().hasMinimum()) total();
        for (int d = layout.digits() - 1; d >= 0; d--) digit(d);
        a.add(X, 128);
        for (var gp : new Gp[] {DIGITS, STARTS, STEP}) a.add(gp, layout.recordBytes());
        if (records() > 1) {
            a.sub(RAX, 1);
            a.jump(Condition.NE, record);
        }
        a.sub(RECORDS, records());
        a.jump(Condition.NE, block);
        a.emit(VMOVDQU32, zmm(SCRATCH), zmm(ROW));
        reduce(VPMAXSD);
        a.emit(VMOVSS_STORE, Mem.at(LARGEST), xmm(SCRATCH));
        a.vzeroupper();
        a.ret();
    }

    /** The largest magnitude of what shares a step, into SCRATCH. As integers, whose order is that of floats without sign: NaN is above all. */
    private void largest() {
        var absolute = a.constants(Integer.MAX_VALUE).broadcast();
        for (int i = 0; i < 2 * records(); i++) {
            var to = i < 2 ? DIGIT[i] : N[i % 2];
            a.emit(VMOVUPS, N[i % 2], Mem.at(X, 64 * i));
            a.emit(VPANDD, to, N[i % 2], absolute);
            if (i >= 2) a.emit(VPMAXSD, DIGIT[i % 2], DIGIT[i % 2], to);
        }
        a.emit(VPMAXSD, zmm(SCRATCH), DIGIT[0], DIGIT[1]);
        a.emit(VPMAXSD, zmm(ROW), zmm(ROW), zmm(SCRATCH));
        reduce(VPMAXSD);
    }

    /** See {@link Activations#integers}. */
    private void step() {
        Vec largest = xmm(SCRATCH), step = xmm(STEP_VALUE), inverse = xmm(INVERSE);
        if (activations == Activations.Q8) {
            a.emit(VMAXSS, largest, largest, a.constant(activations.largest() * Float.MIN_NORMAL));
            a.emit(VMOVSS, inverse, a.constant((float) activations.largest()));
            a.emit(VDIVSS, inverse, inverse, largest);
            if (records() > 1) {
                a.emit(VMOVSS, step, a.constant(1f));
                a.emit(VDIVSS, step, step, inverse);
            } else {
                a.emit(VDIVSS, step, largest, a.constant((float) activations.largest()));
                a.emit(VMULSS, largest, step, a.constant(Activations.SPLIT));
                a.emit(VSUBSS, step, largest, step);
                a.emit(VSUBSS, step, largest, step);
            }
        } else {
            a.emit(VDIVSS, step, largest, a.constant((float) activations.largest()));
            a.emit(VMAXSS, step, step, a.constant(Float.MIN_NORMAL));
            a.emit(VMOVSS, inverse, a.constant(1f));
            a.emit(VDIVSS, inverse, inverse, step);
        }
        a.emit(VBROADCASTSS, zmm(INVERSE), inverse);
    }

    /** The two vectors of integers, and the step. */
    private void integers() {
        for (int i = 0; i < 2; i++) {
            a.emit(VMULPS, N[i], zmm(INVERSE), Mem.at(X, 64 * i));
            a.emit(VCVTPS2DQ, N[i], N[i]);
            a.emit(VPMINSD, N[i], N[i], a.constants(activations.largest()).broadcast());
            a.emit(VPMAXSD, N[i], N[i], a.constants(-activations.largest()).broadcast());
        }
        a.emit(VMOVSS_STORE, Mem.at(STEP), xmm(STEP_VALUE));
    }

    private void total() {
        a.emit(VPADDD, zmm(SCRATCH), N[0], N[1]);
        reduce(VPADDD);
        a.emit(VCVTDQ2PS, xmm(SCRATCH), xmm(SCRATCH));
        a.emit(VMULSS, xmm(SCRATCH), xmm(SCRATCH), xmm(STEP_VALUE));
        a.emit(VMOVSS_STORE, Mem.at(STEP, layout.sumAt(0) - layout.stepAt(0)), xmm(SCRATCH));
    }

    private void digit(int d) {
        for (int i = 0; i < 2; i++) {
            a.emit(VPMOVDB, Mem.at(DIGITS, layout.digitAt(0, d) + 16 * i), N[i]);
            a.emit(VPSLLD, 24, DIGIT[i], N[i]);
            a.emit(VPSRAD, 24, DIGIT[i], DIGIT[i]);
            a.emit(VPSUBD, N[i], N[i], DIGIT[i]);
            a.emit(VPSRAD, 8, N[i], N[i]);
        }
        int offset = layout.layout().offset, start = layout.startAt(0, d, 0) - layout.startAt(0, 0, 0);
        for (int u = 0; u < layout.units(); u++) {
            if (offset == 0) {
                a.emit(VXORPS, xmm(SCRATCH), xmm(SCRATCH), xmm(SCRATCH));
            } else {
                if (layout.units() == 1) a.emit(VPADDD, zmm(SCRATCH), DIGIT[0], DIGIT[1]);
                else a.emit(VMOVDQU32, zmm(SCRATCH), DIGIT[u]);
                reduce(VPADDD);
                a.emit(VPMULLD, xmm(SCRATCH), xmm(SCRATCH), a.constants(-offset, -offset, -offset, -offset));
            }
            a.emit(VMOVSS_STORE, Mem.at(STARTS, start + 4 * u), xmm(SCRATCH));
        }
    }

    /** All lanes of SCRATCH into its first. */
    private void reduce(Instruction operation) {
        a.emit(VEXTRACTI64X4, 1, ymm(OTHER), zmm(SCRATCH));
        a.emit(operation, ymm(SCRATCH), ymm(SCRATCH), ymm(OTHER));
        a.emit(VEXTRACTI128, 1, xmm(OTHER), ymm(SCRATCH));
        a.emit(operation, xmm(SCRATCH), xmm(SCRATCH), xmm(OTHER));
        a.emit(VPSHUFD, 0x0E, xmm(OTHER), xmm(SCRATCH));
        a.emit(operation, xmm(SCRATCH), xmm(SCRATCH), xmm(OTHER));
        a.emit(VPSHUFD, 0x01, xmm(OTHER), xmm(SCRATCH));
        a.emit(operation, xmm(SCRATCH), xmm(SCRATCH), xmm(OTHER));
    }
}
