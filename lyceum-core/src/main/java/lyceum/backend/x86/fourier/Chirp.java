package lyceum.backend.x86.fourier;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.machine.Cpu;
import lyceum.math.FourierChirp;
import lyceum.memory.Storage;

/** The transform of a length with other factors than 2, 3 and 5, as a convolution by a longer one: {@link FourierChirp}. Immutable. */
final class Chirp implements FourierTransforms.Line {
    @SuppressWarnings("restricted") private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private final FourierChirp chirp;
    private final int n, length;
    private final Plan plan;
    private final double[] cos, sin;
    /** The transform of the conjugate chirp, divided by the length: real parts, imaginary parts. */
    private volatile double[][] filter;

    Chirp(int n) {
        this.n = n;
        chirp = FourierChirp.of(n);
        length = chirp.length();
        plan = Plan.of(length);
        cos = chirp.cos();
        sin = chirp.sin();
    }

    private double[][] filter(KernelCache<Cpu> kernels) {
        if (filter != null) return filter;
        var scratch = Scratch.ofThread().convolved(2L * length * Double.BYTES);
        long re = scratch.address(), im = re + 8L * length;
        var made = chirp.conjugate();
        MemorySegment.copy(made[0], 0, MEMORY, F64, re, length);
        MemorySegment.copy(made[1], 0, MEMORY, F64, im, length);
        plan.transform(kernels, re, im, re, im);
        for (int i = 0; i < length; i++) {
            made[0][i] = MEMORY.get(F64, re + 8L * i) / length;
            made[1][i] = MEMORY.get(F64, im + 8L * i) / length;
        }
        Reference.reachabilityFence(scratch);
        return filter = made;
    }

    @Override public void transform(KernelCache<Cpu> kernels, long re, long im, long outRe, long outIm) {
        double[][] filter = filter(kernels);
        double[] filterRe = filter[0], filterIm = filter[1];
        Storage scratch = Scratch.ofThread().convolved(2L * length * Double.BYTES);
        long aRe = scratch.address(), aIm = aRe + 8L * length;
        for (int t = 0; t < n; t++) {
            double x = MEMORY.get(F64, re + 8L * t), y = MEMORY.get(F64, im + 8L * t);
            MEMORY.set(F64, aRe + 8L * t, x * cos[t] - y * sin[t]);
            MEMORY.set(F64, aIm + 8L * t, x * sin[t] + y * cos[t]);
        }
        MEMORY.asSlice(aRe + 8L * n, 8L * (length - n)).fill((byte) 0);
        MEMORY.asSlice(aIm + 8L * n, 8L * (length - n)).fill((byte) 0);
        plan.transform(kernels, aRe, aIm, aRe, aIm);
        for (int k = 0; k < length; k++) {
            double x = MEMORY.get(F64, aRe + 8L * k), y = MEMORY.get(F64, aIm + 8L * k);
            MEMORY.set(F64, aRe + 8L * k, x * filterRe[k] - y * filterIm[k]);
            MEMORY.set(F64, aIm + 8L * k, x * filterIm[k] + y * filterRe[k]);
        }
        plan.transform(kernels, aIm, aRe, aIm, aRe); // with its parts exchanged it is the inverse
        for (int k = 0; k < n; k++) {
            double x = MEMORY.get(F64, aRe + 8L * k), y = MEMORY.get(F64, aIm + 8L * k);
            MEMORY.set(F64, outRe + 8L * k, x * cos[k] - y * sin[k]);
            MEMORY.set(F64, outIm + 8L * k, x * sin[k] + y * cos[k]);
        }
        Reference.reachabilityFence(scratch);
    }
}
