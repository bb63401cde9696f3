package lyceum.backend.x86.index;

import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.DType;
import lyceum.backend.Backend.Scan;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/**
 * How a running reduction sees elements, for AVX-512. Sums and products of F32 go on in doubles, as those of plain loops do. For maxima and minima a float
 * becomes an integer that orders as it does, NaN beyond all others; so NaN stays, +0 is greater than -0, and a step is one instruction.
 *
 * <p>Registers 24 to 27 are its own.
 *
 * @param bits of a vector: 512 for extremes
 */
record RunningStep(Assembler a, Scan scan, DType type, int bits) {
    private static final Vec SCRATCH = Vec.zmm(24), BEYOND = Vec.zmm(25), NEUTRAL = Vec.zmm(26);
    /** Free for whoever scans. */
    static final Vec SPARE = Vec.zmm(27);

    boolean extreme() { return scan == Scan.MAX || scan == Scan.MIN; }

    private boolean wide() { return type == DType.F64; }

    /** Elements of a vector as it is worked on. */
    int lanes() { return extreme() && !wide() ? 16 : bits / 64; }

    /** Bytes of so many in memory. */
    int bytes() { return lanes() * type.bytes(); }

    /** Dwords of a lane. */
    int dwords() { return bits / 32 / lanes(); }

    /** What changes nothing: of an extreme, what everything beats. */
    Vec neutral() { return NEUTRAL.as(bits); }

    void prepare() {
        long beyond = scan == Scan.MAX ? Long.MAX_VALUE : Long.MIN_VALUE;
        if (extreme()) {
            fill(BEYOND, wide() ? beyond : word(beyond));
            fill(NEUTRAL, wide() ? ~beyond : word(~beyond));
        } else if (scan == Scan.PROD) {
            fill(NEUTRAL, Double.doubleToRawLongBits(1));
        } else {
            fill(NEUTRAL, Double.doubleToRawLongBits(-0.0));
        }
    }

    private static long word(long x) { return (x >>> 32) * 0x1_0000_0001L | x >>> 32; }

    private void fill(Vec v, long bits) { a.emit(VPBROADCASTQ, v, a.constants(bits)); }

    void load(Vec to, Mem from, boolean partial) {
        var target = partial ? to.mask(Mask.K1).zeroing() : to;
        if (extreme()) {
            a.emit(wide() ? VMOVUPD : VMOVUPS, target, from);
            a.emit(wide() ? VCMPPD : VCMPPS, 3, Mask.K2, to, to);
            turn(to);
            a.emit(wide() ? VPBLENDMQ : VPBLENDMD, to.mask(Mask.K2), to, BEYOND);
        } else {
            a.emit(wide() ? VMOVUPD : VCVTPS2PD, target, from);
        }
    }

    /** Floats to integers in their order, and back. */
    private void turn(Vec x) {
        a.emit(wide() ? VPSRAQ : VPSRAD, wide() ? 63 : 31, SCRATCH, x);
        a.emit(wide() ? VPSRLQ : VPSRLD, 1, SCRATCH, SCRATCH);
        a.emit(VPXORD, x, x, SCRATCH);
    }

    /** Spends {@code from}. */
    void store(Mem to, Vec from, boolean partial) {
        var place = partial ? to.mask(Mask.K1) : to;
        if (extreme()) turn(from);
        if (!extreme() && !wide()) {
            a.emit(VCVTPD2PS, SCRATCH.as(bits / 2), from);
            a.emit(VMOVUPS_STORE, place, SCRATCH.as(bits / 2));
        } else {
            a.emit(wide() ? VMOVUPD_STORE : VMOVUPS_STORE, place, from);
        }
    }

    void join(Vec to, Vec so, Vec x) { a.emit(joining(), to, so, x); }

    private Instruction joining() {
        return switch (scan) {
            case SUM -> VADDPD;
            case PROD -> VMULPD;
            case MAX -> wide() ? VPMAXSQ : VPMAXSD;
            case MIN -> wide() ? VPMINSQ : VPMINSD;
        };
    }
}
