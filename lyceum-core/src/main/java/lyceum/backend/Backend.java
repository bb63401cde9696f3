package lyceum.backend;

import lyceum.DType;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockMatrix;
import lyceum.memory.Allocator;
import lyceum.memory.Scope;

/**
 * What computes. All operands are {@link View}s; outputs are allocated by the caller and never overlap an input, unless they are the same view.
 *
 * <p>Implementations are stateless and safe for threads. Results do not depend on the number of threads; between backends they agree within
 * rounding. {@code LYCEUM_BACKEND} or {@code -Dlyceum.backend} names one of {@code scalar}, {@code vector}, {@code x86}; by default the fastest that
 * this JVM can run. {@code simt} computes by kernels under an interpreter of a graphics card's model, {@code cuda} by the same kernels on a card.
 */
public interface Backend {

    /** How a set of elements becomes one. Maxima and minima are NaN if an element is, as in NumPy. */
    enum Reduction {
        SUM, PROD, MAX, MIN, ARGMAX, ARGMIN
    }

    /** Running versions along an axis. */
    enum Scan {
        SUM, PROD, MAX, MIN
    }

    /** Scatter's rule where several sources meet one target. */
    enum Scatter {
        SET, ADD, MAX, MIN
    }

    String name();

    /** A line for people: what this backend runs on. */
    String description();

    /** False of one that stands in for a backend where only shapes are wanted: no profile counts it. */
    default boolean computes() { return true; }

    /**
     * Runs {@code program} for every element; every view has the same shape (broadcast by zero strides). In a row program an output whose last
     * stride is 0 takes the row's value; outputs of row programs overlap no input at all.
     */
    void run(Program program, View[] inputs, View[] outputs);

    /**
     * Reduces the value of {@code program} (one output) over the axes that are set. {@code out} has the remaining axes in order.
     * Sums of F16, BF16 and F32 are accumulated in F64; of values that the program computes a few may add up in F32 first. ARGMAX and ARGMIN give the row-major index among the reduced axes, of the first.
     */
    void reduce(Reduction reduction, Program program, View[] inputs, boolean[] axes, View out);

    /** Running reduction of {@code in} along {@code axis}; shapes equal. */
    void scan(Scan scan, View in, int axis, View out);

    /**
     * {@code out[b] = a[b] b[b]} for matrices in the last two axes, equal leading axes (broadcast by zero strides), one float or integer type. F16 and
     * BF16 are summed in F32 and may be given in it; any mix of I8 and U8 may be summed and given in I32.
     */
    void matmul(View a, View b, View out);

    /** {@link #matmul(View, View, View)} of F32, as exactly as {@code precision} asks at least; by default in F32. */
    default void matmul(View a, View b, Precision precision, View out) { matmul(a, b, out); }

    /** {@link #matmul(View, View, View)} of a matrix with one that takes part in many products. */
    default void matmul(View a, RightMatrix b, View out) { matmul(a, b.view(), out); }

    /**
     * {@code outputs = then(a b, others..)}: a product of one type, and a program that reads it as operand 0 and {@code others}, which have the
     * product's shape as the outputs do, as operands 1, 2, .. (a bias, an activation, a residual, a scale, what is already in an output). The bits are
     * those of the two steps one after the other; a backend may do the second while a part of the product is in the cache.
     */
    default void matmul(View a, View b, Program then, View[] others, View... outputs) {
        var place = then.isRowProgram() ? null : placeOfSums(a.dtype(), others, outputs);
        if (place != null) {
            matmul(a, b, place, then, others, outputs);
            return;
        }
        try (var scratch = Scope.open("product")) {
            var shape = outputs[0].shape();
            matmul(a, b, new View(a.dtype(), Allocator.allocate(Math.multiplyExact(outputs[0].size(), a.dtype().bytes())), 0, shape,
                    View.contiguousStrides(shape)), then, others, outputs);
        }
    }

