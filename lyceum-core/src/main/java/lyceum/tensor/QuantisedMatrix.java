package lyceum.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.backend.quant.BlockMatrix;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/**
 * A weight matrix stored in few bits: {@code (out, in)} as a linear layer keeps it, each row in blocks of one {@link BlockFormat}.
 *
 * {@snippet :
 * var w = QuantisedMatrix.of(layer.weight(), BlockFormat.Q4_K);     // an eighth of the memory
 * var y = w.matmul(x);                                              // x w' : (batch, in) to (batch, out)
 * var fast = w.withActivations(Activations.Q8).matmul(x);           // as llama.cpp computes
 * }
 *
 * <p>Immutable, safe for threads. Products are differentiable in the activations (so that adapters can be trained on a quantised model); the
 * weights have no gradient. Backends keep an arrangement of their own beside the bytes, made at the first product.
 */
public final class QuantisedMatrix {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final BlockMatrix blocks;
    private final Activations activations;

    private QuantisedMatrix(BlockMatrix blocks, Activations activations) {
        this.blocks = blocks;
        this.activations = activations;
    }

    /**
     * Quantises a matrix of floats, every weight to the nearest code of the scale that loses least. Cost: one pass for Q8_0, Q4_0 and INT4,
     * about twenty for the K formats.
     *
     * @throws ShapeException if the rank is not 2
     * @throws IllegalArgumentException if rows are not whole blocks, or a weight is infinite, NaN or beyond what F16 scales reach
     */
    public static QuantisedMatrix of(Tensor weights, BlockFormat format) {
        if (weights.rank() != 2)
            throw new ShapeException("QuantisedMatrix: weights of shape " + weights.shape() + "; they are a matrix (out, in)");
        if (!weights.dtype().isFloat())
            throw new DTypeException("QuantisedMatrix: weights are " + weights.dtype() + "; convert them to a float type");
        Tracing.reading("a matrix to quantise", weights);
        long rows = weights.size(0);
        int columns = Math.toIntExact(weights.size(1));
        long rowBytes = format.rowBytes(columns);
        var floats = weights.detach().to(DType.F32).contiguous().view();
        var storage = Allocator.allocate(Math.multiplyExact(rows, rowBytes));
        Parallel.range(rows, Math.max(1, (1 << 14) / Math.max(1, columns)), 5.0 * columns, (from, to) -> {
            var row = new float[columns];
            for (long j = from; j < to; j++) {
                MemorySegment.copy(floats.storage().segment(), FLOAT, floats.byteOffset() + j * columns * 4, row, 0, columns);
                if (!format.isFloat()) checkFinite(row, j, format);
                format.quantiseRow(row, 0, columns, storage.segment(), storage.base() + j * rowBytes);
            }
        });
        Reference.reachabilityFence(floats);
        return new QuantisedMatrix(new BlockMatrix(format, rows, columns, storage, 0), Activations.F32);
    }

    private static void checkFinite(float[] row, long j, BlockFormat format) {
        for (int i = 0; i < row.length; i++) {
            if (!Float.isFinite(row[i])) throw new IllegalArgumentException(
                    "QuantisedMatrix: weight (" + j + ", " + i + ") is " + row[i] + "; " + format.name() + " has no code for it");
        }
    }

    /**
     * A matrix on bytes of a file: mapped, not copied, at any address.
     *
     * @throws FormatException if the bytes are not exactly {@code rows} rows. Scales are looked at before the first product: one that is not
     *         finite is a FormatException there
     */
    public static QuantisedMatrix on(MemorySegment bytes, BlockFormat format, long rows, long columns) {
        if (rows < 0 || columns < 0) throw new FormatException(format.name() + ": a matrix of " + rows + " x " + columns);
        if (columns % format.blockLength() != 0)
            throw new FormatException(format.name() + ": rows of " + columns + " weights are not whole blocks of " + format.blockLength());
        long rowBytes = format.rowBytes(columns);
        if (rowBytes != 0 && rows > Long.MAX_VALUE / rowBytes || rows * rowBytes != bytes.byteSize()) throw new FormatException(
                format.name() + ": " + rows + " x " + columns + " weights do not take " + bytes.byteSize() + " bytes");
        return new QuantisedMatrix(new BlockMatrix(format, rows, columns, Storage.wrap(bytes), 0), Activations.F32);
    }

    /** The same weights, their products with activations taken as {@code activations} says; {@link Activations#F32} unless asked otherwise. */
    public QuantisedMatrix withActivations(Activations activations) { return new QuantisedMatrix(blocks, activations); }

    /** The weights as a backend takes them. */
    public BlockMatrix blocks() { return blocks; }

    public BlockFormat format() { return blocks.format(); }

    public Activations activations() { return activations; }

    /** Number of rows: outputs of a linear layer. */
    public long rows() { return blocks.rows(); }

    /** Length of a row: inputs of a linear layer. */
    public long columns() { return blocks.columns(); }

    /** Size of the weights. */
    public long bytes() { return blocks.bytes(); }

    /** The bytes, as a file holds them. Keep this matrix reachable while you read them. */
    public MemorySegment segment() { return blocks.segment().asSlice(blocks.rowAt(0), bytes()); }

    /** {@code x w'}: every row of x, shape (..., in), with every row of weights; (..., out) in F32, or in F64 if x is F64. */
    public Tensor matmul(Tensor x) { return matmul(x, null); }

