package lyceum.nn.onnx;

/**
 * A row of the operators' table.
 *
 * @param domain "" for the standard's
 * @param since the first version of the domain's operator set for which the meaning holds, up to that of the next row of the name
 * @param meaning what its outputs are
 */
record Operator(String domain, String name, int since, Meaning meaning) {

    /** Outputs out of inputs and attributes. */
    @FunctionalInterface
    interface Meaning {
        /** A Tensor, an {@link OnnxValue}, or an array of such (null for one that nobody asked for). */
        Object of(Call call);
    }
}
