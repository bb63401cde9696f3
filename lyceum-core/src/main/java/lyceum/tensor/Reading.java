package lyceum.tensor;

import lyceum.DType;

/** What a pull-back can read: the operands and the result that {@link Operation#reads} names, what was kept beside them, and the operands' shapes and types. */
public interface Reading {

    /** @throws lyceum.LyceumException if it was changed in place since */
    Tensor operand(int i);

    Tensor result();

    /** What {@link Operation#outcome} kept; it was neither recorded nor reported, so compute it again if the gradient is observed. */
    Tensor kept(int i);

    /** How many values were kept. */
    int kept();

    Shape shape(int i);

    DType type(int i);

    /**
     * The type in which the gradient of operand {@code i} is best given: the operand's, or the wider one of what it was rounded from, where nobody else sees
     * that gradient in between. Sums that are made in the wider type need not be rounded on their way, nor stored twice.
     */
    DType gradientType(int i);

    /** Of the operand that {@link Operation#gradientLiesAs} names. */
    long[] strides();

    /** True if there is such an operand, and its gradient is wanted. */
    boolean isTracked(int i);

    /** How many there are. */
    int operands();

    /** True if the gradient is recorded, or its operations are listened to. */
    static boolean isWatched() { return GradMode.isRecording() || Tracing.on(); }
}
