package lyceum.nn.loss;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

/**
 * Scores of classes against class numbers: scores (classes), (n, classes) or (n, classes, ..), as PyTorch lays them out, seen with the
 * classes last.
 */
final class ClassRows {
    private ClassRows() {}

    /** The values of a loss: of scores (.., classes) and numbers (..). */
    interface Formula {
        Tensor of(Tensor rows, Tensor target);
    }

    /** A loss over class numbers, of which -100 does not count. */
    static WeightedLoss loss(String operation, Formula formula) {
        return new WeightedLoss((scores, target) -> formula.of(of(operation, scores, target), target)).withIgnoreIndex(-100);
    }

    /** Scores (.., classes), checked against the numbers. */
    static Tensor of(String operation, Tensor scores, Tensor target) {
        if (target.dtype().isFloat() || scores.rank() == 0 || target.rank() != scores.rank() - 1)
            throw new ShapeException(operation + ": scores " + scores.shape() + " and targets " + target.shape() + " of " + target.dtype()
                    + "; targets are integers, of the shape of the scores without the class axis");
        var rows = scores.rank() < 2 ? scores : scores.moveAxis(1, -1);
        for (int i = 0; i < target.rank(); i++)
            if (rows.size(i) != target.size(i)) throw new ShapeException(operation + ": scores " + scores.shape() + " and targets "
                    + target.shape() + "; targets have the shape of the scores without the class axis");
        long classes = rows.size(-1);
        long[] numbers = Tracing.untold(target::toLongArray);
        for (int i = 0; i < numbers.length; i++)
            if (numbers[i] < 0 || numbers[i] >= classes) throw new IllegalArgumentException(
                    operation + ": target " + numbers[i] + " at " + i + "; class numbers are 0 to " + (classes - 1));
        return rows;
    }

    /** True at each row's own class. */
    static Tensor hits(Tensor rows, Tensor target) {
        return Tensor.of(IntStream.range(0, (int) rows.size(-1)).toArray()).eq(target.to(DType.I32).unsqueeze(-1));
    }

    /** {@code max(0, margin + s_j - s_target)} for each rival j, 0 for the class itself. */
    static Tensor shortfalls(Tensor rows, Tensor target, double margin) {
        var shortfall = rows.sub(own(rows, target).unsqueeze(-1)).add(margin).relu();
        return hits(rows, target).where(rows.zerosLike(), shortfall);
    }

    /** The score of each row's own class. */
    static Tensor own(Tensor rows, Tensor target) { return rows.gather(-1, target.to(DType.I64).unsqueeze(-1)).squeeze(-1); }
}
