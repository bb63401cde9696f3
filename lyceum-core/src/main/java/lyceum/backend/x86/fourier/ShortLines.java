package lyceum.backend.x86.fourier;

import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.fourier.Columns.Place;
import lyceum.backend.x86.gemm.TransposeKernel;
import lyceum.backend.x86.machine.Cpu;
import lyceum.math.FourierLengths;

/**
 * The transforms of many short lines of one length: some at a time they are turned into columns, which are transformed together, and turned back. A {@link Plan} of one short
 * line calls as many kernels for far fewer numbers (6,000 lines of 400, one thread, Sapphire Rapids: 35 ms by plans). Immutable.
 */
final class ShortLines {
    /** Lines that are columns together; lines from which on they are; numbers of a line whose columns stay in the second-level cache. */
    static final int TOGETHER = 16, LEAST = 8;
    private static final int LONGEST = 2048;

    private final Columns columns;

    private ShortLines(int n) { columns = new Columns(n); }

    /** Null for lines that are too long or have other factors than 2, 3 and 5. */
    static ShortLines of(int n) { return n <= LONGEST && FourierLengths.radices(n, 2, 3, 5) != null ? new ShortLines(n) : null; }

    /** Up to {@link #TOGETHER} lines that follow one another. */
    void transform(KernelCache<Cpu> kernels, long re, long im, long outRe, long outIm, int lines) {
        int n = columns.length;
        long line = 8L * n, part = 8L * n * TOGETHER, row = 8L * TOGETHER;
        var scratch = Scratch.ofThread();
        Place first = scratch.place(0, n, TOGETHER), second = scratch.place(1, n, TOGETHER), last = columns.last(first, second);
        var middle = scratch.middle(2 * part);
        var from = new Place(middle.address(), middle.address() + part, row);
        var turn = kernels.of(new TransposeKernel.Form(Double.BYTES));
        turn.move((long) n * lines, re, line, from.re(), row, lines, n);
        turn.move((long) n * lines, im, line, from.im(), row, lines, n);
        columns.run(kernels, scratch.block(), from, lines, first, second, null, null);
        turn.move((long) n * lines, last.re(), row, outRe, line, n, lines);
        turn.move((long) n * lines, last.im(), row, outIm, line, n, lines);
    }
}
