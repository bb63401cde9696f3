package lyceum.nn;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** How a parameter begins. The fan-in of a shape is the product of all axes but the first, the fan-out that of all but the second. */
@FunctionalInterface
public interface Init {
    /** A tensor of that shape. */
    Tensor sample(Rng rng, DType dtype, long... shape);

    static Init zeros() { return (rng, dtype, shape) -> Tensor.zeros(dtype, shape); }

    static Init ones() { return (rng, dtype, shape) -> Tensor.ones(dtype, shape); }

    static Init uniform(double low, double high) { return (rng, dtype, shape) -> Tensor.rand(rng, dtype, shape).mul(high - low).add(low); }

    static Init normal(double deviation) { return (rng, dtype, shape) -> Tensor.randn(rng, dtype, shape).mul(deviation); }

    /** Uniform within {@code sqrt(6 / (fanIn + fanOut))}: keeps the variance of tanh networks (Glorot and Bengio 2010). */
    static Init glorotUniform() {
        return (rng, dtype, shape) -> symmetric(Math.sqrt(6.0 / (fanIn(shape) + fanOut(shape)))).sample(rng, dtype, shape);
    }

    /** Normal with variance {@code 2 / (fanIn + fanOut)}. */
    static Init glorotNormal() {
        return (rng, dtype, shape) -> normal(Math.sqrt(2.0 / (fanIn(shape) + fanOut(shape)))).sample(rng, dtype, shape);
    }

    /** Uniform within {@code sqrt(6 / fanIn)}: keeps the variance of ReLU networks (He et al. 2015). */
    static Init heUniform() { return (rng, dtype, shape) -> symmetric(Math.sqrt(6.0 / fanIn(shape))).sample(rng, dtype, shape); }

    /** Normal with variance {@code 2 / fanIn}. */
    static Init heNormal() { return (rng, dtype, shape) -> normal(Math.sqrt(2.0 / fanIn(shape))).sample(rng, dtype, shape); }

    /** Normal with variance {@code 1 / fanIn} (LeCun et al. 1998). */
    static Init lecunNormal() { return (rng, dtype, shape) -> normal(Math.sqrt(1.0 / fanIn(shape))).sample(rng, dtype, shape); }

    /** Uniform within {@code 1 / sqrt(fanIn)}: what PyTorch gives its linear layers, weights and biases alike. */
    static Init torchLinear(long fanIn) { return symmetric(1 / Math.sqrt(Math.max(1, fanIn))); }

    private static Init symmetric(double bound) { return uniform(-bound, bound); }

    private static double fanIn(long[] shape) { return product(shape, 0); }

    private static double fanOut(long[] shape) { return shape.length < 2 ? product(shape, 0) : product(shape, 1); }

    private static double product(long[] shape, int without) {
        double product = 1;
        for (int i = 0; i < shape.length; i++) if (i != without) product *= shape[i];
        return product;
    }
}