    /** {@code x w' + bias}. @param bias of shape (out), or null */
    public Tensor matmul(Tensor x, Tensor bias) {
        if (x.rank() == 0 || x.size(-1) != columns()) throw new ShapeException("QuantisedMatrix.matmul: " + x.shape() + " x (" + rows()
                + ", " + columns() + ")': the last axis of x must be " + columns());
        if (!x.dtype().isFloat())
            throw new DTypeException("QuantisedMatrix.matmul: activations are " + x.dtype() + "; convert them to a float type");
        if (bias != null && (bias.rank() != 1 || bias.size(0) != rows()))
            throw new ShapeException("QuantisedMatrix.matmul: a bias of shape " + bias.shape() + " for " + rows() + " rows");
        var type = DType.promote(DType.F32, x.dtype());
        if (bias == null) return new Product(this, type).apply(x);
        return type == DType.F64 ? new Product(this, type).apply(x).add(bias) : new Product(this, type).apply(x, bias.to(DType.F32));
    }

    /** The product of operand 0 with the rows of weights, and the bias added if there is an operand 1. Derivatives are those of the weights as they are stored. */
    public record Product(QuantisedMatrix weights, DType type) implements Operation {
        @Override public Tensor value(Tensor... in) {
            return Tracing.inside(() -> type == DType.F64 ? in[0].matmul(weights.dequantise().to(DType.F64).transpose())
                    : weights.product(in[0], in.length > 1 ? in[1] : null));
        }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) {
            return i == 0 ? g.matmul(weights.dequantise().to(g.dtype()))
                    : g.reshape(g.count() / Math.max(1, weights.rows()), weights.rows()).sum(0);
        }

        @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
            var product = tangents[0] == null ? null : tangents[0].to(type).matmul(weights.dequantise().to(type).transpose());
            var bias = in.length > 1 ? tangents[1] : null;
            return product == null ? bias : bias == null ? product : product.add(bias);
        }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
            if (in.length == 1 || !isBatched[1]) return apply(in);
            var product = apply(in[0]);
            return product.add(Batch.aligned(in[1], product.rank() - (isBatched[0] ? 1 : 0)));
        }

        @Override public long operations(Form out, Form... in) { return out.shape().count() * weights.columns(); }

        @Override public String text() { return "matmul quantised"; }
    }

    private Tensor product(Tensor x, Tensor bias) {
        long m = x.count() / Math.max(1, columns());
        if (columns() == 0) {
            m = 1;
            for (int axis = 0; axis < x.rank() - 1; axis++) m *= x.size(axis);
        }
        var sizes = x.shape().toArray();
        sizes[sizes.length - 1] = rows();
        var shape = Shape.own(sizes);
        View left = x.contiguous().view(), out = Fusion.allocate(DType.F32, shape);
        Backend.current().matmulQuantised(MatmulOp.matrix(left, m, columns()), blocks, bias == null ? null : bias.view(), activations,
                MatmulOp.matrix(out, m, rows()));
        return new Tensor(out, shape);
    }

    /** All weights, (out, in) in F32. */
    public Tensor dequantise() {
        blocks.check();
        int k = (int) columns();
        var out = Fusion.allocate(DType.F32, Shape.of(rows(), k));
        Parallel.range(rows(), Math.max(1, (1 << 16) / Math.max(1, k)), 1.0 * k, (from, to) -> {
            var row = new float[k];
            for (long j = from; j < to; j++) {
                blocks.dequantise(j, row, 0);
                MemorySegment.copy(row, 0, out.storage().segment(), FLOAT, out.byteOffset() + j * k * 4, k);
            }
        });
        return new Tensor(out, Shape.of(rows(), k));
    }

    /** The rows that {@code index} (integers, any shape) names, dequantised: an embedding look-up, (..., in) in F32. @throws ShapeException if one is out of range */
    public Tensor rowsAt(Tensor index) {
        if (!index.dtype().isInteger())
            throw new DTypeException("QuantisedMatrix.rowsAt: the index is " + index.dtype() + "; it is an integer type");
        blocks.check();
        var numbers = index.detach().toLongArray();
        int k = (int) columns();
        for (long j : numbers) if (j < 0 || j >= rows()) throw new ShapeException("QuantisedMatrix.rowsAt: row " + j + " of " + rows());
        var out = Fusion.allocate(DType.F32, Shape.of(numbers.length, k));
        Parallel.range(numbers.length, Math.max(1, (1 << 16) / Math.max(1, k)), 1.0 * k, (from, to) -> {
            var row = new float[k];
            for (int i = (int) from; i < to; i++) {
                blocks.dequantise(numbers[i], row, 0);
                MemorySegment.copy(row, 0, out.storage().segment(), FLOAT, out.byteOffset() + (long) i * k * 4, k);
            }
        });
        var shape = Arrays.copyOf(index.shape().toArray(), index.rank() + 1);
        shape[index.rank()] = k;
        return new Tensor(out, Shape.of(numbers.length, k)).reshape(shape);
    }

    @Override public String toString() {
        return "QuantisedMatrix " + rows() + " x " + columns() + " of " + format().name() + ", "
                + String.format(Locale.ROOT, "%.4g", format().bitsPerWeight()) + " bits a weight";
    }
}
