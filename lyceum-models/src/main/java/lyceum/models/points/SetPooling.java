package lyceum.models.points;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.models.graph.Aggregation;
import lyceum.tensor.Tensor;

/** Pooling of padded sets: the elements behind a set's length do not exist. */
final class SetPooling {
    private SetPooling() {}

    /** @param lengths of the sets; null if all are full */
    static void check(String who, Tensor x, int inputs, int[] lengths) {
        if (x.rank() != 3 || x.size(2) != inputs)
            throw new ShapeException(who + ": sets " + x.shape() + "; they are (sets, elements, " + inputs + ")");
        if (lengths == null) return;
        if (lengths.length != x.size(0)) throw new ShapeException(who + ": " + lengths.length + " lengths for " + x.size(0) + " sets");
        for (int n : lengths) if (n < 0 || n > x.size(1)) throw new ShapeException(who + ": a length is " + n + " in sets of " + x.size(1));
    }

    /** Over the elements: (sets, elements, f) to (sets, f); 0 of an empty set. */
    static Tensor pool(Aggregation how, Tensor x, int[] lengths) {
        if (x.size(1) == 0) return Tensor.zeros(x.dtype(), x.size(0), x.size(2));
        var mask = lengths == null ? null : mask(lengths, x.size(1)).unsqueeze(2);
        return switch (how) {
            case SUM -> (mask == null ? x : mask.where(x, x.zerosLike())).sum(1);
            case MEAN -> pool(Aggregation.SUM, x, lengths).div(lengths == null ? Tensor.scalar(x.size(1)).to(x.dtype())
                    : Tensor.of(Arrays.stream(lengths).mapToDouble(n -> Math.max(1, n)).toArray()).to(x.dtype()).unsqueeze(1));
            case MAX -> {
                if (mask == null) yield x.max(1);
                var top = x.maskedFill(mask.not(), Double.NEGATIVE_INFINITY).max(1);
                var some = Tensor.of(lengths).gt(0).unsqueeze(1);
                yield some.where(top, top.zerosLike());
            }
            case ATTENTION -> throw new IllegalArgumentException("pool: attention is SetTransformer's");
        };
    }

    /** (sets, elements): whether an element exists. */
    static Tensor mask(int[] lengths, long elements) {
        return Tensor.arange(elements).unsqueeze(0).lt(Tensor.of(lengths).to(DType.I64).unsqueeze(1));
    }
}