    /** {@code out -= a b} for matrices in the last two axes, of one float type; {@code out} overlaps neither operand. */
    default void subtractProduct(View a, View b, View out) { matmul(a, b, Backends.difference(a.dtype()), new View[] {out}, out); }

    /** The most rows that a kernel of {@link #substitute} takes; 0 where there is none, and factorisations of matrices are faster as loops over rows. */
    default int substitutes() { return 0; }

    /**
     * {@code b = l^-1 b} in place for F64 and a lower triangular {@code l} of a few rows: what stands above its diagonal is not read, nor is a diagonal of ones
     * ({@code unit}). Kernels take at most {@link #substitutes} rows and a {@code b} whose rows have neighbouring elements; anything else goes to plain loops.
     */
    default void substitute(View l, boolean unit, View b) { Backends.substitute(l, unit, b); }

    /**
     * The Fourier transforms {@code sum over t of x_t exp(-2 pi i k t / n)} of contiguous lines of F64 along the last axis, real and imaginary parts apart; the inverse
     * without its division is that with the parts exchanged, of what is read and what is written. The results may lie where the operands do.
     *
     * @return false if there is no kernel for it, and nothing is done
     */
    default boolean fourier(View re, View im, View outRe, View outIm) { return false; }

    /**
     * A recurrence that each step steers, step after step: {@code h[n, k, i] = exp(d[n, t, k] a[k, i]) h[n, k, i] + d[n, t, k] u[n, t, k] b[n, t, i]} and
     * {@code y[n, t, k] = sum over i of c[n, t, i] h[n, k, i]}. All contiguous and of F32.
     *
     * @param u (batch, steps, channels), as d and y
     * @param a (channels, states)
     * @param b (batch, steps, states), as c
     * @param state (batch, channels, states): h before the first step, and when done behind the last
     * @return false if there is no kernel for it, and nothing is done
     */
    default boolean selectiveScan(View u, View d, View a, View b, View c, View state, View y) { return false; }

    /**
     * {@code y = a x} for contiguous x (columns, k) or (columns) and y (rows, k) or (rows), of the type of a's values. Sums are of F64 in the order of the entries, each
     * term added by a fused multiplication, and rounded once at the end: every backend gives the same bits.
     */
    default void sparseProduct(SparseRows a, View x, View y) { a.multiply(x, y); }

    private void matmul(View a, View b, View sums, Program then, View[] others, View... outputs) {
        var inputs = new View[1 + others.length];
        inputs[0] = sums;
        System.arraycopy(others, 0, inputs, 1, others.length);
        matmul(a, b, sums);
        run(then, inputs, outputs);
    }

    /** An output that can hold the sums of a product until a program makes the outputs of them, or null. */
    static View placeOfSums(DType type, View[] others, View[] outputs) {
        for (var output : outputs) {
            boolean free = output.dtype() == type && !output.mayOverlapItself();
            for (var other : others) free &= other.storage() != output.storage();
            if (free) return output;
        }
        return null;
    }

    /**
     * {@code y[n, o] = epilogue(sum over c of x[n, c] * weight[o, c])}, correlated over the spatial axes as {@link Convolution} says: x (batch, inputs,
     * sizes..), weight (outputs, inputs / groups, kernel..), y (batch, outputs, positions..), one float type. {@code how} is spread over the axes.
     */
    void convolve(Convolution how, View x, View weight, Epilogue epilogue, View y);

    /** {@link #convolve(Convolution, View, View, Epilogue, View)} with a weight that takes part in many. */
    default void convolve(Convolution how, View x, WindowWeight weight, Epilogue epilogue, View y) {
        convolve(how, x, weight.view(), epilogue, y);
    }

    /** The gradient of {@link #convolve} by x, from that by y: {@code x[n, c] = epilogue(sum over o of y[n, o] * weight[o, c])} run backwards. Also the transposed convolution of y. */
    void convolveBack(Convolution how, View y, View weight, Epilogue epilogue, View x);

