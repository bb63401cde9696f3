package lyceum.backend.x86.fourier;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.machine.Cpu;
import lyceum.math.FourierLengths;
import lyceum.math.Roots;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/** The transform of columns of one length, pass by pass. Immutable. */
final class Columns {
    private static final int[] RADICES = {4, 5, 3, 2};

    final int length;
    private final int[] radices;
    /** For each pass but the last. */
    private final Storage[] factors;

    /** A matrix of complex numbers: the addresses of its parts, and bytes from row to row. */
    record Place(long re, long im, long row) {}

    /** @param length without other factors than 2, 3 and 5 */
    Columns(int length) {
        this.length = length;
        radices = FourierLengths.radices(length, RADICES);
        if (radices == null) throw new IllegalArgumentException("fourier: " + length + " has factors other than 2, 3 and 5");
        int count = radices.length;
        factors = new Storage[Math.max(0, count - 1)];
        int left = length;
        for (int pass = 0; pass < count - 1; pass++) {
            factors[pass] = factors(left, radices[pass]);
            left /= radices[pass];
        }
    }

    /** For each step p of a pass over transforms of {@code n} and each of the results but the first: {@code exp(-2 pi i j p / n)}. */
    private static Storage factors(int n, int radix) {
        int steps = n / radix;
        var numbers = new double[3 * steps * (radix - 1)];
        int at = 0;
        for (int p = 0; p < steps; p++) for (int j = 1; j < radix; j++) {
            double sine = Roots.sin((long) j * p, n);
            numbers[at++] = Roots.cos((long) j * p, n);
            numbers[at++] = sine;
            numbers[at++] = -sine;
        }
        return stored(numbers);
    }

    static Storage stored(double[] numbers) {
        var storage = Allocator.allocate((long) numbers.length * Double.BYTES, null);
        MemorySegment.copy(numbers, 0, storage.segment(), ValueLayout.JAVA_DOUBLE_UNALIGNED, storage.base(), numbers.length);
        return storage;
    }

    int passes() { return radices.length; }

    /** The place of {@code first} and {@code second} that the result of {@link #run} is in where {@code to} is null. */
    Place last(Place first, Place second) { return passes() % 2 == 1 ? first : second; }

    /**
     * Transforms {@code columns} columns of {@code from}.
     *
     * @param first rows to work in, as {@code second}: of a multiple of eight columns
     * @param to where the result goes; null for {@link #last}
     * @param times what each number of the result is multiplied by, laid out as the result is; null for nothing
     */
    void run(KernelCache<Cpu> kernels, MemorySegment block, Place from, int columns, Place first, Place second, Place to, Place times) {
        int wide = (int) (first.row / Double.BYTES), done = 1;
        var x = from;
        for (int pass = 0; pass < radices.length; pass++) {
            int radix = radices[pass], steps = length / (done * radix);
            boolean isLast = steps == 1;
            var y = isLast && to != null ? to : pass % 2 == 0 ? first : second;
            PassKernel.X_RE.set(block, x.re);
            PassKernel.X_IM.set(block, x.im);
            PassKernel.Y_RE.set(block, y.re);
            PassKernel.Y_IM.set(block, y.im);
            PassKernel.X_JUMP.set(block, (long) steps * done * x.row);
            PassKernel.Y_JUMP.set(block, done * y.row);
            PassKernel.X_STEP.set(block, (isLast ? 1 : done) * x.row);
            PassKernel.Y_STEP.set(block, (isLast ? 1 : (long) radix * done) * y.row);
            PassKernel.STEPS.set(block, isLast ? done : steps);
            int row = isLast || pass == 0 ? columns : done * wide;
            PassKernel.COLUMNS.set(block, row);
            PassKernel.MASK.set(block, (1L << row % 8) - 1);
            PassKernel.FACTORS.set(block, !isLast ? factors[pass].address() : times != null ? times.re : 0);
            PassKernel.FACTORS_IM.set(block, isLast && times != null ? times.im : 0);
            var kind = !isLast ? PassKernel.Factors.STEP : times != null ? PassKernel.Factors.EACH : PassKernel.Factors.NONE;
            var kernel = kernels.of(new PassKernel.Form(radix, kind));
            if ((long) length * columns < 1 << 14) kernel.call(block.address());
            else kernel.callLong(block.address());
            x = y;
            done *= radix;
        }
    }
}
