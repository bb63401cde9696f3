package lyceum.backend.x86.fourier;

import java.lang.ref.Reference;
import java.lang.ref.SoftReference;
import java.util.concurrent.ConcurrentHashMap;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;

/** Where a transform arrives. Remembers what it has worked out for the lengths it has met. */
public final class FourierTransforms {
    /** Numbers up to which threads share lines, and not the strips of one line; nanoseconds that a number takes. */
    private static final int SHORT = 1 << 14;
    private static final double NANOS = 4;

    private final Cpu cpu;
    private final KernelCache<Cpu> kernels;
    private final ConcurrentHashMap<Integer, SoftReference<Line>> plans = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Integer, SoftReference<ShortLines>> beside = new ConcurrentHashMap<>();

    public FourierTransforms(Cpu cpu) {
        this.cpu = cpu;
        this.kernels = new KernelCache<>(cpu);
    }

    /** Transforms each line of {@code n} numbers; false for lengths, layouts and CPUs that kernels are not made for. */
    public boolean transform(View re, View im, View outRe, View outIm) {
        int rank = re.shape().length;
        long n = re.shape()[rank - 1], lines = n == 0 ? 0 : re.size() / n;
        if (!cpu.has(Feature.AVX512) || n > 1 << 26 || n < 64) return false;
        for (var view : new View[] {re, im, outRe, outIm}) if (view.dtype() != DType.F64 || !view.isContiguous()) return false;
        var together = lines >= ShortLines.LEAST ? shortLines((int) n) : null;
        if (together != null) {
            long strips = (lines + ShortLines.TOGETHER - 1) / ShortLines.TOGETHER;
            Parallel.range(strips, Math.max(1, SHORT / n / ShortLines.TOGETHER), NANOS * n * ShortLines.TOGETHER, (from, to) -> {
                for (long strip = from; strip < to; strip++) {
                    long first = strip * ShortLines.TOGETHER, at = first * n * Double.BYTES;
                    together.transform(kernels, re.address() + at, im.address() + at, outRe.address() + at, outIm.address() + at,
                            (int) Math.min(ShortLines.TOGETHER, lines - first));
                }
            });
            Reference.reachabilityFence(together);
            return true;
        }
        var plan = plan((int) n);
        Parallel.Body body = (from, to) -> {
            for (long line = from; line < to; line++) {
                long at = line * n * Double.BYTES;
                plan.transform(kernels, re.address() + at, im.address() + at, outRe.address() + at, outIm.address() + at);
            }
        };
        if (n <= SHORT) Parallel.range(lines, SHORT / n, NANOS * n, body);
        else body.run(0, lines);
        Scratch.ofThread().trim();
        return true;
    }

    /** The transform of lines of one length. */
    interface Line {
        /** Of the parts that begin at these addresses. */
        void transform(KernelCache<Cpu> kernels, long re, long im, long outRe, long outIm);
    }

    private ShortLines shortLines(int n) {
        var known = beside.get(n);
        var lines = known == null ? null : known.get();
        if (lines != null) return lines;
        lines = ShortLines.of(n);
        if (lines != null) beside.put(n, new SoftReference<>(lines));
        return lines;
    }

    private Line plan(int n) {
        var known = plans.get(n);
        Line line = known == null ? null : known.get();
        if (line != null) return line;
        line = Plan.of(n);
        if (line == null) line = new Chirp(n);
        plans.put(n, new SoftReference<>(line)); // while memory lasts
        return line;
    }
}
