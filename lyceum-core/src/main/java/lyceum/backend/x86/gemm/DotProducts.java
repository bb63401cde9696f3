package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.gemm.Costs.*;

import lyceum.backend.Parallel;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;

/** Products of few rows with a transposed matrix, or of a matrix with few columns that are contiguous: inner products of rows as they lie. */
final class DotProducts {
    private final Cpu cpu;
    private final KernelCache<Cpu> kernels;
    private final Packing packing;
    private final Gemm gemm;
    private final Kernel[][] known = new Kernel[Arithmetic.values().length][DotKernel.MOST_ROWS + 1];

    DotProducts(Cpu cpu, KernelCache<Cpu> kernels, Packing packing, Gemm gemm) {
        this.cpu = cpu;
        this.kernels = kernels;
        this.packing = packing;
        this.gemm = gemm;
    }

    /** True for products of this form. */
    boolean suits(Product product) {
        return switch (product.arithmetic()) {
            case F32, F64, BF16 -> Math.min(product.m(), product.n()) <= FEW_ROWS && !product.widens(product.a())
                    && Product.rowStride(product.b()) == 1 && Product.columnStride(product.a()) == 1;
            default -> false;
        };
    }

    /** False if the product has another form. */
    boolean multiply(Product product) {
        if (!suits(product)) return false;
        var arithmetic = product.arithmetic();
        boolean turned = product.n() < product.m();
        int few = Math.min(product.m(), product.n()), many = Math.max(product.m(), product.n());
        long bytes = (long) product.k() * arithmetic.bytes, batch = product.batch();
        int rows = (int) Math.clamp(PIECE_BYTES / bytes, Math.min(many, 24), many);
        long pieces = (many + rows - 1) / rows;
        if (pieces * batch == 1) {
            piece(product, turned, 0, few, 0, many);
            return true;
        }
        double nanos = rows * bytes * Math.max(few / 3.0, 1) / LINE_BYTES;
        Parallel.range(pieces * batch, Math.max(1, (long) (STREAMING_PIECE / nanos)), nanos, (from, to) -> {
            for (long p = from; p < to; p++) {
                int first = (int) (p % pieces) * rows;
                piece(product, turned, p / pieces, few, first, Math.min(rows, many - first));
            }
        });
        return true;
    }

    private void piece(Product product, boolean turned, long index, int few, int first, int count) {
        var scratch = Scratch.ofThread();
        Operand x = product.operand(product.a(), index), w = product.columns(product.b(), index),
                out = product.operand(product.out(), index);
        boolean direct = product.isResult();
        int columns = turned ? few : count;
        if (turned) {
            var rows = x;
            x = w;
            w = rows;
            out = out.transposed();
        }
        if (first > 0) out = out.from(0, first);
        if (!direct) {
            int lane = product.arithmetic().lane;
            long to = scratch.get(Scratch.Use.SUMS, (long) few * count * lane);
            out = turned ? new Operand(to, lane, (long) columns * lane) : new Operand(to, (long) columns * lane, lane);
        }
        run(product, scratch, x, first > 0 ? w.from(first, 0) : w, out, few, count);
        if (direct && product.then() == null) return;
        var sums = direct ? null : scratch;
        if (turned) gemm.finish(product, sums, index, first, count, 0, few);
        else gemm.finish(product, sums, index, 0, few, first, count);
    }

    /** Asked for at every product of a row or a few, which makes no key to find it by. */
    private Kernel kernel(Arithmetic arithmetic, int rows) {
        var row = known[arithmetic.ordinal()];
        return row[rows] != null ? row[rows] : (row[rows] = kernels.of(new DotKernel.Form(arithmetic, rows)));
    }

    private void run(Product product, Scratch scratch, Operand x, Operand w, Operand out, int few, int count) {
        var arithmetic = product.arithmetic();
        int elements = cpu.vectorBits() / 8 / arithmetic.bytes, rest = product.k() % elements;
        var parameters = scratch.parameters();
        DotKernel.X_ROW.set(parameters, x.rowStride());
        DotKernel.W_ROW.set(parameters, w.rowStride());
        DotKernel.OUT_X.set(parameters, out.rowStride());
        DotKernel.OUT_W.set(parameters, out.columnStride());
        DotKernel.VECTORS.set(parameters, product.k() / elements);
        long mask = rest == 0 ? 0 : packing.mask(rest, arithmetic.bytes);
        for (int i = 0; i < few; i += DotKernel.MOST_ROWS) {
            int rows = Math.min(DotKernel.MOST_ROWS, few - i);
            Gemm.call(kernel(arithmetic, rows), (long) rows * count * product.k(), parameters.address(), x.address() + i * x.rowStride(),
                    w.address(), out.address() + i * out.rowStride(), count, mask);
        }
    }
}
