package lyceum.nn.onnx;

import lyceum.withers.Withers;

/**
 * What a model from outside may ask for.
 *
 * @param elements of one result, 2^31 by default
 * @param iterations of one loop, 10 million by default
 * @param nodes after functions are written out, 1 million by default
 */
@Withers
public record OnnxLimits(long elements, long iterations, long nodes) implements OnnxLimitsWithers {
    public OnnxLimits {
        if (elements < 1 || iterations < 1 || nodes < 1) throw new IllegalArgumentException(
                "OnnxLimits: " + elements + " elements, " + iterations + " iterations, " + nodes + " nodes; each is at least 1");
    }

    public OnnxLimits() { this(1L << 31, 10_000_000, 1_000_000); }
}
