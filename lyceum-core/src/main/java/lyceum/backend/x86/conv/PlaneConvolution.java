package lyceum.backend.x86.conv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.conv.PlaneKernel.Form;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;
import lyceum.memory.Allocator;
import lyceum.memory.Scope;
import lyceum.memory.Storage;

/** Depthwise convolutions with kernels of up to 3 x 3 and strides of 1 or 2, straight from the planes; see {@link PlaneKernel}. */
final class PlaneConvolution {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    /** Multiply-adds worth a piece of work for a thread, and the most of one call. */
    private static final long GRAIN = 1 << 20;
    /**
     * Channels at least whose gradients are made together, for a kernel asks for the next plane of the same example: with 32 channels of 112 x 112, batch of 8, on one thread of
     * Zen 5, 0.56 ms by fours and 1.57 ms one by one.
     */
    private static final int NEIGHBOURS = 4;

    private final Cpu cpu;
    private final ThreadLocal<MemorySegment> perThread = Arguments.perThread();
    private final KernelCache<Cpu> kernels;

    PlaneConvolution(KernelCache<Cpu> kernels) {
        this.kernels = kernels;
        this.cpu = kernels.cpu();
    }

    /** Whether there is a kernel. */
    boolean suits(WindowGeometry g) {
        boolean flat = g.in()[0] == 1 && g.kernel()[0] == 1 && g.out()[0] == 1 && g.before()[0] == 0 && g.dilation()[1] == 1
                && g.dilation()[2] == 1;
        return flat && g.kernel()[1] <= 3 && g.kernel()[2] <= 3 && g.stride()[1] == g.stride()[2] && g.stride()[1] <= 2;
    }

    /** Sizes of what is read and written: y from x, or, for the gradient by the input, the other way round. */
    private record Sizes(int inHeight, int inWidth, int outHeight, int outWidth, int above, int left, int kernelWidth, int stride) {
        /** The lines under way at the beginning and at the end of a plane are others. */
        boolean rolls(WindowGeometry g) { return stride == 1 && outHeight >= g.kernel()[1]; }

        /** What each vector of a line of y reads of a line of x. @param once whether no element may be in two vectors */
        Storage masks(Cpu cpu, boolean once) {
            int lanes = PlaneVectors.lanes(cpu), vectors = (outWidth + lanes - 1) / lanes;
            var storage = Allocator.allocate((long) vectors * PlaneVectors.entry(cpu), null);
            for (int v = 0; v < vectors; v++) {
                long at = storage.base() + (long) v * PlaneVectors.entry(cpu);
                int first = once ? lanes * v : PlaneVectors.column(v, lanes, outWidth),
                        next = once ? lanes * (v + 1) : PlaneVectors.column(v + 1, lanes, outWidth);
                PlaneVectors.setStep(cpu, storage.segment(), at, next - first);
                int begin = first * stride - left, end = begin + kernelWidth - 1 + lanes * stride;
                PlaneVectors.setWhole(cpu, storage.segment(), at, begin >= 0 && end <= inWidth && first + lanes <= outWidth);
                int outputs = Math.min(lanes, outWidth - first);
                for (int u = 0; u < kernelWidth; u++) {
                    int column = first * stride + u - left, beyond = column + (outputs - 1) * stride + 1; // what no output reads must not meet its 0
                    PlaneVectors.setMask(cpu, storage.segment(), at, PlaneVectors.LOADS + u, inside(lanes, column, beyond));
                    PlaneVectors.setMask(cpu, storage.segment(), at, PlaneVectors.SECOND_LOADS + u, inside(lanes, column + lanes, beyond));
                }
                PlaneVectors.setMask(cpu, storage.segment(), at, PlaneVectors.STORE, (1L << outputs) - 1);
            }
            return storage;
        }

        /** Which of so many elements from {@code column} on lie in a line of x and before {@code beyond}. */
        private long inside(int lanes, int column, int beyond) {
            long mask = 0;
            for (int lane = 0; lane < lanes; lane++)
                if (column + lane >= 0 && column + lane < Math.min(inWidth, beyond)) mask |= 1L << lane;
            return mask;
        }

        void into(MemorySegment arguments, Storage masks, long vectors) {
            PlaneKernel.VECTORS.set(arguments, vectors);
            PlaneKernel.X_PLANE.set(arguments, 4L * inHeight * inWidth);
            PlaneKernel.Y_PLANE.set(arguments, 4L * outHeight * outWidth);
            PlaneKernel.X_LINE.set(arguments, 4L * inWidth);
            PlaneKernel.Y_LINE.set(arguments, 4L * outWidth);
            PlaneKernel.X_HEIGHT.set(arguments, inHeight);
            PlaneKernel.Y_HEIGHT.set(arguments, outHeight);
            PlaneKernel.FIRST_LINE.set(arguments, -above);
            PlaneKernel.FIRST_COLUMN.set(arguments, -4L * left);
            PlaneKernel.MASKS.set(arguments, masks.address());
        }
    }

    private static long grain(WindowGeometry g) { return Math.max(1, GRAIN / Math.max(1, (long) g.outVolume() * (g.taps() + 4))); }

    /** Of one plane, about. */
    private static double nanos(WindowGeometry g) { return (double) g.outVolume() * (g.taps() + 4) / (g.stride()[1] == 1 ? 64 : 24); }

    void forward(WindowGeometry g, View x, View weight, View bias, Op activation, View y) {
        var sizes = new Sizes(g.in()[1], g.in()[2], g.out()[1], g.out()[2], g.before()[1], g.before()[2], g.kernel()[2], g.stride()[1]);
        var form = new PlaneKernel(g.kernel()[1], g.kernel()[2], sizes.stride, Form.PRODUCT, bias != null, activation == Op.RELU,
                sizes.rolls(g));
        product(g, sizes, kernels.of(form), sizes.masks(cpu, false), x, weight, bias, y);
    }

