package lyceum.tensor;

import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Forward mode: beside every value its derivative along a direction, which the tensor itself carries, so that memory does not grow with the length of
 * the computation. Levels nest: a level's push-forwards are done where those outside it listen, so that derivatives of derivatives are exact; a
 * tangent belongs to its level, so that none is taken for another's.
 */
public final class Forward {
    private Forward() {}

    /** {@code f(x)} and its derivative along a direction. */
    public record Dual(Tensor value, Tensor tangent) {}

    /** The derivative of f at x along {@code direction}, which has the shape of x. */
    public static Dual along(UnaryOperator<Tensor> f, Tensor x, Tensor direction) {
        x.checkFloat("jvp");
        var level = new Level();
        var in = new ViewOps.Same().apply(x).carry(level, direction.to(x.dtype()));
        var y = Tracing.within(level, () -> f.apply(in));
        var tangent = y.tangent(level);
        return new Dual(y, tangent == null ? y.zerosLike() : tangent);
    }

    /** The tangent of {@code f(in)}, or null for zero. */
    static Tensor along(Function<Tensor[], Tensor> f, Tensor[] in, Tensor[] tangents) {
        var level = new Level();
        var operands = in.clone();
        for (int i = 0; i < in.length; i++)
            if (tangents[i] != null) operands[i] = new ViewOps.Same().apply(in[i]).carry(level, tangents[i]);
        return Tracing.within(level, () -> f.apply(operands)).tangent(level);
    }

    /** One direction. Its identity distinguishes its tangents from those of others. */
    private static final class Level implements Tracing.Recorder {
        @Override public void made(Operation operation, boolean stopped, Tensor result, Tensor... operands) {
            if (stopped || !result.dtype().isFloat() || !operation.isDifferentiable()) return;
            Tensor[] tangents = null;
            for (int i = 0; i < operands.length; i++) {
                var tangent = operands[i].tangent(this);
                if (tangent == null) continue;
                if (tangents == null) tangents = new Tensor[operands.length];
                tangents[i] = tangent;
            }
            if (tangents == null) return;
            var tangent = operation.pushforward(tangents, operands, result);
            if (tangent != null) result.carry(this, ViewOps.stretch(tangent.to(result.dtype()), result.shape()));
        }
    }
}
