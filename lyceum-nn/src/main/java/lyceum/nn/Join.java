package lyceum.nn;

import java.util.List;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** How several branches of a network become one tensor. */
@FunctionalInterface
public interface Join {
    Tensor of(List<Tensor> branches);

    /** One behind the other along {@code axis}; all other axes agree. */
    static Join concat(int axis) { return branches -> Tensor.concat(axis, branches.toArray(Tensor[]::new)); }

    /** Their sum. Shapes agree; nothing is broadcast. */
    static Join sum() { return branches -> branches.stream().reduce((a, b) -> same("sum", a, b).add(b)).orElseThrow(); }

    /** Their product, as of a gate and what it lets pass. Shapes agree; nothing is broadcast. */
    static Join product() { return branches -> branches.stream().reduce((a, b) -> same("product", a, b).mul(b)).orElseThrow(); }

    private static Tensor same(String what, Tensor a, Tensor b) {
        if (!a.shape().equals(b.shape())) throw new ShapeException(
                "Join." + what + ": branches of shapes " + a.shape() + " and " + b.shape() + "; they agree, nothing is broadcast");
        return a;
    }
}