    /** The gradient of {@link #convolve} by the weight, from that by y. */
    void convolveWeight(Convolution how, View x, View y, View weight);

    /** The largest of each window, NaN if it holds one, and (I64) its row-major number in the channel; the first of equals. {@code how} is spread over the axes. */
    void maxPool(Pooling how, View x, View y, View indices);

    /** The gradient of {@link #maxPool} by x, from that by y: each of y is added where {@code indices} says that its maximum stood. */
    void maxPoolBack(View y, View indices, View x);

    /** The mean of each window. */
    void averagePool(Pooling how, View x, View y);

    /** The gradient of {@link #averagePool} by x, from that by y. */
    void averagePoolBack(Pooling how, View y, View x);

    /**
     * {@code out[i, j] = sum_p x[i, p] w[j, p] + bias[j]} for rows of quantised weights: x (m, k) of F16, BF16 or F32, out (m, n) of F32, bias
     * (n) of F32 or null. What is rounded when is stated in {@link lyceum.backend.quant}; every backend gives the same bits.
     *
     * @throws lyceum.FormatException if a scale of the weights is not finite
     */
    void matmulQuantised(View x, BlockMatrix weights, View bias, Activations activations, View out);

    /**
     * {@code out[.., j, ..] = in[.., index[.., j, ..], ..]} along {@code axis}; index (I64) and out share a shape. Negative indices count
     * from the end.
     *
     * @throws lyceum.ShapeException if an index is out of range; out then holds anything
     */
    void gather(View in, int axis, View index, View out);

    /**
     * {@code out[.., index[.., j, ..], ..] (op)= in[.., j, ..]}; index (I64) and in share a shape. In row-major order of {@code in}. Negative indices
     * count from the end.
     *
     * @throws lyceum.ShapeException if an index is out of range; out then holds anything
     */
    void scatter(Scatter rule, View in, int axis, View index, View out);

    /**
     * Stable sort along {@code axis}, NaN the largest; {@code indices} (I64) receives the permutation. {@code values} and {@code indices} may be shorter
     * than {@code in} along the axis: then they receive the first of the order, which is less work.
     */
    void sort(View in, int axis, boolean descending, View values, View indices);

    /**
     * {@code out[b, h, i] = sum_j softmax_j(scale q[b, h, i] . k[b, h', j] + bias[b, h, i, j]) v[b, h', j]} over the keys that
     * {@link AttentionOptions} lets query i see; zeros where it sees none. Scratch is linear in the lengths.
     *
     * @param q (batch, heads, queries, d)
     * @param k (batch, kv heads, keys, d), or pages; kv heads divide heads, and head h reads {@code h' = h / (heads / kv heads)}
     * @param v (batch, kv heads, keys, e), or pages
     * @param out (batch, heads, queries, e)
     * @param logSumExp receives the logarithm of each row's sum of exponentials, (batch, heads, queries), contiguous, F64 for F64 and F32 else: what the
     *        backward pass needs; -inf where no key is seen; may be null
     */
    void attention(AttentionOptions options, View q, View k, View v, View out, View logSumExp);

    /** True if {@link #attention} of that type is the way to attend here; false where it falls back on plain loops, beside which products are fast. */
    default boolean hasAttention(DType type) { return false; }

    /** Gradients of {@link #attention} with respect to q, k and v (not of the bias, not through pages), from that of its result. */
    void attentionGradient(AttentionOptions options, View q, View k, View v, View out, View logSumExp, View outGradient, View qGradient,
            View kGradient, View vGradient);

    /** The backend that the current scope computes with. */
    static Backend current() { return Backends.current(); }

    /** Runs {@code body} with another backend. */
    static void with(Backend backend, Runnable body) { Backends.with(backend, body); }

    /** The backend of that name. @throws IllegalArgumentException if there is none, or this JVM cannot run it (says which flag is missing) */
    static Backend named(String name) { return Backends.named(name); }
}