    void back(WindowGeometry g, View y, View weight, View bias, Op activation, View x) {
        if (g.stride()[1] == 2) {
            backBySecond(g, y, weight, bias, activation, x);
            return;
        }
        var sizes = new Sizes(g.out()[1], g.out()[2], g.in()[1], g.in()[2], g.kernel()[1] - 1 - g.before()[1],
                g.kernel()[2] - 1 - g.before()[2], g.kernel()[2], 1);
        var form = new PlaneKernel(g.kernel()[1], g.kernel()[2], 1, Form.FLIPPED, bias != null, activation == Op.RELU, sizes.rolls(g));
        product(g, sizes, kernels.of(form), sizes.masks(cpu, false), y, weight, bias, x);
    }

    /** A vector here is one of the even and one of the odd columns. */
    private void backBySecond(WindowGeometry g, View y, View weight, View bias, Op activation, View x) {
        int left = g.before()[2], width = g.in()[2];
        var form = new PlaneBack(g.kernel()[1], g.kernel()[2], g.before()[1], left, bias != null, activation == Op.RELU);
        var sizes = new Sizes(g.out()[1], g.out()[2], g.in()[1], width, 0, 0, g.kernel()[2], 1);
        int lanes = PlaneVectors.lanes(cpu), vectors = (width + 2 * lanes - 1) / (2 * lanes);
        var masks = Allocator.allocate((long) vectors * PlaneVectors.entry(cpu), null);
        for (int v = 0; v < vectors; v++) {
            // In pairs of columns.
            int pairs = width % 2 == 0 ? width / 2 : 0, first = pairs == 0 ? lanes * v : PlaneVectors.column(v, lanes, pairs),
                    next = pairs == 0 ? lanes * (v + 1) : PlaneVectors.column(v + 1, lanes, pairs);
            long at = masks.base() + (long) v * PlaneVectors.entry(cpu), outputs = (1L << Math.min(2 * lanes, width - 2 * first)) - 1;
            PlaneVectors.setStep(cpu, masks.segment(), at, next - first);
            for (int u = 0; u < g.kernel()[2]; u++)
                PlaneVectors.setMask(cpu, masks.segment(), at, PlaneVectors.LOADS + u,
                        sizes.inside(lanes, first + PlaneBack.column(left, u), sizes.inWidth));
            PlaneVectors.setMask(cpu, masks.segment(), at, PlaneVectors.STORE, outputs & (1L << lanes) - 1);
            PlaneVectors.setMask(cpu, masks.segment(), at, PlaneBack.SECOND_STORE, outputs >>> lanes);
        }
        product(g, sizes, kernels.of(form), masks, y, weight, bias, x);
    }

    private void product(WindowGeometry g, Sizes sizes, Kernel kernel, Storage masks, View x, View weight, View bias, View y) {
        Scope.current().hold(masks);
        Parallel.range((long) g.batch() * g.inputs(), grain(g), nanos(g), (from, to) -> {
            var arguments = perThread.get();
            sizes.into(arguments, masks, masks.bytes() / PlaneVectors.entry(cpu));
            for (long plane = from; plane < to;) {
                long c = plane % g.inputs(), n = Math.min(to - plane, g.inputs() - c);
                PlaneKernel.X.set(arguments, x.address() + 4 * plane * sizes.inHeight * sizes.inWidth);
                PlaneKernel.Y.set(arguments, y.address() + 4 * plane * sizes.outHeight * sizes.outWidth);
                PlaneKernel.W.set(arguments, weight.address() + 4 * c * g.taps());
                if (bias != null) PlaneKernel.BIAS.set(arguments, bias.address() + 4 * c);
                PlaneKernel.PLANES.set(arguments, n);
                kernel.callLong(arguments.address());
                plane += n;
            }
        });
    }

    /** Each example's sums are made in the kernel; the examples are added in double, in order. */
    void weight(WindowGeometry g, View x, View y, View weight) {
        var sizes = new Sizes(g.in()[1], g.in()[2], g.out()[1], g.out()[2], g.before()[1], g.before()[2], g.kernel()[2], g.stride()[1]);
        var kernel = kernels.of(new PlaneKernel(g.kernel()[1], g.kernel()[2], sizes.stride, Form.WEIGHT, false, false, sizes.rolls(g)));
        var masks = sizes.masks(cpu, true);
        Scope.current().hold(masks);
        Parallel.range(g.inputs(), Math.max(NEIGHBOURS, grain(g) / g.batch()), g.batch() * nanos(g), (from, to) -> {
            int numbers = (int) (to - from) * g.taps();
            var parts = Allocator.allocate(4L * numbers);
            var totals = new double[numbers];
            var arguments = perThread.get();
            sizes.into(arguments, masks, masks.bytes() / PlaneVectors.entry(cpu));
            for (int example = 0; example < g.batch(); example++) {
                long plane = (long) example * g.inputs() + from;
                PlaneKernel.X.set(arguments, x.address() + 4 * plane * g.inVolume());
                PlaneKernel.Y.set(arguments, y.address() + 4 * plane * g.outVolume());
                PlaneKernel.W.set(arguments, parts.address());
                PlaneKernel.PLANES.set(arguments, to - from);
                kernel.callLong(arguments.address());
                for (int i = 0; i < numbers; i++) totals[i] += parts.segment().get(FLOAT, parts.base() + 4L * i);
            }
            for (int i = 0; i < numbers; i++)
                weight.storage().segment().set(FLOAT, weight.byteOffset() + 4 * (from * g.taps() + i), (float) totals[i]);
        });
    }
}
