package lyceum.backend;

/**
 * What computes. All operands are {@link View}s; outputs are allocated by the caller and never overlap an input, unless they are the same view.
 *
 * <p>Implementations are stateless and safe for threads. Results do not depend on the number of threads; between backends they agree within
 * rounding. {@code LYCEUM_BACKEND} or {@code -Dlyceum.backend} names one of {@code scalar}, {@code vector}, {@code x86}; by default the fastest that
 * this JVM can run.
 */
public interface Backend {

    /** How a set of elements becomes one. Maxima and minima are NaN if an element is, as in NumPy. */
    enum Reduction { SUM, PROD, MAX, MIN, ARGMAX, ARGMIN }

    /** Running versions along an axis. */
    enum Scan { SUM, PROD, MAX, MIN }

    /** Scatter's rule where several sources meet one target. */
    enum Scatter { SET, ADD, MAX, MIN }

    String name();

    /** A line for people: what this backend runs on. */
    String description();

    /**
     * Runs {@code program} for every element; every view has the same shape (broadcast by zero strides). In a row program an output whose last
     * stride is 0 takes the row's value; outputs of row programs overlap no input at all.
     */
    void run(Program program, View[] inputs, View[] outputs);

    /**
     * Reduces the value of {@code program} (one output) over the axes that are set. {@code out} has the remaining axes in order.
     * Sums of F16, BF16 and F32 are accumulated in F64. ARGMAX and ARGMIN give the row-major index among the reduced axes, of the first.
     */
    void reduce(Reduction reduction, Program program, View[] inputs, boolean[] axes, View out);

    /** Running reduction of {@code in} along {@code axis}; shapes equal. */
    void scan(Scan scan, View in, int axis, View out);

    /** {@code out[b] = a[b] b[b]} for matrices in the last two axes, equal leading axes (broadcast by zero strides), one float or integer type. */
    void matmul(View a, View b, View out);

    /** {@code out[.., j, ..] = in[.., index[.., j, ..], ..]} along {@code axis}; index (I64) and out share a shape. Indices are in range. */
    void gather(View in, int axis, View index, View out);

    /** {@code out[.., index[.., j, ..], ..] (op)= in[.., j, ..]}; index (I64) and in share a shape. In row-major order of {@code in}. */
    void scatter(Scatter rule, View in, int axis, View index, View out);

    /** Stable sort along {@code axis}, NaN last; {@code indices} (I64) receives the permutation. */
    void sort(View in, int axis, boolean descending, View values, View indices);

    /** The backend that the current scope computes with. */
    static Backend current() { return Backends.current(); }

    /** Runs {@code body} with another backend. */
    static void with(Backend backend, Runnable body) { Backends.with(backend, body); }

    /** The backend of that name. @throws IllegalArgumentException if there is none, or this JVM cannot run it (says which flag is missing) */
    static Backend named(String name) { return Backends.named(name); }
}
