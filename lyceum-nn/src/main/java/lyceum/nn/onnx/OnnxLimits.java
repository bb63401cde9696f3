package lyceum.nn.onnx;

import lyceum.withers.Withers;

/**
 * What a model from outside may ask for.
 *
 * @param elements of one result, 2^31 by default
 * @param iterations of one loop, 10 million by default
 * @param nodes after functions are written out, 1 million by default
 * @param bytes that one run may ask for in all, those that it has given back counted; 2^40 by default
 */
@Withers
public record OnnxLimits(long elements, long iterations, long nodes, long bytes) implements OnnxLimitsWithers {
    public OnnxLimits {
        if (elements < 1 || iterations < 1 || nodes < 1 || bytes < 1) throw new IllegalArgumentException("OnnxLimits: " + elements
                + " elements, " + iterations + " iterations, " + nodes + " nodes, " + bytes + " bytes; each is at least 1");
    }

    /** As many bytes as by default. */
    public OnnxLimits(long elements, long iterations, long nodes) { this(elements, iterations, nodes, 1L << 40); }

    public OnnxLimits() { this(1L << 31, 10_000_000, 1_000_000); }
}
