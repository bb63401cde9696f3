package lyceum.tensor;

/** The tangents that a tensor carries: one for each level of forward mode that has reached it. */
record Tangents(Object level, Tensor tangent, Tangents others) {

    static Tensor of(Object level, Tangents all) {
        for (var t = all; t != null; t = t.others) if (t.level == level) return t.tangent;
        return null;
    }

    /** For an operation that is linear in its float operands: their tangents, and the other operands as they are. */
    static Tensor[] orZero(Tensor[] tangents, Tensor[] in) {
        var operands = in.clone();
        for (int i = 0; i < in.length; i++)
            if (in[i].dtype().isFloat()) operands[i] = tangents[i] != null ? tangents[i] : in[i].zerosLike();
        return operands;
    }
}
