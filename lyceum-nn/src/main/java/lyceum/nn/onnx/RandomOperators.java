package lyceum.nn.onnx;

import lyceum.DType;
import lyceum.format.OnnxType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Draws; the same at every run, from the seed of the node or, where it has none, from its name. */
final class RandomOperators {
    static final String ROWS = "RandomNormal 1, RandomNormalLike 1, RandomUniform 1, RandomUniformLike 1, Bernoulli 15, Multinomial 7";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "RandomNormal 1" -> c -> normal(c, c.type("dtype", OnnxType.FLOAT), c.integers("shape"));
            case "RandomNormalLike 1" -> c -> normal(c, c.type("dtype", c.type(0)), c.x(0).shape().toArray());
            case "RandomUniform 1" -> c -> uniform(c, c.type("dtype", OnnxType.FLOAT), c.integers("shape"));
            case "RandomUniformLike 1" -> c -> uniform(c, c.type("dtype", c.type(0)), c.x(0).shape().toArray());
            case "Bernoulli 15" ->
                    c -> OnnxValue.of(c.type("dtype", c.type(0)), Tensor.rand(NormOperators.rng(c), c.x(0).shape().toArray()).lt(c.x(0)));
            case "Multinomial 7" -> RandomOperators::multinomial;
            default -> throw Operators.unknown(row);
        };
    }

    private RandomOperators() {}

    private static OnnxValue normal(Call c, OnnxType type, long[] shape) {
        return OnnxValue.of(type, Tensor.randn(NormOperators.rng(c), c.sized(shape)).mul(c.number("scale", 1)).add(c.number("mean", 0)));
    }

    private static OnnxValue uniform(Call c, OnnxType type, long[] shape) {
        double low = c.number("low", 0), high = c.number("high", 1);
        return OnnxValue.of(type, Tensor.rand(NormOperators.rng(c), c.sized(shape)).mul(high - low).add(low));
    }

    /** Classes by unnormalised log-probabilities, as the largest of those plus Gumbel noise. */
    private static Object multinomial(Call c) {
        long n = c.integer("sample_size", 1);
        var x = c.x(0).to(DType.F64);
        c.sized(x.size(0), n, x.size(1));
        var uniform = Tensor.rand(NormOperators.rng(c), DType.F64, x.size(0), n, x.size(1));
        return OnnxValue.of(c.type("dtype", OnnxType.INT32), x.unsqueeze(1).sub(uniform.log().neg().log()).argmax(-1));
    }
}
