package lyceum.llm.weights;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/**
 * How a tensor of one checkpoint stands to the one of that name in another.
 *
 * @param kind what differs first
 * @param first type and shape in the first checkpoint, "" where it is missing
 * @param second the same of the other
 * @param largest greatest {@code |a - b|} of the numbers, NaN where one of them alone is no number, 0 if they are not comparable
 * @param relative root of the mean square of {@code a - b} over that of {@code a}
 */
public record WeightDifference(String name, Kind kind, String first, String second, double largest, double relative) {
    /** Ways to differ. */
    public enum Kind {
        /** Bit for bit, or by value where the types differ. */
        EQUAL, TYPE, NUMBERS, SHAPE, ONLY_FIRST, ONLY_SECOND
    }

    /** Every name of either, those of {@code a} first. */
    public static List<WeightDifference> of(OpenWeights a, OpenWeights b) {
        var all = new ArrayList<WeightDifference>();
        a.entries().forEach((name, entry) -> {
            var other = b.entries().get(name);
            if (other == null) all.add(new WeightDifference(name, Kind.ONLY_FIRST, text(entry), "", 0, 0));
            else if (!entry.shape().equals(other.shape())) all.add(new WeightDifference(name, Kind.SHAPE, text(entry), text(other), 0, 0));
            else all.add(numbers(entry, other));
        });
        b.entries().forEach((name, entry) -> {
            if (!a.entries().containsKey(name)) all.add(new WeightDifference(name, Kind.ONLY_SECOND, "", text(entry), 0, 0));
        });
        return all;
    }

    private static String text(OpenWeights.Entry entry) { return entry.type() + " " + entry.shape(); }

    private static WeightDifference numbers(OpenWeights.Entry a, OpenWeights.Entry b) {
        try (var scope = Scope.open("difference of weights")) {
            return Autograd.noGrad(() -> {
                Tensor x = a.tensor().get(), y = b.tensor().get();
                var differ = x.eq(y).or(x.isNaN().and(y.isNaN())).not();
                if (x.count() == 0 || differ.countNonZero().itemLong() == 0)
                    return new WeightDifference(a.name(), a.type().equals(b.type()) ? Kind.EQUAL : Kind.TYPE, text(a), text(b), 0, 0);
                Tensor wide = x.to(DType.F64), gap = differ.where(wide.sub(y.to(DType.F64)), Tensor.scalar(0));
                double relative = Math.sqrt(gap.square().mean().item() / Math.max(Double.MIN_NORMAL, wide.square().mean().item()));
                return new WeightDifference(a.name(), Kind.NUMBERS, text(a), text(b), gap.abs().max().item(), relative);
            });
        }
    }
}
